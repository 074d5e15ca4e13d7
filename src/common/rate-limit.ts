/** How often something may happen: `burst` times at once, and `rate` times a second in the long run. */
export interface Rate {
  rate: number;
  burst: number;
}

/** Limits how often something happens. It is full at first, and fills up again while nothing happens. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly limit: Rate,
    now = performance.now(),
  ) {
    this.tokens = limit.burst;
    this.filledAt = now;
  }

  /** Returns how long it takes until there is a token, in milliseconds; 0 if there is one. */
  wait(now = performance.now()): number {
    this.fill(now);
    return this.tokens >= 1 ? 0 : ((1 - this.tokens) / this.limit.rate) * 1_000;
  }

  /** Takes a token, and says whether there was one left. */
  take(now = performance.now()): boolean {
    this.fill(now);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  isFull(now = performance.now()): boolean {
    this.fill(now);
    return this.tokens >= this.limit.burst;
  }

  private fill(now: number): void {
    const { rate, burst } = this.limit;
    // A clock that a test replaces may go back.
    const passed = Math.max(0, now - this.filledAt);
    this.tokens = Math.min(burst, this.tokens + (passed / 1_000) * rate);
    this.filledAt = now;
  }
}

/** How many buckets are kept. Beyond that the one that was asked for the longest time ago is forgotten. */
const MAX_BUCKETS = 50_000;

/** How many buckets are looked at, whether they are full again, when another one is made. */
const SWEPT = 2;

/**
 * One bucket for each user, address and the like. It is kept for as long as it is not full, so that nobody gets a new
 * one by coming back.
 */
export class TokenBuckets {
  /** Those that were asked for last come last. */
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly limit: Rate) {}

  of(key: string, now = performance.now()): TokenBucket {
    const known = this.buckets.get(key);
    if (known) this.buckets.delete(key);
    else this.sweep(now);
    const bucket = known ?? new TokenBucket(this.limit, now);
    this.buckets.set(key, bucket);
    return bucket;
  }

  /**
   * Forgets some of those that have not been asked for lately. More than one are looked at for each one that is made.
   */
  private sweep(now: number): void {
    let looked = 0;
    for (const [key, bucket] of this.buckets) {
      if (looked++ === SWEPT) return;
      if (bucket.isFull(now) || this.buckets.size >= MAX_BUCKETS) this.buckets.delete(key);
    }
  }
}
