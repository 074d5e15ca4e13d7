import type { ServerResponse } from 'node:http';
import {
  type Connection,
  endResponse,
  heldBack,
  isRead,
  type OutgoingPacket,
  sizeOf,
  waitsForCompression,
} from './transport.js';

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
  /** The answer to the last poll, and the one before it, if that had not been read by then. */
  private response: ServerResponse | undefined;
  private unread: ServerResponse | undefined;
  /** What does not fit into the answer to a poll that is being written. */
  private rest: OutgoingPacket[] | undefined;

  constructor(readonly connection: Connection) {}

  /** Counts a packet that has to wait. */
  add(packet: OutgoingPacket, turn: number): void {
    if (this.waiting + this.burst + this.held === 0) this.turn = turn;
    if (this.turn === turn) this.burst += sizeOf(packet);
    else this.waiting += sizeOf(packet);
  }

  /**
   * What waits is about to be given to the transport, which has handed on all that it had: everything, or as much as
   * the answer to one poll may have.
   *
   * @returns whether its client may be given more: one that asks again has read the answer before
   */
  flush(mostPerPoll: number): boolean {
    const { res } = this.connection.transport;
    const hasRead = !res || !this.response || isRead(this.response);
    if (!hasRead) this.unread = this.response;
    this.response = res ?? undefined;
    this.taken += this.held;
    const all = this.waiting + this.burst;
    this.held = res && all > mostPerPoll ? Math.min(all, this.splitOff(mostPerPoll) ?? all) : all;
    // What came in one turn comes first.
    this.burst = Math.max(0, this.burst - this.held);
    this.waiting = Math.max(0, all - this.held - this.burst);
    this.hasFlushed = true;
    return hasRead;
  }

  /**
   * What waited has been given to the transport.
   *
   * @returns whether that was everything
   */
  flushed(turn: number): boolean {
    const { connection, rest } = this;
    if (rest) connection.writeBuffer = [...rest, ...connection.writeBuffer];
    else this.turn = turn;
    this.rest = undefined;
    this.observe();
    return !rest;
  }

  /**
   * Lets what does not fit into the answer wait for the next poll. Engine.IO would put everything into one string, of
   * which Node makes bytes for this client alone, however many share the messages.
   *
   * @returns the size of what fits; `undefined` if all of it has to go, since a connection that is being closed has no
   * further poll
   */
  private splitOff(most: number): number | undefined {
    const { connection } = this;
    const { writeBuffer } = connection;
    if (connection.readyState !== 'open') return undefined;
    let count = 0;
    let size = 0;
    for (const packet of writeBuffer) {
      const next = sizeOf(packet);
      if (count > 0 && size + next > most) break;
      size += next;
      count++;
    }
    if (count === writeBuffer.length) return undefined;
    connection.writeBuffer = writeBuffer.slice(0, count);
    this.rest = writeBuffer.slice(count);
    return size;
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

  /** The same, as it is now. */
  isNowWithin(bytes: number): boolean {
    this.observe();
    return this.isWithin(bytes);
  }

  /** Ends the responses that nobody reads. */
  endResponses(): void {
    for (const response of [this.unread, this.response]) if (response && !isRead(response)) endResponse(response);
  }

  private observe(): void {
    const now = heldBack(this.connection.transport, this.response) ?? this.held;
    this.taken += Math.max(0, this.held - now);
    this.held = now;
  }
}
