import type { SocketResponse } from '../wire/socket-request.js';
import { RequestError } from './request-error.js';
import { STATUS_NAMES } from './status-names.js';

/**
 * What came back in an acknowledgement.
 *
 * @param name the request, as errors name it
 * @throws RequestError if it is a failure, or no answer at all
 */
export function readAnswer(name: string, answer: unknown): SocketResponse {
  const { statusCode, headers, body } = (answer ?? {}) as Partial<SocketResponse>;
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
