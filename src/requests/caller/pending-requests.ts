/** A request that is not answered yet. */
interface Pending {
  /** Whether it waits for a slot, so that the application has not seen it. */
  readonly isQueued: boolean;
  refuse(error: Error): void;
  abandon(): void;
}

/** The requests of one socket that are not answered yet. */
export class PendingRequests {
  /**
   * Not a Set: V8 leaves tables behind for one that changes all the time, and what they held outlives many collections.
   */
  private requests: Pending[] = [];
  private onSettled: (() => void) | undefined;
  /** Is called each time that the last of them is over. */
  onEmpty: (() => void) | undefined;

  add(request: Pending): void {
    this.requests.push(request);
  }

  remove(request: Pending): void {
    const position = this.requests.indexOf(request);
    if (position >= 0) this.requests.splice(position, 1);
    if (this.requests.length > 0) return;
    // A list that has become empty keeps the room that it had, and most clients are idle.
    this.requests = [];
    this.onSettled?.();
    this.onEmpty?.();
  }

  get isEmpty(): boolean {
    return this.requests.length === 0;
  }

  /** Ends all of them without an answer: the client is gone. */
  abandonAll(): void {
    for (const request of this.queuedFirst()) request.abandon();
  }

  refuseAll(error: Error): void {
    for (const request of this.queuedFirst()) request.refuse(error);
  }

  /** Resolves when all of them have been answered. */
  settled(): Promise<void> {
    if (this.requests.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onSettled = resolve;
    });
  }

  /** Queued requests come first, or they would begin as soon as the others free their slots. */
  private queuedFirst(): Pending[] {
    const { requests } = this;
    return [...requests.filter(({ isQueued }) => isQueued), ...requests.filter(({ isQueued }) => !isQueued)];
  }
}
