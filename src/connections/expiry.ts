import { Logger } from '@nestjs/common';
import type { Server, Socket } from 'socket.io';
import { REAUTHENTICATE_EVENT, type Expiry as ExpiryMessage } from '../protocol/reauthentication.js';
import { describeValue } from '../common/describe-value.js';
import { InvalidIdentityError } from './connections.errors.js';
import { logFailure } from '../common/log.js';
import { onConnection } from '../server/namespaces.js';
import { userOf } from './identities.js';
import type { ResolvedConnectionOptions } from './connection.options.js';

/** The longest time that a timer of Node takes; above it, it goes off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** In seconds this would be some time after the year 5000; in milliseconds it is not so long ago. */
const MOST_SECONDS = 1e11;

/** Ends connections whose identity has expired, after a warning. Each namespace of a client has an identity, and a time, of its own. */
export class Expiry {
  private readonly logger = new Logger('SocketsModule');
  private readonly timers = new WeakMap<Socket, NodeJS.Timeout>();

  constructor(private readonly options: ResolvedConnectionOptions) {}

  attach(io: Server): void {
    onConnection(io, (socket) => this.begin(socket), { first: true });
  }

  /**
   * When an identity expires, in milliseconds since 1970; `undefined` for never.
   *
   * @throws InvalidIdentityError, and whatever the option `expiresAt` throws
   */
  expirationOf(user: unknown, socket: Socket): number | undefined {
    if (user === undefined || user === null) return undefined;
    const { expiresAt = ofToken } = this.options;
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

  /** From now on this time counts, and no warning that was given before. */
  renew(socket: Socket, time: number | undefined): void {
    clearTimeout(this.timers.get(socket));
    if (time !== undefined) this.warnAt(socket, time);
  }

  private begin(socket: Socket): void {
    // It may have been disconnected as soon as it was there.
    if (!socket.connected) return;
    socket.once('disconnect', () => clearTimeout(this.timers.get(socket)));
    try {
      const time = this.expirationOf(userOf(socket), socket);
      // Of `authenticate` it has been asked before; here a middleware of the application let it in.
      if (isPast(time)) this.end(socket);
      else this.renew(socket, time);
    } catch (error) {
      logFailure(this.logger, 'It could not be found out when an identity expires; the client is disconnected.', error);
      socket.disconnect();
    }
  }

  /** A time may be further away than a timer goes. */
  private warnAt(socket: Socket, time: number): void {
    const left = time - Date.now();
    if (left > LONGEST_TIMER) this.after(LONGEST_TIMER, socket, () => this.warnAt(socket, time));
    else this.after(Math.max(0, left), socket, () => this.warn(socket));
  }

  private warn(socket: Socket): void {
    const { expiryGrace } = this.options;
    socket.emit(REAUTHENTICATE_EVENT, expired(expiryGrace));
    this.after(expiryGrace, socket, () => this.end(socket));
  }

  private end(socket: Socket): void {
    socket.emit(REAUTHENTICATE_EVENT, expired(0));
    socket.disconnect();
  }

  /** No reason for the process to live. */
  private after(milliseconds: number, socket: Socket, act: () => void): void {
    this.timers.set(socket, setTimeout(act, milliseconds).unref());
  }
}

export function isPast(time: number | undefined): boolean {
  return time !== undefined && time <= Date.now();
}

function expired(grace: number): ExpiryMessage {
  return { statusCode: 401, code: 'EXPIRED', message: 'The credentials of this connection have expired.', grace };
}

function ofToken(user: unknown): number | undefined {
  const { exp } = user as { exp?: unknown };
  return typeof exp === 'number' ? exp : undefined;
}

function secondsOf(given: unknown): number {
  return typeof given === 'number' && given < MOST_SECONDS ? given : NaN;
}
