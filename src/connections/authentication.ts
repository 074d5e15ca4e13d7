import { type CanActivate, HttpStatus, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Server, Socket } from 'socket.io';
import { errorBody, errorBodyOf } from '../common/error-body.js';
import { logFailure } from '../common/log.js';
import { isRecord } from '../common/option-rules.js';
import { within } from '../common/promises.js';
import type { ErrorBody } from '../protocol/request.js';
import { type NamespaceMiddleware, useFirst } from '../server/namespaces.js';
import { type ResolvedSocketsServerOptions, SOCKETS_SERVER_OPTIONS } from '../server/server.options.js';
import { allAgree, HandshakeContext, makeGuard } from './connection-guards.js';
import { type Authenticate, type AuthenticateFunction, type Handshake, isGuardClass } from './connection.options.js';
import { Expiry, isPast } from './expiry.js';
import { Identities, setUser, userOf } from './identities.js';

type Connection = Socket['conn'];

/** One listener for each connection, however many of its namespaces wait: a client may ask for as many as it likes. */
const waiting = new WeakMap<Connection, Set<() => void>>();

/**
 * Calls back if the client's connection ends.
 *
 * @returns what ends the waiting for it
 */
function whenGone({ conn }: Socket, leave: () => void): () => void {
  const others = waiting.get(conn) ?? begin(conn);
  others.add(leave);
  return () => void others.delete(leave);
}

function begin(conn: Connection): Set<() => void> {
  const leaving = new Set<() => void>();
  waiting.set(conn, leaving);
  conn.once('close', () => leaving.forEach((leave) => leave()));
  return leaving;
}

/** What became of an attempt to connect, or to go on being connected. */
export type Verdict = Known | { refusal: ErrorBody };

/** Who it is, as what user, and for how long. */
export interface Known {
  identity: unknown;
  userId: string | undefined;
  expires: number | undefined;
}

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
    private readonly identities: Identities,
    private readonly expiry: Expiry,
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
    setUser(socket, verdict.identity);
    try {
      next();
    } catch (error) {
      // Of the application's own middlewares, which are called by this.
      next(refused(this.refusalFor(error, 'A middleware of a namespace')));
    }
  }

  /** Whether there is anybody who decides. */
  get isOn(): boolean {
    return this.options.authenticate !== undefined;
  }

  /**
   * What the application says of who connects by this handshake. Never rejects.
   *
   * @param handshake its own, or the same with newer credentials
   */
  async decide(socket: Socket, handshake: Handshake = socket.handshake): Promise<Verdict> {
    const { authenticateTimeout } = this.options;
    let forget: (() => void) | undefined;
    // Then nobody waits for the verdict any more, whatever it is.
    const left = new Promise<Verdict>((resolve) => {
      forget = whenGone(socket, () => resolve(UNAUTHORIZED));
    });
    try {
      return await within(
        authenticateTimeout,
        'authenticate',
        Promise.race([this.judge(seenWith(handshake, socket)), left]),
      );
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
  private async judge({ socket, userSaid }: Seen): Promise<Verdict> {
    try {
      const { authenticate } = this.options;
      if (isFunction(authenticate)) {
        const identity: unknown = await authenticate(socket.handshake, socket);
        if (!identity) return UNAUTHORIZED;
        return this.known(identity === true ? userSaid() : identity, socket);
      }
      const context = new HandshakeContext(socket);
      if (!(await allAgree(await this.guards(), context))) return FORBIDDEN;
      return this.known(context.request.user ?? userSaid(), socket);
    } catch (error) {
      return { refusal: this.refusalFor(error, 'The option "authenticate"') };
    }
  }

  private known(identity: unknown, socket: Socket): Verdict {
    try {
      const userId = this.identities.idOf(identity);
      const expires = this.expiry.timeOf(identity, socket);
      return isPast(expires) ? UNAUTHORIZED : { identity, userId, expires };
    } catch (error) {
      return { refusal: this.refusalFor(error, 'The option "userId" or "expiresAt"') };
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

/** What an attempt is judged by. */
interface Seen {
  socket: Socket;
  /** Who it is by what was written to `socket.data.user` for this attempt. Counts without an identity. */
  userSaid: () => unknown;
}

/** The socket as it would be with this handshake, which is not changed before it is known who that is. Whom it had before does not count again. */
function seenWith(handshake: Handshake, socket: Socket): Seen {
  if (handshake === socket.handshake) return { socket, userSaid: () => userOf(socket) };
  let isSaid = false;
  const seen = new Proxy(socket, {
    get: (target, key) => {
      if (key === 'handshake') return handshake;
      const value: unknown = Reflect.get(target, key);
      return key === 'data' && isRecord(value) ? heard(value, 'user', () => (isSaid = true)) : value;
    },
    set: (target, key, value) => {
      if (key === 'data') isSaid = true;
      return Reflect.set(target, key, value);
    },
  });
  return { socket: seen, userSaid: () => (isSaid ? userOf(socket) : undefined) };
}

/** The same object, which says when this field is written. */
function heard(object: object, field: string, onWrite: () => void): object {
  return new Proxy(object, {
    set: (target, key, value) => {
      if (key === field) onWrite();
      return Reflect.set(target, key, value);
    },
  });
}

/** As `connect_error` gives it to the client. */
function refused(body: ErrorBody): Error {
  return Object.assign(new Error(body.message), { data: body });
}
