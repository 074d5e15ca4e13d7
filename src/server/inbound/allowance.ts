/** How many times something is let pass at once, and again after a while. */
export class Allowance {
  private left: number;
  private filledAt = performance.now();

  /** @param secondsEach after how many seconds there is one more, up to the most */
  constructor(
    private readonly most: number,
    private readonly secondsEach: number,
  ) {
    this.left = most;
  }

  /** @returns whether any was left */
  take(): boolean {
    const now = performance.now();
    // A clock that a test replaces may go back.
    const passed = Math.max(0, now - this.filledAt);
    this.left = Math.min(this.most, this.left + passed / (this.secondsEach * 1_000));
    this.filledAt = now;
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}
