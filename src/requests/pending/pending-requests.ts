/** A request that has no answer yet. */
interface Pending {
  /** For its turn. */
  readonly isWaiting: boolean;
  refused(error: Error): void;
  abandon(): void;
}

/** The requests of one socket that have no answer yet. */
export class PendingRequests {
  /** No set: of one that changes all the time V8 leaves tables behind, and what stood in them outlives many collections of garbage. */
  private readonly requests: Pending[] = [];
  private whenSettled: (() => void) | undefined;

  add(request: Pending): void {
    this.requests.push(request);
  }

  remove(request: Pending): void {
    const position = this.requests.indexOf(request);
    if (position >= 0) this.requests.splice(position, 1);
    if (this.requests.length === 0) this.whenSettled?.();
  }

  /** Nobody waits for an answer any more. */
  abandonAll(): void {
    for (const request of this.waitingFirst()) request.abandon();
  }

  refuseAll(error: Error): void {
    for (const request of this.waitingFirst()) request.refused(error);
  }

  /** When all of them have been answered. */
  settled(): Promise<void> {
    if (this.requests.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenSettled = resolve;
    });
  }

  /** Or they would begin as soon as the others make room. */
  private waitingFirst(): Pending[] {
    const { requests } = this;
    return [...requests.filter(({ isWaiting }) => isWaiting), ...requests.filter(({ isWaiting }) => !isWaiting)];
  }
}
