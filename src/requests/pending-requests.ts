/** A request that has no answer yet. */
interface Pending {
  /** For its turn. */
  readonly isWaiting: boolean;
  refused(error: Error): void;
  abandon(): void;
}

/** The requests of one socket that have no answer yet. */
export class PendingRequests {
  private readonly requests = new Set<Pending>();
  private whenSettled: (() => void) | undefined;

  add(request: Pending): void {
    this.requests.add(request);
  }

  remove(request: Pending): void {
    this.requests.delete(request);
    if (this.requests.size === 0) this.whenSettled?.();
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
    if (this.requests.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenSettled = resolve;
    });
  }

  /** Or they would begin as soon as the others make room. */
  private waitingFirst(): Pending[] {
    const all = [...this.requests];
    return [...all.filter(({ isWaiting }) => isWaiting), ...all.filter(({ isWaiting }) => !isWaiting)];
  }
}
