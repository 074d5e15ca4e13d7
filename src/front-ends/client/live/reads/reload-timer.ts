/** The least time between two reads, and by how much more it varies, in milliseconds. */
const PAUSE = 250;
const JITTER = 100;

/** How long to wait after the first failure, and at most, in milliseconds. */
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 30_000;

/** Says when to read again: soon, but not too often, or later and later where it fails. */
export class ReloadTimer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastRead = -Infinity;

  constructor(private readonly read: () => void) {}

  soon(): void {
    const wait = Math.max(0, this.#lastRead + PAUSE - performance.now());
    this.#wait(wait + Math.random() * JITTER);
  }

  /** @param failures how often it has failed before */
  later(failures: number): void {
    const wait = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** failures);
    this.#wait(wait * (0.5 + Math.random()));
  }

  /** A read begins. */
  begun(): void {
    this.stop();
    this.#lastRead = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.begun();
      this.read();
    }, milliseconds);
  }
}
