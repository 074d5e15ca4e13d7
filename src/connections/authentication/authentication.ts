import { type CanActivate, HttpStatus } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Server, Socket } from 'socket.io';
import { errorBody } from '../../common/error-body.js';
import { debugLog, LineLogger } from '../../common/log.js';
import type { ErrorBody } from '../../protocol/request.js';
import { connectError } from '../../server/handshakes/refused-handshakes.js';
import { refusalsOf } from '../../server/metrics.js';
import { type NamespaceMiddleware, useFirst } from '../../server/namespaces.js';
import {
  type Authenticate,
  type AuthenticateFunction,
  type Handshake,
  isGuardClass,
  type ResolvedConnectionOptions,
} from '../connection.options.js';
import { type Expiry, isPast } from '../expiry.js';
import { credentialsOf } from '../handshake.js';
import { type Identities, setUser } from '../identities.js';
import { type AuthenticatingSocket, ConnectingSocket } from './authenticating-socket.js';
import { AuthenticationAttempt, type Outcome, refusalOf, type Verdict } from './authentication-attempt.js';
import { allAgree, HandshakeContext, makeGuard } from './connection-guards.js';
import type { RefusalLog } from './refusal-log.js';
import { refusalIn } from './refusals.js';

const debug = debugLog('connections');

const UNAUTHORIZED: Verdict = { kind: 'refused', body: errorBody(HttpStatus.UNAUTHORIZED, 'Unauthorized') };
const NOBODY: Verdict = { kind: 'admitted', identity: undefined, userId: undefined, expires: undefined };
/** What the log says once: a function may return `null` to refuse, as look-ups of sessions and users do. */
const NOBODY_ADMITTED =
  'A client was let in without a user, since the option "authenticate" returned null, which stands for nobody in ' +
  'particular. To refuse such clients, return false. (Logged once.)';
const FORBIDDEN: Verdict = { kind: 'refused', body: errorBody(HttpStatus.FORBIDDEN, 'Forbidden resource') };

/**
 * Lets the application's function or guards decide on connections before they exist, and on those that authenticate
 * again.
 */
export class Authentication {
  private readonly logger = new LineLogger('SocketsModule');
  private madeGuards?: Promise<CanActivate[]>;
  private hasAdmittedNobody = false;

  constructor(
    private readonly options: ResolvedConnectionOptions,
    private readonly moduleRef: ModuleRef,
    private readonly identities: Identities,
    private readonly expiry: Expiry,
    private readonly log: RefusalLog,
  ) {}

  /** Says whether the application decides on connections at all. */
  get isOn(): boolean {
    return this.options.authenticate !== undefined;
  }

  /** @throws GuardNotCreatedError, at boot rather than when the first client connects */
  async makeGuards(): Promise<void> {
    await this.guards();
  }

  attach(io: Server): void {
    if (this.isOn) useFirst(io, this.middleware);
  }

  /** Asks the application who this is. Never rejects. */
  async authenticate(socket: AuthenticatingSocket): Promise<Outcome> {
    const { authenticateTimeout } = this.options;
    const attempt = new AuthenticationAttempt(socket.shown, authenticateTimeout, () => this.decide(socket));
    const outcome = await attempt.outcome;
    if (outcome.kind === 'timedOut') {
      this.log.reportWarning(
        `The option "authenticate" took longer than ${authenticateTimeout} ms; the connection is refused.`,
      );
    }
    return outcome;
  }

  private readonly middleware: NamespaceMiddleware = (socket, next) => {
    void this.admit(socket, next);
  };

  private async admit(socket: Socket, next: Parameters<NamespaceMiddleware>[1]): Promise<void> {
    const outcome = await this.authenticate(new ConnectingSocket(socket));
    debug?.(`${socket.id} connects to ${socket.nsp.name}: ${outcome.kind}`);
    if (outcome.kind !== 'admitted') return next(connectError(refusalOf(outcome)));
    if (outcome.userId !== undefined && !this.identities.admits(socket, outcome.userId)) {
      refusalsOf(socket.nsp.server).add('connectionsPerUser');
      return next(connectError(tooManyConnections(this.options.limits)));
    }
    setUser(socket, outcome.identity);
    try {
      next();
    } catch (error) {
      // This also calls the application's own middlewares.
      next(connectError(refusalIn(error, 'A middleware of a namespace', socket.handshake, this.log)));
    }
  }

  /** Never rejects, since nobody waits for it once the attempt has ended in another way. */
  private async decide(socket: AuthenticatingSocket): Promise<Verdict> {
    const { shown } = socket;
    try {
      const { authenticate } = this.options;
      if (isFunction(authenticate)) {
        const identity: unknown = await authenticate(shown.handshake, shown);
        if (identity === null) return this.admitNobody(shown.handshake);
        if (!identity) return UNAUTHORIZED;
        return this.identify(identity === true ? socket.statedIdentity() : identity, shown);
      }
      const context = new HandshakeContext(shown);
      if (!(await allAgree(await this.guards(), context))) return FORBIDDEN;
      const { user } = context.request;
      // Guards of passport leave `false` where there is no user.
      return this.identify(user === false ? undefined : (user ?? socket.statedIdentity()), shown);
    } catch (error) {
      return { kind: 'refused', body: refusalIn(error, 'The option "authenticate"', shown.handshake, this.log) };
    }
  }

  /**
   * Lets in nobody in particular, unless the client has shown a token: `null` is also what look-ups of users give for a
   * token that belongs to nobody.
   */
  private admitNobody(handshake: Handshake): Verdict {
    if (/^(Bearer\s*)?$/i.test(credentialsOf(handshake) ?? '')) {
      if (!this.hasAdmittedNobody) this.logger.log(NOBODY_ADMITTED);
      this.hasAdmittedNobody = true;
      return NOBODY;
    }
    this.log.reportWarning(
      'A connection was refused: the option "authenticate" returned null, which stands for nobody in particular, for ' +
        'a client that has shown a token. Return undefined if no user has that token, or true to let such a client in.',
    );
    return UNAUTHORIZED;
  }

  private identify(identity: unknown, socket: Socket): Verdict {
    try {
      const userId = this.identities.idOf(identity);
      const expires = this.expiry.expirationOf(identity, socket);
      return isPast(expires) ? UNAUTHORIZED : { kind: 'admitted', identity, userId, expires };
    } catch (error) {
      return {
        kind: 'refused',
        body: refusalIn(error, 'The option "userId" or "expiresAt"', socket.handshake, this.log),
      };
    }
  }

  private guards(): Promise<CanActivate[]> {
    const { authenticate } = this.options;
    if (authenticate === undefined || isFunction(authenticate)) return Promise.resolve([]);
    this.madeGuards ??= Promise.all([authenticate].flat().map((guard) => makeGuard(guard, this.moduleRef)));
    return this.madeGuards;
  }
}

/** What a client is told whose user has too many connections. */
export function tooManyConnections({ connectionsPerUser }: ResolvedConnectionOptions['limits']): ErrorBody {
  return {
    statusCode: HttpStatus.TOO_MANY_REQUESTS,
    code: 'TOO_MANY_CONNECTIONS',
    message: `This user has ${connectionsPerUser} connections already. Close one of them, and try again.`,
  };
}

function isFunction(authenticate: Authenticate | undefined): authenticate is AuthenticateFunction {
  return typeof authenticate === 'function' && !isGuardClass(authenticate);
}
