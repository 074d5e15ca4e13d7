import { DueQueue } from './due-queue.js';
import type { RememberedRead } from './remembered-read.js';

/** Starts rechecks when they are due, at most a given number at a time. */
export class RecheckSchedule {
  private readonly queue = new DueQueue<RememberedRead>();
  private running = 0;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  /** @param recheck never rejects */
  constructor(
    private readonly mostAtOnce: number,
    private readonly recheck: (read: RememberedRead) => Promise<void>,
  ) {}

  /**
   * Schedules a recheck, in place of an earlier time for the same read.
   *
   * @param time by `performance.now()`
   */
  schedule(read: RememberedRead, time: number): void {
    if (this.isOver) return;
    this.queue.remove(read);
    read.due = time;
    this.queue.put(read);
    if (this.queue.first === read) this.resume();
  }

  cancel(read: RememberedRead): void {
    this.queue.remove(read);
  }

  stop(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.queue.clear();
  }

  /** Starts everything that is due and has a free slot, and sets the timer for the next one. */
  private resume(): void {
    clearTimeout(this.timer);
    for (let { first } = this.queue; first && this.running < this.mostAtOnce; { first } = this.queue) {
      const left = first.due - performance.now();
      if (left > 0) {
        this.timer = setTimeout(() => this.resume(), Math.ceil(left)).unref();
        return;
      }
      this.queue.remove(first);
      void this.run(first);
    }
  }

  private async run(read: RememberedRead): Promise<void> {
    this.running++;
    await this.recheck(read);
    this.running--;
    if (!this.isOver) this.resume();
  }
}
