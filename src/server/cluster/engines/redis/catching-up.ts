/** How long an entry of this server waits for those of others until it is sent, in milliseconds. */
const MOST_WAITING = 50;

/** How long it is waited for what others have said, in milliseconds: whoever waits is kept in memory. */
const MOST_KEPT = 30_000;

/** What Redis had published by a moment, as far as it was still on its way. */
export class CatchingUp {
  /** Fulfilled once it is here, or after a short time. */
  readonly soon: Promise<unknown>;
  /** Fulfilled once it is here, or does not come any more. */
  readonly heard: Promise<boolean>;
  private isOver = false;
  private waited: Promise<boolean> | undefined;

  /**
   * @param heard fulfilled once it is here, and rejected if that is never known
   * @param most how long an entry waits for it until it is sent, in milliseconds
   */
  constructor(heard: Promise<unknown>, most = MOST_WAITING) {
    const isHeard = (): boolean => (this.isOver = true);
    this.heard = heard.then(isHeard, isHeard);
    this.soon = most > 0 ? this.within(most) : Promise.resolve();
  }

  /**
   * Fulfilled once it is here, or does not come any more: with `false` if it is not waited for any longer. `undefined`
   * if there is nothing to wait for.
   */
  get rest(): Promise<boolean> | undefined {
    if (this.isOver) return undefined;
    this.waited ??= this.within(MOST_KEPT);
    return this.waited;
  }

  private async within(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const after = (act: () => void): void => void (timer = setTimeout(act, milliseconds / 2).unref());
    // What has come while the process was busy is read between the two.
    const late = new Promise<boolean>((resolve) => after(() => after(() => resolve(false))));
    const isHere = await Promise.race([this.heard, late]);
    clearTimeout(timer);
    return isHere;
  }
}
