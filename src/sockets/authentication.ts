import { HttpStatus, Inject, Injectable, Logger, type CanActivate, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Server, Socket } from 'socket.io';
import type { ErrorBody } from '../wire/socket-request.js';
import { errorBody, errorBodyOf } from './client-error.js';
import { allAgree, makeGuard } from './connection-guards.js';
import { isGuardClass, type Authenticate, type AuthenticateFunction } from './connection.options.js';
import { whenGone } from './departures.js';
import { logFailure } from './failure-log.js';
import { useFirst, type NamespaceMiddleware } from './first-middleware.js';
import { HandshakeContext } from './handshake-context.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from './sockets-server.options.js';
import { within } from './within.js';

/** What became of an attempt to connect. */
type Verdict = { identity: unknown } | { refusal: ErrorBody };

const UNAUTHORIZED: Verdict = { refusal: errorBody(HttpStatus.UNAUTHORIZED, 'Unauthorized') };
const FORBIDDEN: Verdict = { refusal: errorBody(HttpStatus.FORBIDDEN, 'Forbidden resource') };
const LATE: Verdict = {
  refusal: errorBody(HttpStatus.GATEWAY_TIMEOUT, 'It took too long to find out who is connecting.'),
};

/** Decides on connections, with the application's function or guards, before they exist. */
@Injectable()
export class Authentication implements OnModuleInit {
  private readonly logger = new Logger('SocketsModule');
  private made?: Promise<CanActivate[]>;

  constructor(
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedSocketsServerOptions,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** A guard that cannot be made is known at boot. */
  async onModuleInit(): Promise<void> {
    await this.guards();
  }

  protect(io: Server): void {
    if (this.options.authenticate !== undefined) useFirst(io, this.middleware);
  }

  private readonly middleware: NamespaceMiddleware = (socket, next) => {
    void this.admit(socket, next);
  };

  private async admit(socket: Socket, next: Parameters<NamespaceMiddleware>[1]): Promise<void> {
    const verdict = await this.decide(socket);
    if ('refusal' in verdict) return next(refused(verdict.refusal));
    // Without one, what a guard put there itself stays.
    if (verdict.identity !== undefined) (socket.data as { user?: unknown }).user = verdict.identity;
    try {
      next();
    } catch (error) {
      // Of the application's own middlewares, which are called by this.
      next(refused(this.refusalFor(error, 'A middleware of a namespace')));
    }
  }

  /** Never rejects. */
  private async decide(socket: Socket): Promise<Verdict> {
    const { authenticateTimeout } = this.options;
    let forget: (() => void) | undefined;
    // Then nobody waits for the verdict any more, whatever it is.
    const left = new Promise<Verdict>((resolve) => {
      forget = whenGone(socket, () => resolve(UNAUTHORIZED));
    });
    try {
      return await within(authenticateTimeout, 'authenticate', Promise.race([this.judge(socket), left]));
    } catch {
      this.logger.warn(
        `The option "authenticate" took longer than ${authenticateTimeout} ms; the connection is refused.`,
      );
      return LATE;
    } finally {
      forget?.();
    }
  }

  /** Never rejects, so that nobody has to wait for it. */
  private async judge(socket: Socket): Promise<Verdict> {
    try {
      const { authenticate } = this.options;
      if (isFunction(authenticate)) return verdictOf(await authenticate(socket.handshake, socket));
      const context = new HandshakeContext(socket);
      if (!(await allAgree(await this.guards(), context))) return FORBIDDEN;
      return { identity: context.request.user ?? undefined };
    } catch (error) {
      return { refusal: this.refusalFor(error, 'The option "authenticate"') };
    }
  }

  private guards(): Promise<CanActivate[]> {
    const { authenticate } = this.options;
    if (authenticate === undefined || isFunction(authenticate)) return Promise.resolve([]);
    this.made ??= Promise.all([authenticate].flat().map((guard) => makeGuard(guard, this.moduleRef)));
    return this.made;
  }

  /** An exception of Nest's is an answer. All else is a fault, and anything may have been thrown. */
  private refusalFor(error: unknown, thrower: string): ErrorBody {
    try {
      const body = errorBodyOf(error, HttpStatus.UNAUTHORIZED);
      if (body.statusCode >= 500) logFailure(this.logger, `${thrower} failed; the connection is refused.`, error);
      return body;
    } catch {
      logFailure(this.logger, `${thrower} failed; the connection is refused.`, error);
      return errorBodyOf(undefined);
    }
  }
}

function isFunction(authenticate: Authenticate | undefined): authenticate is AuthenticateFunction {
  return typeof authenticate === 'function' && !isGuardClass(authenticate);
}

function verdictOf(identity: unknown): Verdict {
  if (!identity) return UNAUTHORIZED;
  return { identity: identity === true ? undefined : identity };
}

/** As `connect_error` gives it to the client. */
function refused(body: ErrorBody): Error {
  return Object.assign(new Error(body.message), { data: body });
}
