/** How long an entry of this server waits for those of others until it is sent, in milliseconds. */
const MOST_WAITING = 50;

/** What Redis had published by a moment, as far as it was still on its way. */
export class CatchingUp {
  /** Fulfilled once it is here, or does not come any more. */
  readonly whole: Promise<void>;
  /** Fulfilled with that, or after a short time. */
  readonly soon: Promise<void>;
  private isOver = false;

  /**
   * @param heard fulfilled once it is here, and rejected if that is never known
   * @param most how long an entry waits for it until it is sent, in milliseconds
   */
  constructor(heard: Promise<unknown>, most = MOST_WAITING) {
    this.whole = heard
      .catch(() => undefined)
      .then(() => {
        this.isOver = true;
      });
    this.soon = most > 0 ? this.atMost(most) : Promise.resolve();
  }

  /** `undefined` if there is nothing to wait for any more. */
  get rest(): Promise<void> | undefined {
    return this.isOver ? undefined : this.whole;
  }

  private async atMost(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await Promise.race([this.whole, late]);
    clearTimeout(timer);
  }
}
