import type { RedisConnection } from './connection/redis-connection.js';
import type { Subscriptions } from './subscriptions.js';

/**
 * Finds out when everything is heard that Redis has published by now: by what a server says to itself. With a client of
 * a Redis Cluster nothing can be asked on the connection that listens.
 */
export class Echo {
  private count = 0;
  /** Those who wait, by the number that they wait for. */
  private readonly waiting = new Map<number, () => void>();

  /** @param channel this server's own */
  constructor(
    private readonly pub: RedisConnection,
    private readonly subscriptions: Subscriptions,
    private readonly channel: string,
  ) {}

  /** Has no effect the second time. */
  listen(): void {
    this.subscriptions.enter(this.channel, this.hear);
  }

  async heard(): Promise<void> {
    const number = ++this.count;
    const echo = new Promise<void>((resolve) => this.waiting.set(number, resolve));
    try {
      await this.pub.publish(this.channel, String(number), true);
    } catch (error) {
      this.waiting.delete(number);
      throw error;
    }
    await echo;
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
