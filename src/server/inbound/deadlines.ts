/** By how much a timer of a process that keeps up may be late, in milliseconds, and how soon it is tried again. */
const LATE = 50;
const AGAIN = 500;

/**
 * Looks at things a fixed time after they were added: by one timer for all of them. A process that is too busy to look
 * in time may not have read yet what it waits for, so it looks later.
 */
export class Deadlines<T> {
  /** When each is looked at, in this order. */
  private readonly times = new Map<T, number>();
  private timer: NodeJS.Timeout | undefined;
  private looksAt = 0;

  /** @param time in milliseconds */
  constructor(
    private readonly time: number,
    private readonly onTime: (thing: T) => void,
  ) {}

  /** Looks at a thing when its time is up, which begins anew if it was added before. */
  add(thing: T): void {
    this.times.delete(thing);
    this.times.set(thing, performance.now() + this.time);
    if (!this.timer) this.schedule(this.time);
  }

  /** Forgets a thing that is gone: it would be kept in memory until its time is up. */
  delete(thing: T): void {
    this.times.delete(thing);
  }

  private schedule(delay: number): void {
    this.looksAt = performance.now() + delay;
    this.timer = setTimeout(() => this.look(), delay);
    this.timer.unref();
  }

  private look(): void {
    this.timer = undefined;
    const now = performance.now();
    if (now - this.looksAt > LATE) return this.schedule(AGAIN);
    const due: T[] = [];
    for (const [thing, at] of this.times) {
      if (at > now) break;
      due.push(thing);
    }
    for (const thing of due) this.times.delete(thing);
    for (const thing of due) this.onTime(thing);
    const [first] = this.times.values();
    if (first !== undefined && !this.timer) this.schedule(Math.max(1, first - performance.now()));
  }
}
