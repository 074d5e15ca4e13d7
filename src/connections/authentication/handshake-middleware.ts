import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import { eachEngine } from '../../server/handshakes/engines.js';
import { isHandshake } from '../../server/handshakes/handshake-limits.js';
import { isOfAllowedPage } from '../../server/handshakes/request-guard.js';
import { isRefusedInNamespaces, refuseInNamespaces } from '../../server/handshakes/refused-handshakes.js';
import type { HandshakeMiddleware } from '../connection.options.js';
import type { RefusalLog } from './refusal-log.js';
import { refusalIn } from './refusals.js';

/** Runs the application's middleware on the requests that begin connections. */
export class HandshakeMiddlewares {
  constructor(
    private readonly middleware: HandshakeMiddleware | readonly HandshakeMiddleware[] = [],
    private readonly log: RefusalLog,
  ) {}

  attach(io: Server): void {
    const all = [this.middleware].flat().map((one) => this.onHandshakes(io, one));
    eachEngine(io, (engine) => all.forEach((one) => engine.use(one)));
  }

  private onHandshakes(io: Server, middleware: HandshakeMiddleware): HandshakeMiddleware {
    return async (request, response, next) => {
      // What the origin rule refuses is of no concern to sessions and the like. Engine.IO asks that rule next.
      const isWanted = isHandshake(request) && !isRefusedInNamespaces(request) && (await isOfAllowedPage(io, request));
      if (!isWanted) return next();
      let answered = false;
      const answer = (error?: unknown): void => {
        if (answered) return;
        answered = true;
        next(error ? this.failureOf(error, request) : undefined);
      };
      // Thrown into Engine.IO, an error may end the process.
      new Promise((resolve) => resolve(middleware(request, response, answer))).catch((error: unknown) =>
        answer(error || new Error('The middleware threw nothing.')),
      );
    };
  }

  /** Returns what ends the handshake at once; nothing if credentials are refused, of which the client is to learn. */
  private failureOf(error: unknown, request: IncomingMessage): unknown {
    const body = refusalIn(error, 'The option "handshakeMiddleware"', request, this.log);
    if (body.statusCode >= 500) return error;
    refuseInNamespaces(request, body);
    return undefined;
  }
}
