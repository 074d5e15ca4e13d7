import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';
import { FailureLog, LineLogger } from '../../../../common/log.js';
import type { Bus } from '../../bus.js';
import type { Addressed, EntryBus } from './redis-journal.js';
import type { RedisConnection } from './redis-client.js';

/** How many messages may wait for Redis, and how many bytes of them, while it is away. */
const MOST_WAITING = 10_000;
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

/** When a subscription that has failed is tried again, in milliseconds. */
const RETRY_AFTER = 1_000;

const failures = new FailureLog(new LineLogger('SocketsModule'));

/** Which server says it, and whose members it concerns: one line before the message, which need not be read then. */
type Head = [server: string, rooms?: string[]];

/**
 * Carries the messages of the library on one channel for each namespace, so that they stay in order whatever the
 * adapter does. A server without members of the rooms that one concerns reads no more than its first line.
 */
export class RedisBus implements Bus, EntryBus {
  private readonly server = randomUUID();
  private waiting = 0;
  private waitingBytes = 0;
  /** The channels that Redis does not say yet that it listens to. */
  private readonly unconfirmed = new Set<string>();

  constructor(
    private readonly pub: RedisConnection,
    private readonly sub: RedisConnection,
    private readonly prefix: string,
    private readonly isSharded: boolean,
  ) {}

  /** Rejects if as much waits for Redis as may wait, or if it is unknown whether Redis has taken it. */
  async send(namespace: Namespace, text: string, rooms?: readonly string[]): Promise<void> {
    const message = `${this.headOf(rooms)}\n${text}`;
    await this.within(Buffer.byteLength(message), () =>
      this.pub.publish(this.channelOf(namespace), message, this.isSharded),
    );
  }

  async within<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    if (this.waiting >= MOST_WAITING || this.waitingBytes + bytes > MOST_WAITING_BYTES) {
      throw new Error('Redis does not take what it is sent, and no more of it is kept.');
    }
    this.waiting++;
    this.waitingBytes += bytes;
    try {
      return await send();
    } finally {
      this.waiting--;
      this.waitingBytes -= bytes;
    }
  }

  addressesOf(namespace: Namespace, rooms: readonly string[]): Addressed[] {
    return [{ channel: this.channelOf(namespace), head: this.headOf(rooms) }];
  }

  receive(namespace: Namespace, listener: (text: unknown) => void): () => void {
    const hear = (message: string): void => {
      const end = message.indexOf('\n');
      const head = readHead(message.slice(0, end));
      // The library counts what it cannot read.
      if (!head) listener(undefined);
      else if (this.concerns(namespace, head)) listener(message.slice(end + 1));
    };
    const channel = this.channelOf(namespace);
    let retry: NodeJS.Timeout | undefined;
    const subscribe = (): void => {
      this.unconfirmed.add(channel);
      this.sub.subscribe(channel, hear, this.isSharded).then(
        () => this.unconfirmed.delete(channel),
        // A client repeats what was confirmed once, but not what broke off.
        (error: unknown) => {
          failures.report('redis() cannot hear the other servers.', error);
          if (this.unconfirmed.has(channel)) retry = setTimeout(subscribe, RETRY_AFTER).unref();
        },
      );
    };
    subscribe();
    return () => {
      clearTimeout(retry);
      this.unconfirmed.delete(channel);
      this.sub.unsubscribe(channel, this.isSharded).catch(() => undefined);
    };
  }

  async listening(): Promise<void> {
    await Promise.all([this.pub.subscribed(), this.sub.subscribed()]);
  }

  /** Says what is wrong with hearing the other servers; `undefined` if nothing is. */
  get problem(): string | undefined {
    return this.unconfirmed.size > 0 ? 'Redis has not confirmed every subscription' : undefined;
  }

  private concerns({ adapter }: Namespace, [server, rooms]: Head): boolean {
    return server !== this.server && (!rooms || rooms.some((room) => adapter.rooms.has(room)));
  }

  private headOf(rooms: readonly string[] | undefined): string {
    return JSON.stringify([this.server, rooms]);
  }

  private channelOf({ name }: Namespace): string {
    return `${this.prefix}:messages:${name}`;
  }
}

/** Reads what came over the bus, which may be anything. */
function readHead(line: string): Head | undefined {
  try {
    const [server, rooms] = JSON.parse(line) as unknown[];
    if (typeof server !== 'string') return undefined;
    if (rooms === undefined || rooms === null) return [server];
    return Array.isArray(rooms) ? [server, rooms as string[]] : undefined;
  } catch {
    return undefined;
  }
}
