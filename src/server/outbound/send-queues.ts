import type { Server, Socket } from 'socket.io';
import { debugLog, LineLimit, LineLogger } from '../../common/log.js';
import { eachEngine } from '../handshakes/engines.js';
import { refusalsOf } from '../metrics.js';
import type { ResolvedServerLimits } from '../options/limits.options.js';
import { type QueueRules, SendQueue, type Slowness } from './send-queue.js';
import {
  type Connection,
  cutOff,
  endTransport,
  type OutgoingPacket,
  tellsWhenTaken,
  waitsForClient,
  writeTogether,
} from './transport.js';

/** Hears of clients that fall behind. Both methods are called while packets are being sent, so neither may throw. */
export interface LagListener {
  fellBehind(connection: Socket['conn']): void;
  /** Not called for a client that is cut off instead. */
  caughtUp(connection: Socket['conn']): void;
}

/** Which part of what may wait for a client has to, until it is behind. */
const BEHIND = 1 / 4;

/** How much more than what may wait does so for a client that is taking it. */
const MOST = 4;

/** The same for a client that has taken at least as much within the last looks. */
const MOST_IF_FAST = 16;

/** Which part of what may wait is given to one poll. */
const PER_POLL = 1 / 2;

/** How many times queues are looked at within `stallTimeout`. */
const LOOKS = 20;

/** Which part of what may wait a client has to take within `stallTimeout`, if there is more. */
const PROGRESS = 1 / 64;

/** Why connections are ended: for Socket.IO, and for whoever reads the log or the websocket's reason. */
const REASONS = {
  slow: { kind: 'slowClient', reason: 'slow client', limit: 'maxQueued' },
  stalled: { kind: 'stalledClient', reason: 'stalled client', limit: 'stallTimeout' },
} as const;

const debug = debugLog('server');

/**
 * Knows what waits for the clients of one server, and ends the connections of those that do not take it. Only a client
 * for which something waits has a queue here, and the timer runs only while there is one.
 */
export class SendQueues {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly lines = new LineLimit(10, 60_000);
  private readonly rules: QueueRules;
  private readonly period: number;
  private readonly queues = new Map<Connection, SendQueue>();
  private readonly suspects = new Set<SendQueue>();
  private readonly listeners: LagListener[] = [];
  /** What is called when everything that waits for a connection has been given to its transport. */
  private readonly draining = new Map<Connection, Array<() => void>>();
  private timer: NodeJS.Timeout | undefined;
  private turn = 0;
  private isTurnCounted = false;

  constructor(
    private readonly io: Server,
    { maxQueued, stallTimeout }: Pick<ResolvedServerLimits, 'maxQueued' | 'stallTimeout'>,
  ) {
    this.period = Math.max(1, stallTimeout / LOOKS);
    const fastEnough = (maxQueued * this.period) / 1_000;
    this.rules = { maxQueued, fastEnough, progress: maxQueued * PROGRESS, maxIdle: LOOKS };
  }

  /** Looks at everything that is sent, from now on. */
  watch(): void {
    const onPacket = this.listenerToPackets();
    eachEngine(this.io, (engine) => {
      engine.on('connection', (connection: Connection) => void connection.on('packetCreate', onPacket));
      engine.on('flush', (connection: Connection, packets: readonly unknown[]) => this.flush(connection, packets));
      engine.on('drain', (connection: Connection) => this.flushed(connection));
    });
    const { httpServer } = this.io as unknown as { httpServer?: { once(event: 'close', listener: () => void): void } };
    httpServer?.once('close', () => this.stop());
  }

  /** Comes after something was written past Engine.IO that the operating system has not taken at once. */
  holdBack(connection: Connection): void {
    this.queueOf(connection).flushed(this.currentTurn());
  }

  /** Calls back when clients fall behind, and when they have caught up. */
  onLag(listener: LagListener): void {
    this.listeners.push(listener);
  }

  /**
   * Calls back as soon as everything so far has been given to the transport, and the client has taken most of it,
   * unless the connection ends before.
   */
  whenTaken(connection: Connection, resume: () => void): void {
    if (connection.readyState !== 'open' || this.isTaken(connection)) {
      resume();
      return;
    }
    const waiting = this.draining.get(connection);
    if (waiting) waiting.push(resume);
    else this.awaitDrain(connection, [resume]);
  }

  /** Whether no more waits for a client than for one that is not behind. */
  takesMore(connection: Connection): boolean {
    return this.queues.get(connection)?.isNowWithin(this.rules.maxQueued * BEHIND) ?? true;
  }

  private isTaken(connection: Connection): boolean {
    if (connection.writeBuffer.length > 0) return false;
    // A client that polls has taken one answer when it asks for the next.
    return !tellsWhenTaken(connection.transport) || this.takesMore(connection);
  }

  private awaitDrain(connection: Connection, waiting: Array<() => void>): void {
    this.draining.set(connection, waiting);
    if (connection.writeBuffer.length === 0) {
      connection.transport.once?.('drain', () => this.resume(connection));
    }
    this.startLooking();
  }

  /** Makes one listener for all connections. It is called before the packet joins those that wait. */
  private listenerToPackets(): (this: Connection, packet: OutgoingPacket) => void {
    // oxlint-disable-next-line typescript/no-this-alias -- The listener's is the connection.
    const queues = this;
    return function (packet) {
      if (this.transport.writable || !waitsForClient(this.transport)) return;
      queues.add(this, packet);
    };
  }

  private add(connection: Connection, packet: OutgoingPacket): void {
    const queue = this.queueOf(connection);
    queue.add(packet, this.currentTurn());
    const { maxQueued } = this.rules;
    if (queue.waiting > maxQueued * BEHIND && !queue.isBehind) {
      queue.isBehind = true;
      for (const listener of this.listeners) listener.fellBehind(connection as unknown as Socket['conn']);
    }
    if (queue.waiting > maxQueued * MOST && this.hasTooMuch(queue)) this.suspect(queue);
  }

  /** Comes before what waits for a connection is given to its transport. */
  private flush(connection: Connection, { length }: readonly unknown[]): void {
    if (length > 1) writeTogether(connection.transport);
    const isPoll = Boolean(connection.transport.res);
    if (!isPoll && this.queues.size === 0) return;
    const queue = isPoll ? this.queueOf(connection) : this.queues.get(connection);
    if (queue && !queue.flush(this.rules.maxQueued * PER_POLL)) this.condemn(queue);
  }

  /** Comes after it. */
  private flushed(connection: Connection): void {
    const known = this.queues.get(connection);
    const queue = known ?? (waitsForClient(connection.transport) ? this.queueOf(connection) : undefined);
    const isAll = queue?.flushed(this.currentTurn()) ?? true;
    if (isAll && this.draining.size > 0) this.resume(connection);
  }

  private queueOf(connection: Connection): SendQueue {
    const known = this.queues.get(connection);
    if (known) return known;
    const queue = new SendQueue(connection);
    this.queues.set(connection, queue);
    this.startLooking();
    return queue;
  }

  private resume(connection: Connection): void {
    const waiting = this.draining.get(connection);
    if (!waiting) return;
    this.draining.delete(connection);
    if (connection.readyState === 'open' && !this.isTaken(connection)) return this.awaitDrain(connection, waiting);
    for (const resume of waiting) resume();
  }

  private startLooking(): void {
    this.timer ??= setInterval(() => this.look(), this.period).unref();
  }

  /** Numbers the turns of the event loop in which something may have to wait. */
  private currentTurn(): number {
    if (!this.isTurnCounted) {
      this.isTurnCounted = true;
      setImmediate(() => {
        this.isTurnCounted = false;
        this.turn++;
      });
    }
    return this.turn;
  }

  private look(): void {
    const { maxQueued } = this.rules;
    for (const queue of this.queues.values()) {
      const slowness = queue.judge(this.rules);
      if (queue.isBehind && queue.isWithin((maxQueued * BEHIND) / 2)) this.catchUp(queue);
      if (queue.isEmpty) this.queues.delete(queue.connection);
      else if (slowness) this.end(queue, slowness);
    }
    for (const connection of this.draining.keys()) {
      if (connection.readyState === 'closed') this.draining.delete(connection);
    }
    if (this.queues.size + this.draining.size === 0) this.stop();
  }

  private catchUp(queue: SendQueue): void {
    queue.isBehind = false;
    if (queue.connection.readyState !== 'open') return;
    for (const listener of this.listeners) listener.caughtUp(queue.connection as unknown as Socket['conn']);
  }

  /**
   * Ends the connection, if its client has been idle for a while; otherwise, unless it takes what waits as soon as the
   * event loop lets it, in the turn after the next.
   */
  private suspect(queue: SendQueue): void {
    if (queue.idle > 0) {
      this.condemn(queue);
      return;
    }
    this.suspects.add(queue);
    if (this.suspects.size > 1) return;
    setImmediate(() =>
      setImmediate(() => {
        const suspects = [...this.suspects];
        this.suspects.clear();
        for (const one of suspects) if (this.hasTooMuch(one)) this.end(one, 'slow');
      }),
    );
  }

  private hasTooMuch(queue: SendQueue): boolean {
    const { maxQueued } = this.rules;
    return queue.exceeds(maxQueued * MOST, maxQueued * MOST_IF_FAST);
  }

  /** Lets nothing more wait for a client, and ends its connection when what is being sent has been given to others. */
  private condemn(queue: SendQueue): void {
    const { connection } = queue;
    if (connection.readyState !== 'open') return;
    // Engine.IO's own state of a connection that takes no more packets.
    connection.readyState = 'closing';
    process.nextTick(() => this.end(queue, 'slow'));
  }

  private end(queue: SendQueue, slowness: Slowness): void {
    const { connection } = queue;
    if (!this.queues.delete(connection)) return;
    queue.endResponses();
    if (connection.readyState === 'closed') {
      endTransport(connection.transport);
      return;
    }
    const { kind, reason, limit } = REASONS[slowness];
    refusalsOf(this.io).add(kind);
    this.report(slowness);
    cutOff(connection, reason, `${reason}: it does not take what it is sent (limits.${limit})`);
  }

  private report(slowness: Slowness): void {
    const { limit } = REASONS[slowness];
    debug?.(`end the connection of a ${slowness} client`);
    const omitted = this.lines.next();
    if (omitted === undefined) return;
    const what = slowness === 'slow' ? 'took less than it was sent' : 'stopped taking what it was sent';
    this.logger.warn(
      `A client ${what}, and was disconnected (limits.${limit}). It has to read again when it is back. If resources ` +
        `publish more than the networks of their readers carry, give them { overload: 'refetch' }.` +
        (omitted > 0 ? ` (${omitted} such lines were left out.)` : ''),
    );
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
