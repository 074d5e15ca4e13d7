import type { Socket } from 'socket.io';
import { isPast } from '../../connections/expiry.js';
import { debugLog, LineLogger, logFailure } from '../../common/log.js';
import { userOf } from '../../connections/identities.js';
import { membersOf } from '../../rooms/members/members.js';
import type { Connections } from '../../connections/connections.js';
import type { SocketRequests } from '../../requests/socket-requests.js';
import { hearOtherServers, tellOtherServers } from '../../server/cluster/server-messages.js';
import { findSocket } from '../../server/namespaces.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { REVOKED_EVENT } from '../../protocol/subscription.js';
import { revocationsOf, type SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import type { ResponseDelivery } from '../request/response.js';
import type { ReadMemory, SubscribedRead } from '../subscribe/room-change.js';
import { REFUSALS, type RecheckedRead, RecheckPurpose, urlAndHeadersOf } from './recheck-read.js';
import { RecheckSchedule } from './recheck-schedule.js';
import { RememberedRead } from './remembered-read.js';
import { SubscriptionTargetRooms } from './subscription-target-rooms.js';

const debug = debugLog('routes');

/** The number of reads that are remembered for one socket. */
const MAX_READS = 128;
/**
 * The time, in milliseconds, after which an undecided read is tried again that is otherwise repeated only after a
 * re-authentication.
 */
const RETRY = 60_000;

const REMEMBER_READ = 'remember-read';

/**
 * Repeats reads from time to time, and ends the subscriptions that they would no longer lead to.
 *
 * A read is remembered once its response was delivered, and then alternates between scheduled and running. It is
 * forgotten when its socket disconnects, when it no longer covers anything, or when too many others follow.
 */
export class Rechecks implements ReadMemory {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly bySocket = new Map<Socket, Map<string, RememberedRead>>();
  private readonly schedule: RecheckSchedule;
  private readonly warned = new Set<string>();
  private isClosing = false;

  constructor(
    private readonly server: SocketsServer,
    private readonly requests: SocketRequests,
    private readonly rooms: SubscriptionTargetRooms,
    private readonly connections: Connections,
    { recheckConcurrency }: { recheckConcurrency: number },
  ) {
    this.schedule = new RecheckSchedule(recheckConcurrency, (read) => this.recheck(read));
  }

  listen(): void {
    hearOtherServers(this.server.io.sockets, REMEMBER_READ, (id, read) => {
      const socket = findSocket(this.server.io, id as string);
      if (socket) this.rememberHere(socket, read as RecheckedRead);
    });
    this.connections.reauthentication.onSuccess((socket) => this.recheckNow(socket));
  }

  stop(): void {
    this.isClosing = true;
    this.schedule.stop();
    this.bySocket.clear();
  }

  /** Remembers a read on the server that has its socket. A read whose response was not delivered is not remembered. */
  rememberOnceDelivered(delivery: ResponseDelivery, { requester, request, ...read }: SubscribedRead): void {
    const { io } = this.server;
    const done = { ...read, ...urlAndHeadersOf(request, findSocket(io, requester)) };
    delivery.onDelivered(() => {
      const socket = findSocket(io, requester);
      if (socket) this.rememberHere(socket, done);
      else tellOtherServers(io.sockets, REMEMBER_READ, [requester, done]);
    });
  }

  private rememberHere(socket: Socket, { targets, ...read }: RecheckedRead): void {
    if (this.isClosing || !socket.connected || targets.length === 0) return;
    const reads = this.readsOf(socket);
    const key = JSON.stringify([read.name, read.url, read.headers]);
    const known = reads.get(key) ?? new RememberedRead(socket, read);
    // It moves to the end, as the most recent one.
    reads.delete(key);
    reads.set(key, known);
    for (const target of targets) {
      const room = this.rooms.of(target);
      if (room !== undefined) known.grant(room, target);
    }
    if (!known.isRunning && known.position === undefined) this.scheduleNext(known);
    this.evictOldest(reads);
  }

  private readsOf(socket: Socket): Map<string, RememberedRead> {
    const known = this.bySocket.get(socket);
    if (known) return known;
    const reads = new Map<string, RememberedRead>();
    this.bySocket.set(socket, reads);
    socket.once('disconnect', () => {
      this.bySocket.delete(socket);
      for (const read of reads.values()) this.forget(read, reads);
    });
    return reads;
  }

  /**
   * Evicts the oldest read if there are too many, and ends its subscriptions, because nobody would recheck them.
   * Somebody is still looking at the most recent reads.
   */
  private evictOldest(reads: Map<string, RememberedRead>): void {
    if (reads.size <= MAX_READS) return;
    for (const read of reads.values()) if (!this.isInUse(read)) this.forget(read, reads);
    const [oldest] = reads.values();
    if (reads.size <= MAX_READS) return;
    this.forget(oldest, reads);
    this.revoke(
      oldest,
      oldest.drop(Infinity, () => false),
      'LIMIT_EXCEEDED',
    );
  }

  private forget(read: RememberedRead, reads: Map<string, RememberedRead>): void {
    read.isForgotten = true;
    this.schedule.cancel(read);
    for (const [key, one] of reads) if (one === read) reads.delete(key);
  }

  private recheckNow(socket: Socket): void {
    for (const read of this.bySocket.get(socket)?.values() ?? []) {
      read.isStale = true;
      if (!read.isRunning) this.schedule.schedule(read, performance.now());
    }
  }

  /** Schedules the next recheck, never later than requested; with jitter, so that reads of the same moment spread. */
  private scheduleNext(read: RememberedRead): void {
    const { every } = read.source;
    if (every !== true) this.schedule.schedule(read, performance.now() + every * (0.8 + 0.2 * Math.random()));
  }

  private async recheck(read: RememberedRead): Promise<void> {
    read.isRunning = true;
    read.isStale = false;
    const isDecided = await this.isDecided(read).catch((error: unknown) => {
      if (!read.isForgotten) this.warn(read, error);
      return false;
    });
    read.isRunning = false;
    if (read.isForgotten) return;
    if (read.isStale) this.schedule.schedule(read, performance.now());
    else if (isDecided || read.source.every !== true) this.scheduleNext(read);
    else this.schedule.schedule(read, performance.now() + RETRY);
  }

  /** Repeats a read, and tells whether that decided which subscriptions the socket keeps. */
  private async isDecided(read: RememberedRead): Promise<boolean> {
    const { socket } = read;
    const reads = this.bySocket.get(socket);
    if (!reads || read.isForgotten) return true;
    if (!this.isInUse(read)) {
      this.forget(read, reads);
      return true;
    }
    const begun = performance.now();
    const { name, url, headers } = read.source;
    const purpose = new RecheckPurpose(name, socket);
    const status = await this.requests.read({ socket, url, headers, purpose });
    debug?.(`${name}: recheck for socket ${socket.id} answered with ${status}`);
    // The request carried credentials that the socket has replaced meanwhile. The read is repeated at once.
    if (read.isStale) return false;
    // A client with an expired token has some time to send a new one. Then the read is repeated at once.
    if (status === 401 && this.hasExpired(socket)) return false;
    const held = REFUSALS.has(status) ? [] : status >= 200 && status < 300 ? purpose.targets : undefined;
    if (!held) throw new Error(`The status ${status} does not say which subscriptions to keep.`);
    if (read.isForgotten) return true;
    this.keepOnly(held, read, begun, reads);
    return true;
  }

  private keepOnly(
    held: readonly SubscriptionTarget[],
    read: RememberedRead,
    before: number,
    reads: Map<string, RememberedRead>,
  ): void {
    const kept = new Set(held.map((target) => this.rooms.of(target)));
    this.revoke(
      read,
      read.drop(before, (room) => kept.has(room)),
    );
    if (read.isEmpty) this.forget(read, reads);
  }

  /** Ends subscriptions, except those that another read covers. */
  private revoke(
    { socket }: RememberedRead,
    dropped: ReadonlyMap<string, SubscriptionTarget>,
    code?: 'LIMIT_EXCEEDED',
  ): void {
    const others = [...(this.bySocket.get(socket)?.values() ?? [])];
    const lost = [...dropped]
      .filter(([room]) => !others.some((other) => other.covers(room)))
      .map(([, target]) => target);
    // The socket may have unsubscribed itself meanwhile.
    const heard = lost.filter((target) => this.rooms.hasAny(socket, target));
    if (heard.length === 0) return;
    debug?.(`socket ${socket.id} loses ${heard.length} subscription(s) after a recheck`);
    membersOf(socket.nsp, [socket.id]).socketsLeave(heard.flatMap((target) => this.rooms.allOf(target)));
    for (const told of revocationsOf(heard, code)) socket.emit(REVOKED_EVENT, told);
  }

  private isInUse({ socket, targets }: RememberedRead): boolean {
    return targets.some((target) => this.rooms.hasAny(socket, target));
  }

  private hasExpired(socket: Socket): boolean {
    try {
      return isPast(this.connections.expiry.expirationOf(userOf(socket), socket));
    } catch {
      return false;
    }
  }

  /** Logs a failed recheck, once per route. */
  private warn({ source: { name } }: RememberedRead, error: unknown): void {
    if (this.isClosing || this.warned.has(name)) return;
    this.warned.add(name);
    logFailure(
      this.logger,
      `${name}: the read could not be repeated, so its subscriptions last until the next time. ` +
        `(Logged once per route.)`,
      error,
    );
  }
}
