import { HttpException, HttpStatus } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { ErrorBody, SocketResponse } from '../protocol/request.js';

/** Makes the body of every error that is sent to clients: without a stack, and without anything that they sent. */
export function errorBody(statusCode: number, message: string): ErrorBody {
  return { statusCode, code: HttpStatus[statusCode] ?? 'ERROR', message };
}

/** Answers an event of a client with an error, in the form of any other answer. */
export function errorResponse(body: ErrorBody): SocketResponse {
  return { body, headers: {}, statusCode: body.statusCode };
}

/**
 * Makes the body for an exception. Only the messages of Nest's exceptions are sent: that of any other error may contain
 * anything.
 *
 * @param wsStatus the status of a `WsException`, which has none of its own
 */
export function errorBodyOf(exception: unknown, wsStatus: number = HttpStatus.BAD_REQUEST): ErrorBody {
  if (exception instanceof HttpException) {
    return errorBody(exception.getStatus(), messageIn(exception.getResponse()) ?? exception.message);
  }
  if (exception instanceof WsException) {
    return errorBody(wsStatus, messageIn(exception.getError()) ?? exception.message);
  }
  return errorBody(HttpStatus.INTERNAL_SERVER_ERROR, 'Something went wrong on the server.');
}

/**
 * Finds the message: a ValidationPipe gives one for each mistake, and an exception may be made with anything or
 * nothing.
 */
function messageIn(response: unknown): string | undefined {
  if (typeof response === 'string') return response;
  if (typeof response !== 'object' || response === null) return undefined;
  const { message } = response as { message?: unknown };
  if (Array.isArray(message)) return message.join(', ');
  return typeof message === 'string' ? message : undefined;
}
