/** How many requests that have waited begin in one turn of the event loop. */
const REQUESTS_PER_TURN = 16;

/** The waiting requests of one connection. */
interface WaitingRequests {
  /** Begins the next one, if there still is one. */
  beginNext(): void;
  /** Gives a slot that was kept for one to the next. */
  release(): void;
}

/**
 * Divides the waiting requests of all connections among turns of the event loop. Requests that are answered at once
 * would otherwise follow each other without anybody else having a turn.
 */
export class RequestTurns {
  private begun = 0;
  /** Whose slots are kept for a later turn, one entry for each slot. */
  private readonly kept: WaitingRequests[] = [];

  /** Begins the next request of a connection that has a free slot for it, in this turn or in a later one. */
  begin(slots: WaitingRequests): void {
    if (this.begun === REQUESTS_PER_TURN) {
      this.kept.push(slots);
      return;
    }
    if (this.begun++ === 0) setImmediate(() => this.takeTurn());
    slots.beginNext();
  }

  private takeTurn(): void {
    this.begun = 0;
    while (this.begun < REQUESTS_PER_TURN) {
      const next = this.kept.shift();
      if (!next) return;
      // Its requests may have been abandoned.
      next.release();
    }
  }
}
