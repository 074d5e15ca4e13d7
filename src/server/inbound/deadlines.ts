/** A thing that is looked at when its time is up. */
interface Entry<T> {
  thing: T;
  at: number;
}

/** Looks at things a fixed time after they were added: by one timer for all of them. */
export class Deadlines<T> {
  private entries: Array<Entry<T>> = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param time in milliseconds */
  constructor(
    private readonly time: number,
    private readonly onTime: (thing: T) => void,
  ) {}

  add(thing: T): void {
    this.entries.push({ thing, at: performance.now() + this.time });
    if (!this.timer) this.schedule(this.time);
  }

  private schedule(delay: number): void {
    this.timer = setTimeout(() => this.look(), delay);
    this.timer.unref();
  }

  private look(): void {
    this.timer = undefined;
    const now = performance.now();
    const later = this.entries.findIndex(({ at }) => at > now);
    const due = this.entries.splice(0, later < 0 ? this.entries.length : later);
    for (const { thing } of due) this.onTime(thing);
    const [first] = this.entries;
    if (first && !this.timer) this.schedule(Math.max(1, first.at - performance.now()));
  }
}
