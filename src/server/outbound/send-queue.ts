import type { ServerResponse } from 'node:http';
import { type Connection, heldBack, isRead, type OutgoingPacket, sizeOf, waitsForCompression } from './transport.js';

/** Why a connection is ended: too much waits for its client, or its client takes nothing. */
export type Slowness = 'slow' | 'stalled';

/** What a queue is judged by, each time it is looked at. */
export interface QueueRules {
  /** The bytes that may wait. */
  maxQueued: number;
  /** The bytes that a client for which more than that waits has to take from one look to the next. */
  fastEnough: number;
  /** The bytes that a client has to take in order to count as one that takes anything. */
  progress: number;
  /** The looks without progress after which a connection is ended. */
  maxIdle: number;
}

/** How many looks in a row may find too much, so that a client which was away for a moment can catch up. */
const MAX_EXCESSIVE = 2;

/** What waits for one client, from when it does not take something at once until it has taken everything. */
export class SendQueue {
  /** The bytes that have been added behind what the client has not taken yet. */
  waiting = 0;
  /** Whether its sockets get notices instead of messages. */
  isBehind = false;
  /** The looks in a row since the client has last taken something. */
  idle = 0;
  /** The bytes that were added in the same turn of the event loop as those in front of them, as one handler does. */
  private burst = 0;
  /** What the transport held back when it was last looked at. */
  private held = 0;
  /** The bytes that were taken since the last look. */
  private taken = 0;
  /** The bytes that were taken between the two looks before. */
  private takenBefore = 0;
  /** The same since the last progress. */
  private takenInAll = 0;
  private hasFlushed = false;
  private excessive = 0;
  /** The turn of the event loop in which the first of what waits, or of what the transport holds back, was sent. */
  private turn = -1;
  private response: ServerResponse | undefined;

  constructor(readonly connection: Connection) {}

  /** Counts a packet that has to wait. */
  add(packet: OutgoingPacket, turn: number): void {
    if (this.waiting + this.burst + this.held === 0) this.turn = turn;
    if (this.turn === turn) this.burst += sizeOf(packet);
    else this.waiting += sizeOf(packet);
  }

  /**
   * Everything that waits is about to be given to the transport, which has handed on all that it had.
   *
   * @returns whether its client may be given more: one that asks again has read the answer before
   */
  flush(): boolean {
    const { res } = this.connection.transport;
    const hasRead = !res || !this.response || isRead(this.response);
    this.response = res ?? undefined;
    this.taken += this.held;
    this.held = this.waiting + this.burst;
    this.waiting = 0;
    this.burst = 0;
    this.hasFlushed = true;
    return hasRead;
  }

  /** Everything that waited has been given to the transport. */
  flushed(turn: number): void {
    this.turn = turn;
    this.observe();
  }

  /** Looks at what the client has taken. */
  judge({ maxQueued, fastEnough, progress, maxIdle }: QueueRules): Slowness | undefined {
    this.observe();
    const { taken, hasFlushed, waiting } = this;
    this.takenInAll += taken;
    if (hasFlushed || this.takenInAll >= progress) {
      this.takenInAll = 0;
      this.idle = 0;
    } else {
      this.idle++;
    }
    const isExcessive = waiting > maxQueued && taken < fastEnough && !waitsForCompression(this.connection.transport);
    this.excessive = isExcessive ? this.excessive + 1 : 0;
    this.takenBefore = taken;
    this.taken = 0;
    this.hasFlushed = false;
    if (this.idle >= maxIdle) return 'stalled';
    return this.excessive >= MAX_EXCESSIVE ? 'slow' : undefined;
  }

  /** Whether more waits than this, and more than the client has taken lately. A client does not slow compression. */
  exceeds(bytes: number, bytesIfFast: number): boolean {
    if (this.waiting <= bytes) return false;
    const isFast = waitsForCompression(this.connection.transport);
    const fits = isFast ? bytesIfFast : Math.min(this.taken + this.takenBefore, bytesIfFast);
    return this.waiting > fits;
  }

  /** Whether the client has taken everything. */
  get isEmpty(): boolean {
    return this.held === 0 && (this.connection.writeBuffer.length === 0 || this.connection.readyState === 'closed');
  }

  /** Whether no more than so many bytes wait, those included that the transport holds back. */
  isWithin(bytes: number): boolean {
    return this.waiting + this.burst + this.held <= bytes;
  }

  /** Ends a response that nobody reads. */
  endResponse(): void {
    if (this.response && !isRead(this.response)) this.response.destroy();
  }

  private observe(): void {
    const now = heldBack(this.connection.transport, this.response) ?? this.held;
    this.taken += Math.max(0, this.held - now);
    this.held = now;
  }
}
