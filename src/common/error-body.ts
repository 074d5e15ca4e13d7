import { HttpException, HttpStatus } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { ErrorBody, SocketResponse } from '../protocol/request.js';

/** An error as clients are told of it, always in this shape: no stack, nothing of what they sent. */
export function errorBody(statusCode: number, message: string): ErrorBody {
  return { statusCode, code: HttpStatus[statusCode] ?? 'ERROR', message };
}

/** An error as the answer to an event of a client, in the shape of every other answer. */
export function errorResponse(body: ErrorBody): SocketResponse {
  return { body, headers: {}, statusCode: body.statusCode };
}

/**
 * What a client is told of an exception. What is no exception of Nest's may say anything, and is not told.
 *
 * @param wsStatus what a `WsException`, which has no status of its own, stands for
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

/** A ValidationPipe gives one message for each mistake. An exception may have been made with anything, or with nothing. */
function messageIn(response: unknown): string | undefined {
  if (typeof response === 'string') return response;
  if (typeof response !== 'object' || response === null) return undefined;
  const { message } = response as { message?: unknown };
  if (Array.isArray(message)) return message.join(', ');
  return typeof message === 'string' ? message : undefined;
}
