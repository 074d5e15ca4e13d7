import type { ErrorBody, SocketResponse } from '../protocol/request.js';
import { RequestError, STATUS_NAMES } from './request-error.js';

/**
 * What came back in an acknowledgement.
 *
 * @param name the request, as errors name it
 * @throws RequestError if it is a failure, or no answer at all
 */
export function readAnswer(name: string, answer: unknown): SocketResponse {
  const { headers, body, statusCode = headers && statusIn(body) } = (answer ?? {}) as Partial<SocketResponse>;
  if (typeof statusCode !== 'number') {
    throw new RequestError(`${name}: the answer has no status. Is it a server with SocketsModule that answers there?`, {
      code: 'INVALID_ANSWER',
      body: answer,
      sent: true,
    });
  }
  const response: SocketResponse = { body, headers: headers ?? {}, statusCode };
  if (statusCode < 400) return response;
  const { code = STATUS_NAMES[statusCode] ?? 'ERROR', message = `${name} failed with status ${statusCode}` } =
    told(body);
  throw new RequestError(message, { ...response, code, sent: true });
}

/** Whether the server had no room for the request, and did nothing. Where it is a route that answers so, there are headers. */
export function isNoRoom(answer: unknown): boolean {
  const { headers, body } = (answer ?? {}) as Partial<SocketResponse>;
  return isErrorBody(body) && body.code === 'TOO_MANY_REQUESTS' && Object.keys(headers ?? {}).length === 0;
}

/** A server that does not tell statuses says no more of a success than that: the answer has headers. */
function statusIn(body: unknown): number {
  return isErrorBody(body) ? body.statusCode : 200;
}

/** Whether it is the server itself that says so, and not a route. */
function isErrorBody(body: unknown): body is ErrorBody {
  const { statusCode, code, message } = told(body);
  return !!(statusCode && code && message) && Object.keys(body as object).length === 3;
}

/** What a body says of the failure, in the shape of this package, of Nest, or in plain text. */
export function told(body: unknown): { statusCode?: number; code?: string; message?: string } {
  if (typeof body === 'string' && body !== '') return { message: body };
  const { statusCode, code, message } = (body ?? {}) as Record<string, unknown>;
  return {
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(typeof code === 'string' && { code }),
    ...(typeof message === 'string' && { message }),
    // A ValidationPipe gives one message for each mistake.
    ...(Array.isArray(message) && { message: message.join(', ') }),
  };
}

/** The answer to a request that did not fail. Its body is what the caller says it is; `undefined` if the answer is empty. */
export interface ClientResponse<Body = unknown> extends SocketResponse<Body> {
  body: Body;
}
