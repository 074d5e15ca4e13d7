import type { ErrorBody, SocketResponse } from '../../../protocol/request.js';
import { RequestError, statusName } from './request-error.js';

/**
 * Reads an acknowledgement.
 *
 * @param name the request as errors name it
 * @throws RequestError if it is a failure, or no response at all
 */
export function readResponse(name: string, answer: unknown): SocketResponse {
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
  const { code = statusName(statusCode), message = `${name} failed with status ${statusCode}` } = readErrorBody(body);
  throw new RequestError(message, { ...response, code, sent: true });
}

/**
 * Returns in how many seconds a request is to be sent again for which the server had no room, so that it did nothing: 0
 * if too many were unanswered, more if the connection has sent too much. It is `Infinity` for any other answer. A route
 * that answers with that status sends other headers, too.
 */
export function secondsUntilRoom(answer: unknown): number {
  const { headers, body } = (answer ?? {}) as Partial<SocketResponse>;
  const { 'retry-after': seconds = 0, ...others } = headers ?? {};
  const isRefused = isErrorBody(body) && body.code === 'TOO_MANY_REQUESTS' && Object.keys(others).length === 0;
  return isRefused ? Number(seconds) : Infinity;
}

/**
 * Reads the status from the body, for servers that send none (`sendStatusCode: false`). Without an error it is a
 * success.
 */
function statusIn(body: unknown): number {
  return isErrorBody(body) ? body.statusCode : 200;
}

/** Whether the body is an error of the server itself, not of a route. */
function isErrorBody(body: unknown): body is ErrorBody {
  const { statusCode, code, message } = readErrorBody(body);
  return !!(statusCode && code && message) && Object.keys(body as object).length === 3;
}

/** Reads what a body says about a failure, in the shape of this package, in Nest's, or as plain text. */
export function readErrorBody(body: unknown): { statusCode?: number; code?: string; message?: string } {
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

/**
 * The response to a request that did not fail. The caller states the type of its body, which is `undefined` in an empty
 * response.
 */
export interface ClientResponse<Body = unknown> extends SocketResponse<Body> {
  body: Body;
}
