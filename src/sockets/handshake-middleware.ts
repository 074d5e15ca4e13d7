import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import type { HandshakeMiddleware } from './connection.options.js';
import { logFailure } from '../common/log.js';

const logger = new Logger('SocketsModule');

/** Applies the application's middleware to the requests by which connections begin. */
export function useOnHandshakes(
  io: Server,
  middleware: HandshakeMiddleware | readonly HandshakeMiddleware[] = [],
): void {
  for (const one of [middleware].flat()) io.engine.use(onHandshakes(one));
}

function onHandshakes(middleware: HandshakeMiddleware): HandshakeMiddleware {
  return (request, response, next) => {
    if (!isHandshake(request)) return next();
    let answered = false;
    const answer = (error?: unknown): void => {
      if (answered) return;
      answered = true;
      if (error) logFailure(logger, 'The option "handshakeMiddleware" failed; the connection is refused.', error);
      next(error);
    };
    // Thrown into Engine.IO, an error may end the process.
    new Promise((resolve) => resolve(middleware(request, response, answer))).catch((error: unknown) =>
      answer(error || new Error('The middleware threw nothing.')),
    );
  };
}

/** As Engine.IO tells them: whoever names no session begins one. */
function isHandshake(request: IncomingMessage): boolean {
  return !(request as { _query?: { sid?: unknown } })._query?.sid;
}
