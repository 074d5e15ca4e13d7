import type { Socket } from 'socket.io';

/** How many requests that have waited begin in one turn of the event loop, and how many bytes of answers end that. */
const REQUESTS_PER_TURN = 16;
const BYTES_PER_TURN = 262_144;

/** Smaller answers are not counted. */
const LARGE = 16_384;

/** The waiting requests of one connection. */
interface WaitingRequests {
  /** Begins the next one, if there still is one, and it may begin. Returns whether another one may begin after it. */
  beginNext(): boolean;
}

/**
 * Divides the waiting requests of all connections among turns of the event loop. Requests that are answered at once
 * would otherwise follow each other without anybody else having a turn.
 *
 * How large an answer is shows when it is there. After a turn with too much, only one request begins in the next, then
 * two, and so on.
 */
export class RequestTurns {
  private begun = 0;
  private most = REQUESTS_PER_TURN;
  private bytes = 0;
  private isTurnComing = false;
  private waiting = new Set<WaitingRequests>();

  /** @param takesMore whether the client of a connection has taken most of what it was sent */
  constructor(readonly takesMore: (connection: Socket['conn']) => boolean) {}

  /** Whether no more requests begin in this turn. */
  get isOver(): boolean {
    return this.begun >= this.most || this.bytes >= BYTES_PER_TURN;
  }

  /** Counts an answer, and tells whether it is a small one. */
  count(bytes: number): boolean {
    if (bytes < LARGE) return true;
    this.bytes += bytes;
    this.awaitTurn();
    return false;
  }

  /** Counts a request that begins in this turn. */
  countBegun(): void {
    this.begun++;
    this.awaitTurn();
  }

  /** Begins the next request of a connection in this turn, or in a later one. */
  begin(slots: WaitingRequests): void {
    if (this.isOver || this.beginNow(slots)) this.beginLater(slots);
  }

  /** Begins the next request of a connection in a later turn. */
  beginLater(slots: WaitingRequests): void {
    this.waiting.add(slots);
    this.awaitTurn();
  }

  private beginNow(slots: WaitingRequests): boolean {
    this.countBegun();
    return slots.beginNext();
  }

  private awaitTurn(): void {
    if (this.isTurnComing) return;
    this.isTurnComing = true;
    setImmediate(() => this.takeTurn());
  }

  private takeTurn(): void {
    this.most = this.bytes >= BYTES_PER_TURN ? 1 : Math.min(REQUESTS_PER_TURN, this.most * 2);
    this.begun = 0;
    this.bytes = 0;
    this.isTurnComing = false;
    const { waiting } = this;
    this.waiting = new Set();
    const served: WaitingRequests[] = [];
    for (const slots of waiting) {
      if (this.isOver) this.beginLater(slots);
      else if (this.beginNow(slots)) served.push(slots);
    }
    // Whoever has had a turn comes after those that have not.
    for (const slots of served) this.waiting.add(slots);
    if (served.length > 0) this.awaitTurn();
  }
}
