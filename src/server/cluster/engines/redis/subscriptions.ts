import { FailureLog, LineLogger } from '../../../../common/log.js';
import type { ChannelListener, RedisConnection } from './connection/redis-connection.js';

/** When a subscription that has failed is tried again, in milliseconds. */
const RETRY_AFTER = 1_000;

/**
 * How long others wait, twice, until Redis has confirmed what this server subscribes to, in milliseconds: what came
 * while the server was busy is read between two timers, not before the first.
 */
const PATIENCE = 50;

/** After how long without use a channel is no longer listened to, in milliseconds: rooms empty and fill again. */
const IDLE = 30_000;

/** How many channels one command names. */
const MOST_NAMED = 1_000;

const failures = new FailureLog(new LineLogger('SocketsModule'));

interface Subscription {
  readonly listener: ChannelListener;
  /** For how many rooms it is needed. */
  rooms: number;
  idleSince: number;
  isConfirmed: boolean;
  /** Whether nobody has waited for it to be confirmed, so that something may have been missed before it is. */
  isLate: boolean;
}

/** What was subscribed to in one turn. */
interface Batch {
  readonly confirmed: Promise<void>;
  confirm(): void;
}

/** Listens to channels of Redis for as long as they are needed, and tries again until Redis has confirmed each. */
export class Subscriptions {
  private readonly all = new Map<string, Subscription>();
  private due: string[] = [];
  /** The last one that Redis has not confirmed. Those before it are confirmed before it. */
  private batch: Batch | undefined;
  /** Whether Redis has taken too long, so that nobody waits for it at present. */
  private isLate = false;
  /** Whether it has confirmed everything at least once. */
  private hasBegun = false;
  private readonly failed = new Set<string>();
  private idleTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;

  /** @param missed is called with channels that Redis has confirmed so late that nobody has waited for them */
  constructor(
    private readonly connection: RedisConnection,
    private readonly isSharded: boolean,
    private readonly missed: (channels: readonly string[]) => void,
  ) {}

  /**
   * Fulfilled once everything that is published from then on is heard, or when that takes too long; `undefined` if
   * nobody has to wait.
   */
  get settled(): Promise<void> | undefined {
    return this.isLate ? undefined : this.batch?.confirmed;
  }

  /** Whether there is something that should be heard and is not. */
  get isDeaf(): boolean {
    return this.isLate || !this.hasBegun || this.failed.size > 0;
  }

  /** Listens to a channel until `leave()` has been called as often. */
  enter(channel: string, listener: ChannelListener): void {
    const known = this.all.get(channel);
    if (known) {
      known.rooms++;
      return;
    }
    this.all.set(channel, { listener, rooms: 1, idleSince: 0, isConfirmed: false, isLate: this.isLate });
    this.subscribeSoon(channel);
  }

  /** Listens to a channel already which is about to be entered. */
  expect(channel: string, listener: ChannelListener): void {
    this.enter(channel, listener);
    this.leave(channel);
  }

  leave(channel: string): void {
    const known = this.all.get(channel);
    if (!known || --known.rooms > 0) return;
    known.idleSince = performance.now();
    this.idleTimer ??= setTimeout(() => this.endIdle(), IDLE).unref();
  }

  /** Ends everything that a listener was given to. */
  endAll(listener: ChannelListener): void {
    this.end([...this.all].filter(([, one]) => one.listener === listener).map(([channel]) => channel));
    if (this.all.size > 0) return;
    clearTimeout(this.idleTimer);
    clearTimeout(this.retryTimer);
    this.batch?.confirm();
  }

  private endIdle(): void {
    const until = performance.now() - IDLE;
    const idle = [...this.all].filter(([, { rooms }]) => rooms === 0);
    // What Redis has not confirmed yet it will, perhaps after it was told to end it.
    const old = idle.filter(([, { idleSince, isConfirmed }]) => isConfirmed && idleSince <= until);
    this.end(old.map(([channel]) => channel));
    this.idleTimer = old.length < idle.length ? setTimeout(() => this.endIdle(), IDLE).unref() : undefined;
  }

  private end(channels: readonly string[]): void {
    for (const [listener, some] of this.byListener(channels)) {
      for (const channel of some) {
        this.all.delete(channel);
        this.failed.delete(channel);
      }
      this.connection.unsubscribe(some, listener, this.isSharded).catch(() => undefined);
    }
  }

  private subscribeSoon(channel: string): void {
    // A list that is read leads to many rooms at once.
    if (this.due.push(channel) > 1) return;
    this.batch = this.newBatch();
    queueMicrotask(() => this.subscribe(this.due.splice(0)));
  }

  private subscribe(channels: readonly string[]): void {
    const { batch } = this;
    const asked = this.byListener(channels).flatMap(([listener, some]) =>
      chunksOf(some).map((chunk) => this.ask(chunk, listener)),
    );
    void Promise.all(asked).then((outcomes) => {
      const late = outcomes.flatMap((outcome) => outcome ?? []);
      if (late.length > 0) this.missed(late);
      if (outcomes.includes(undefined)) return;
      batch?.confirm();
      if (this.batch === batch) {
        this.batch = undefined;
        this.isLate = false;
      }
      this.hasBegun ||= this.batch === undefined && this.failed.size === 0;
    });
  }

  /** @returns those that were confirmed late; `undefined` if all of them have failed */
  private async ask(channels: readonly string[], listener: ChannelListener): Promise<string[] | undefined> {
    const wanted = (): Array<[string, Subscription]> =>
      channels.flatMap((channel) => {
        const one = this.all.get(channel);
        return one?.listener === listener ? [[channel, one]] : [];
      });
    try {
      await this.connection.subscribe(channels, listener, this.isSharded);
    } catch (error) {
      // A client repeats what was confirmed once, but not what broke off.
      failures.report('redis() cannot hear the other servers.', error);
      for (const [channel, one] of wanted()) {
        this.failed.add(channel);
        one.isLate = true;
      }
      this.retryTimer ??= setTimeout(() => this.retry(), RETRY_AFTER).unref();
      return undefined;
    }
    const confirmed = wanted();
    const late = confirmed.flatMap(([channel, one]) => (one.isLate ? [channel] : []));
    for (const [channel, one] of confirmed) {
      this.failed.delete(channel);
      one.isConfirmed = true;
      one.isLate = false;
    }
    return late;
  }

  private retry(): void {
    this.retryTimer = undefined;
    for (const channel of this.failed) this.subscribeSoon(channel);
  }

  private newBatch(): Batch {
    let confirm = (): void => undefined;
    const confirmed = new Promise<void>((resolve) => (confirm = resolve));
    const late = (): void => {
      // What has failed may have been confirmed by another batch.
      this.isLate = [...this.all.values()].some(({ isConfirmed }) => !isConfirmed);
      for (const one of this.all.values()) one.isLate ||= !one.isConfirmed;
      confirm();
    };
    let timer = setTimeout(() => (timer = setTimeout(late, PATIENCE).unref()), PATIENCE).unref();
    return {
      confirmed,
      confirm: () => {
        clearTimeout(timer);
        confirm();
      },
    };
  }

  private byListener(channels: readonly string[]): Array<[ChannelListener, string[]]> {
    const groups = new Map<ChannelListener, string[]>();
    for (const channel of channels) {
      const listener = this.all.get(channel)?.listener;
      if (!listener) continue;
      const group = groups.get(listener) ?? [];
      groups.set(listener, group);
      group.push(channel);
    }
    return [...groups];
  }
}

function chunksOf(channels: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let index = 0; index < channels.length; index += MOST_NAMED)
    chunks.push(channels.slice(index, index + MOST_NAMED));
  return chunks;
}
