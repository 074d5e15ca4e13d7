import { HttpStatus } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import type { Server, Socket } from 'socket.io';
import { errorBody, errorResponse } from '../../common/error-body.js';
import { debugLog, LineLogger, logFailure } from '../../common/log.js';
import { isRecord } from '../../common/type-guards.js';
import { REAUTHENTICATE_EVENT } from '../../protocol/reauthentication.js';
import type { ErrorBody, SocketResponse } from '../../protocol/request.js';
import { gatewayHandlers } from '../../server/gateways/gateways.js';
import { answerClients } from '../../server/inbound/client-events.js';
import { ReservedEventError } from '../../server/server.errors.js';
import type { ResolvedIoServerOptions } from '../../server/options/server.options.js';
import { refusalsOf } from '../../server/metrics.js';
import { Slot } from '../../server/state.js';
import { connectionState, socketsOfConnection } from '../connection-state.js';
import type { Handshake, ResolvedConnectionOptions } from '../connection.options.js';
import type { Expiry } from '../expiry.js';
import { type Identities, isNobody } from '../identities.js';
import { ReauthenticatingSocket } from './authenticating-socket.js';
import { type Authentication, tooManyConnections } from './authentication.js';
import { type Identification, type Outcome, refusalOf } from './authentication-attempt.js';

const debug = debugLog('connections');

/**
 * How many attempts a connection may make in a period for each of its sockets, and how long that is, in milliseconds.
 */
const MAX_ATTEMPTS = 10;
const PERIOD = 60_000;

/** When the attempts of a connection began. They count for all its sockets: a namespace can be entered again. */
const attemptTimes = new Slot<number[]>(() => []);

/**
 * Called with a socket whose identity has been renewed.
 *
 * @param isSignedOut whether it had a user before, and is that of nobody now
 */
export type ReauthenticationListener = (socket: Socket, isSignedOut: boolean) => void;

const ANOTHER_USER: Outcome = {
  kind: 'refused',
  body: errorBody(HttpStatus.FORBIDDEN, 'A connection stays with its user. Open a new connection for another one.'),
};

/**
 * Takes new credentials for a socket that is connected: for the same user, for longer; or to sign in, or out. Each
 * namespace of a client is a socket, and authenticates for itself.
 */
export class Reauthentication {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly listeners = new Set<ReauthenticationListener>();
  private readonly running = new WeakSet<Socket>();

  constructor(
    private readonly authentication: Authentication,
    private readonly identities: Identities,
    private readonly expiry: Expiry,
    private readonly discovery: DiscoveryService,
    private readonly options: ResolvedConnectionOptions & ResolvedIoServerOptions,
  ) {}

  /**
   * Answers clients that authenticate again.
   *
   * @throws ReservedEventError when a gateway handles the event itself, and there is `authenticate`
   */
  attach(io: Server): void {
    const handler = gatewayHandlers(this.discovery, this.options).find(({ event }) => event === REAUTHENTICATE_EVENT);
    if (handler && this.authentication.isOn) {
      throw new ReservedEventError(
        handler.name,
        REAUTHENTICATE_EVENT,
        'with the option "authenticate", clients renew their credentials by that event. Rename it.',
      );
    }
    if (handler) return;
    answerClients(io, REAUTHENTICATE_EVENT, (socket, auth) => this.answer(socket, auth), { first: true });
  }

  /**
   * Calls back for each socket whose identity has been renewed: `socket.data.user` and `socket.handshake` are the new
   * ones.
   *
   * @returns a function that removes the listener
   */
  onSuccess(listener: ReauthenticationListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Never rejects. */
  private async answer(socket: Socket, auth: unknown): Promise<SocketResponse> {
    if (!this.authentication.isOn) return refusal(HttpStatus.NOT_FOUND, 'Clients do not authenticate here.');
    if (!isRecord(auth)) {
      return refusal(HttpStatus.BAD_REQUEST, "Send the credentials as in the handshake's auth: an object.");
    }
    const tooMany = this.refuseTooMany(socket);
    if (tooMany) return tooMany;
    this.running.add(socket);
    connectionState(socket).get(attemptTimes).push(Date.now());
    try {
      const refused = await this.attempt(socket, handshakeWith(auth, socket.handshake));
      return refused ? errorResponse(refused) : { headers: {}, statusCode: HttpStatus.NO_CONTENT };
    } finally {
      this.running.delete(socket);
    }
  }

  private refuseTooMany(socket: Socket): SocketResponse | undefined {
    const times = connectionState(socket).get(attemptTimes);
    const since = Date.now() - PERIOD;
    while (times.length > 0 && times[0] <= since) times.shift();
    const isRunning = this.running.has(socket);
    if (!isRunning && times.length < MAX_ATTEMPTS * socketsOfConnection(socket).length) return undefined;
    refusalsOf(socket.nsp.server).add('reauthenticationRate');
    if (isRunning) return refusal(HttpStatus.TOO_MANY_REQUESTS, 'Wait for the answer to the last attempt.');
    const wait = Math.ceil((times[0] - since) / 1_000);
    return {
      ...refusal(HttpStatus.TOO_MANY_REQUESTS, `No more than ${MAX_ATTEMPTS} attempts a minute.`),
      headers: { 'retry-after': String(wait) },
    };
  }

  private async attempt(socket: Socket, handshake: Handshake): Promise<ErrorBody | undefined> {
    const attempt = new ReauthenticatingSocket(socket, handshake);
    const outcome = this.settle(socket, attempt, await this.authentication.authenticate(attempt));
    debug?.(`${socket.id} authenticates again: ${outcome.kind}`);
    if (outcome.kind !== 'admitted') return refusalOf(outcome);
    if (outcome.userId !== undefined && !this.identities.admits(socket, outcome.userId)) {
      refusalsOf(socket.nsp.server).add('connectionsPerUser');
      return tooManyConnections(this.options.limits);
    }
    const isSignedOut = this.isOfSomebody(socket, attempt) && isNobody(outcome.identity);
    const isSignedIn = !this.isOfSomebody(socket, attempt) && !isNobody(outcome.identity);
    attempt.adopt(outcome.identity);
    if (isSignedOut) this.identities.noteLoss(socket);
    if (isSignedOut || isSignedIn) this.identities.change(socket, outcome.userId);
    this.expiry.renew(socket, outcome.expires);
    this.callListeners(socket, isSignedOut);
    return undefined;
  }

  /**
   * Admits a socket only if it is still there, and does not change from one user to another. One of nobody may become
   * that of a user, and the other way round.
   */
  private settle(socket: Socket, attempt: ReauthenticatingSocket, outcome: Outcome): Outcome {
    if (outcome.kind !== 'admitted') return outcome;
    // Its grace may be over, while its client stays connected to other namespaces.
    if (!socket.connected) return { kind: 'gone' };
    if (!this.isOfSomebody(socket, attempt) || isNobody(outcome.identity)) return outcome;
    return this.isSameUser(socket, attempt.identityBefore, outcome) ? outcome : ANOTHER_USER;
  }

  private isOfSomebody(socket: Socket, { identityBefore }: ReauthenticatingSocket): boolean {
    return this.identities.userIdOf(socket) !== undefined || !isNobody(identityBefore);
  }

  /** Compares the ids of the users. Where the connection has none, the identities themselves have to be the same. */
  private isSameUser(socket: Socket, identityBefore: unknown, { identity, userId }: Identification): boolean {
    const own = this.identities.userIdOf(socket);
    if (own !== undefined) return userId === own;
    return userId === undefined && isSameButForTimes(identityBefore, identity);
  }

  private callListeners(socket: Socket, isSignedOut: boolean): void {
    for (const listener of this.listeners) {
      try {
        listener(socket, isSignedOut);
      } catch (error) {
        logFailure(this.logger, 'A listener to reauthentications failed.', error);
      }
    }
  }
}

/** Compares identities in everything but when they were given and when they expire. */
function isSameButForTimes(before: unknown, now: unknown): boolean {
  return isDeepStrictEqual(withoutTimes(before), withoutTimes(now));
}

function withoutTimes(identity: unknown): unknown {
  if (!isRecord(identity)) return identity;
  const { exp: _exp, iat: _iat, ...rest } = identity;
  return rest;
}

/**
 * Returns the handshake that the connection would begin with now. A token in `auth`, or `null` in its place, takes the
 * place of credentials in the headers, which not every client can change.
 */
function handshakeWith(auth: Record<string, unknown>, handshake: Handshake): Handshake {
  if (typeof auth.token !== 'string' && auth.token !== null) return { ...handshake, auth };
  const { authorization: _, ...headers } = handshake.headers;
  return { ...handshake, auth, headers };
}

function refusal(statusCode: HttpStatus, message: string): SocketResponse {
  return errorResponse(errorBody(statusCode, message));
}
