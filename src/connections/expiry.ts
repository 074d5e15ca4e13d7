import type { Server, Socket } from 'socket.io';
import { describeValue } from '../common/describe-value.js';
import { debugLog, FailureLog, LineLogger } from '../common/log.js';
import { REAUTHENTICATE_EVENT, type Expiry as ExpiryMessage } from '../protocol/reauthentication.js';
import { onConnection } from '../server/namespaces.js';
import type { ResolvedConnectionOptions } from './connection.options.js';
import { InvalidIdentityError } from './connections.errors.js';
import { userOf } from './identities.js';

const debug = debugLog('connections');

/** The longest delay of Node's timers, in milliseconds; a timer with a longer one fires at once. */
const MAX_TIMER_DELAY = 2 ** 31 - 1;

/** In seconds this is a time after the year 5000, in milliseconds one of 1973: so larger numbers are milliseconds. */
const MAX_SECONDS = 1e11;

/**
 * Disconnects sockets whose identity has expired, after a warning. Each namespace of a client is a socket, with an
 * identity and a time of its own.
 *
 * A socket is *valid* until its identity expires, then *warned* until its grace is over, then disconnected. `renew()`
 * makes it valid again.
 */
export class Expiry {
  private readonly failures = new FailureLog(new LineLogger('SocketsModule'));
  private readonly timers = new WeakMap<Socket, NodeJS.Timeout>();
  /** One function for all sockets; the socket is `this`. */
  private readonly onDisconnect: (this: Socket) => void;

  constructor(private readonly options: ResolvedConnectionOptions) {
    const { timers } = this;
    this.onDisconnect = function () {
      clearTimeout(timers.get(this));
    };
  }

  attach(io: Server): void {
    onConnection(io, (socket) => this.watch(socket), { first: true });
  }

  /**
   * Returns when an identity expires, in milliseconds since 1970; `undefined` for never.
   *
   * @throws InvalidIdentityError, and what the option `expiresAt` throws
   */
  expirationOf(user: unknown, socket: Socket): number | undefined {
    if (user === undefined || user === null) return undefined;
    const { expiresAt = expirationOfToken } = this.options;
    const given: unknown = expiresAt(user, socket);
    if (given === undefined || given === null) return undefined;
    const time = given instanceof Date ? given.getTime() : secondsOf(given) * 1_000;
    if (Number.isFinite(time)) return time;
    throw new InvalidIdentityError(
      'expiresAt',
      'a valid Date, or a number of seconds (not milliseconds) since 1970, or undefined',
      given instanceof Date ? 'an invalid Date' : describeValue(given),
    );
  }

  /** Makes a socket valid until this time, and drops a warning that was given before. */
  renew(socket: Socket, time: number | undefined): void {
    clearTimeout(this.timers.get(socket));
    if (time !== undefined) this.warnAt(socket, time);
  }

  private watch(socket: Socket): void {
    // An earlier listener may have disconnected it.
    if (!socket.connected) return;
    // It happens once; "once" would cost each socket a closure.
    socket.on('disconnect', this.onDisconnect);
    try {
      const time = this.expirationOf(userOf(socket), socket);
      // Only the application's own middleware can let in an expired identity; `authenticate` has checked already.
      if (isPast(time)) this.end(socket);
      else this.renew(socket, time);
    } catch (error) {
      this.failures.report('The expiry of an identity could not be determined; the client is disconnected.', error);
      socket.disconnect();
    }
  }

  /** Waits in steps, since a time may be further away than a timer can wait. */
  private warnAt(socket: Socket, time: number): void {
    const left = time - Date.now();
    if (left > MAX_TIMER_DELAY) this.setTimer(MAX_TIMER_DELAY, socket, () => this.warnAt(socket, time));
    else this.setTimer(Math.max(0, left), socket, () => this.warn(socket));
  }

  private warn(socket: Socket): void {
    const { expiryGrace } = this.options;
    debug?.(`${socket.id}: the identity has expired, ${expiryGrace} ms of grace`);
    socket.emit(REAUTHENTICATE_EVENT, expired(expiryGrace));
    this.setTimer(expiryGrace, socket, () => this.end(socket));
  }

  private end(socket: Socket): void {
    debug?.(`${socket.id}: the grace is over`);
    socket.emit(REAUTHENTICATE_EVENT, expired(0));
    socket.disconnect();
  }

  /** Sets the socket's timer, which does not keep the process alive. */
  private setTimer(milliseconds: number, socket: Socket, act: () => void): void {
    this.timers.set(socket, setTimeout(act, milliseconds).unref());
  }
}

export function isPast(time: number | undefined): boolean {
  return time !== undefined && time <= Date.now();
}

function expired(grace: number): ExpiryMessage {
  return { statusCode: 401, code: 'EXPIRED', message: 'The credentials of this connection have expired.', grace };
}

function expirationOfToken(user: unknown): number | undefined {
  const { exp } = user as { exp?: unknown };
  return typeof exp === 'number' ? exp : undefined;
}

function secondsOf(given: unknown): number {
  return typeof given === 'number' && given < MAX_SECONDS ? given : NaN;
}
