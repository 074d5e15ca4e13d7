/** How many messages may wait for Redis, and how many bytes of them, while it is away. */
const MOST_WAITING = 10_000;
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

/** Limits what waits for Redis: its clients keep whatever they are given until it is back, however much that is. */
export class OutgoingLimit {
  private waiting = 0;
  private waitingBytes = 0;

  /** Sends something, or rejects if as much waits as may. */
  async within<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    this.enter(bytes);
    try {
      return await send();
    } finally {
      this.leave(bytes);
    }
  }

  /**
   * Has something wait until `leave()` is called.
   *
   * @throws Error if as much waits as may
   */
  enter(bytes: number): void {
    if (this.waiting >= MOST_WAITING || this.waitingBytes + bytes > MOST_WAITING_BYTES) {
      throw new Error('Redis does not take what it is sent, and no more of it is kept.');
    }
    this.waiting++;
    this.waitingBytes += bytes;
  }

  leave(bytes: number): void {
    this.waiting--;
    this.waitingBytes -= bytes;
  }
}
