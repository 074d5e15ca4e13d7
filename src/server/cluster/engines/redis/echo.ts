import type { RedisConnection } from './connection/redis-connection.js';
import type { OutgoingLimit } from './outgoing-limit.js';
import type { Subscriptions } from './subscriptions.js';

/** How many echoes are waited for at most. Beyond that, whoever waits for the oldest waits for the newest instead. */
const MOST_WAITING = 1_000;

/**
 * Finds out when everything is heard that Redis has published by now: by what a server says to itself. With a client of
 * a Redis Cluster nothing can be asked on the connection that listens.
 */
export class Echo {
  private count = 0;
  private unsent = 0;
  /** Those who wait, by the number that they wait for. */
  private readonly waiting = new Map<number, () => void>();

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

  async heard(): Promise<void> {
    const number = ++this.count;
    const displaced = this.displace();
    const echo = new Promise<void>((resolve) =>
      this.waiting.set(number, () => {
        displaced?.();
        resolve();
      }),
    );
    this.unsent++;
    try {
      const text = String(number);
      await this.limit.within(text.length, () => this.pub.publish(this.channel, text, true));
    } catch (error) {
      if (displaced) this.waiting.set(number, displaced);
      else this.waiting.delete(number);
      throw error;
    } finally {
      this.unsent--;
    }
    await echo;
  }

  private displace(): (() => void) | undefined {
    const [oldest] = this.waiting;
    if (!oldest || this.waiting.size < MOST_WAITING) return undefined;
    this.waiting.delete(oldest[0]);
    return oldest[1];
  }

  /** What was lost on the way is not waited for any longer than what came after it. */
  private readonly hear = (text: string): void => {
    const number = Number(text);
    for (const [other, resolve] of this.waiting) {
      if (other > number) return;
      this.waiting.delete(other);
      resolve();
    }
  };
}
