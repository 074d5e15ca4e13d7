import type { RedisConnection } from './connection/redis-connection.js';
import type { OutgoingLimit } from './outgoing-limit.js';
import type { Subscriptions } from './subscriptions.js';

/** How often echoes are given up, in milliseconds, which Redis has taken two or three times as long ago. */
const INTERVAL = 2_000;

/** Ends a wait, for the echo or because it does not come. */
type End = (error?: Error) => void;

/**
 * Finds out when everything is heard that Redis has published by now: by what a server says to itself. With a client of
 * a Redis Cluster nothing can be asked on the connection that listens.
 */
export class Echo {
  private count = 0;
  private unsent = 0;
  /** Those who wait, by the number that they wait for, in its order. */
  private readonly waiting = new Map<number, End>();
  /** The last number that Redis has taken, and what it was the last time that this was looked at, and before that. */
  private taken = 0;
  private takenBefore: [number, number] = [0, 0];
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param limit of what `pub` is given
   * @param channel this server's own
   */
  constructor(
    private readonly pub: RedisConnection,
    private readonly limit: OutgoingLimit,
    private readonly subscriptions: Subscriptions,
    private readonly channel: string,
  ) {}

  /** Has no effect the second time. */
  listen(): void {
    this.subscriptions.enter(this.channel, this.hear);
  }

  /** Whether Redis has not taken yet what this server has said to itself. */
  get isUnsent(): boolean {
    return this.unsent > 0;
  }

  /** Fulfilled once it is heard; rejects if Redis does not take it, or has and it does not come. */
  async heard(): Promise<void> {
    const number = ++this.count;
    const echo = new Promise<void>((resolve, reject) => {
      this.waiting.set(number, (error) => (error ? reject(error) : resolve()));
    });
    // It may be given up before it is known to be taken.
    echo.catch(() => undefined);
    this.timer ??= setInterval(() => this.giveUp(), INTERVAL).unref();
    this.unsent++;
    try {
      const text = String(number);
      await this.limit.within(text.length, () => this.pub.publish(this.channel, text, true));
      this.taken = Math.max(this.taken, number);
    } catch (error) {
      this.waiting.delete(number);
      throw error;
    } finally {
      this.unsent--;
    }
    await echo;
  }

  /** What was lost on the way is not waited for any longer than what came after it. */
  private readonly hear = (text: string): void => {
    this.endUpTo(Number(text));
  };

  /** Gives up what Redis had taken when this was called before the last time: what has come since is read by now. */
  private giveUp(): void {
    const [earliest, earlier] = this.takenBefore;
    this.takenBefore = [earlier, this.taken];
    this.endUpTo(earliest, new Error('Redis has sent nothing of what it has published.'));
    if (this.waiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private endUpTo(last: number, error?: Error): void {
    for (const [number, end] of this.waiting) {
      // Not a number is what anybody may send.
      if (!(number <= last)) return;
      this.waiting.delete(number);
      end(error);
    }
  }
}
