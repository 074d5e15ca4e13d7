import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';
import type { Bus, Concerns } from '../../bus.js';
import type { Addressed } from './journal-entries.js';
import type { EntryBus } from './redis-journal.js';
import { CatchingUp } from './catching-up.js';
import { Echo } from './echo.js';
import { sendLate } from '../../delivery/late-sends.js';
import type { OutgoingLimit } from './outgoing-limit.js';
import { isNotRun } from './connection/ordered-commands.js';
import { isCluster } from './connection/redis-client.js';
import type { ChannelListener, RedisConnection } from './connection/redis-connection.js';
import { RoomChannels } from './room-channels.js';
import { followRooms } from './followed-rooms.js';
import { Subscriptions } from './subscriptions.js';

/** How often a server says something to itself, until it hears that, in milliseconds. */
const ECHO_INTERVAL = 250;

/** How many servers are remembered, most of which have ended long ago. */
const MOST_SERVERS = 1_000;

/**
 * One line before the message, which need not be read then: which server says it, whose members it concerns, its number
 * if it is sent on several channels, and the rooms that it has sockets of other servers enter.
 */
type Head = [server: string, rooms?: string[] | null, number?: number, entering?: string[]];

/**
 * Carries the messages of the library. What concerns members of rooms goes by channels of these rooms, to which only
 * those servers listen that have some; everything else goes by one channel for each namespace. All channels of a
 * namespace share the two connections of a server, and one Redis, so that their messages stay in one order.
 */
export class RedisBus implements Bus, EntryBus {
  private readonly server = randomUUID();
  private readonly own = `["${this.server}"`;
  private readonly channels: RoomChannels;
  private readonly subscriptions: Subscriptions;
  /** The last message of each other server that came on several channels. */
  private readonly lastOf = new Map<string, number>();
  /** What reads the messages of each namespace. */
  private readonly listeners = new WeakMap<Namespace, ChannelListener>();
  /** The channels of what concerns all servers. */
  private readonly common = new Set<string>();
  private readonly missedListeners: Array<(concerns: Concerns) => void> = [];
  private readonly heardAgainListeners: Array<() => void> = [];
  /** What is waited for until this server hears the others again. */
  private hearingAgain: CatchingUp | undefined;
  private endHearingAgain: (() => void) | undefined;
  /** How many waits to hear the others again are under way, and how many have ended. */
  private listeningAgain = 0;
  private timesHeardAgain = 0;
  private isBrokenAgain = false;
  private count = 0;
  private catchingUp: CatchingUp | undefined;
  private readonly echo: Echo | undefined;

  private readonly isSharded: boolean;

  /** @param limit of what `pub` is given */
  constructor(
    private readonly pub: RedisConnection,
    private readonly sub: RedisConnection,
    private readonly limit: OutgoingLimit,
    { prefix, isSharded }: { prefix: string; isSharded: boolean },
  ) {
    this.isSharded = isSharded;
    this.channels = new RoomChannels(prefix);
    this.subscriptions = new Subscriptions(sub, isSharded, (late) => this.tellMissed(new Set(late)));
    this.echo = isCluster(sub.client)
      ? new Echo(pub, limit, this.subscriptions, `${prefix}echo:${this.server}`)
      : undefined;
    if (this.echo) sub.onBroken(() => void this.listenAgain(true));
    else sub.onReady(() => void this.listenAgain());
  }

  /** Rejects if as much waits for Redis as may wait, or if it is unknown whether Redis has taken it. */
  async send(
    namespace: Namespace,
    text: string,
    rooms?: readonly string[],
    entering?: readonly string[],
  ): Promise<void> {
    if (entering) this.channels.noteEntry(entering);
    const to = entering || !rooms ? [this.channels.common(namespace)] : this.channels.ofMessage(namespace, rooms);
    const message = `${this.headOf(to, rooms, entering)}\n${text}`;
    let left = to;
    const publish = async (): Promise<void> => {
      const outcomes = await Promise.allSettled(left.map((one) => this.pub.publish(one, message, this.isSharded)));
      const failures = outcomes.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
      // What Redis has taken is not to come again.
      left = left.filter((_, index) => {
        const outcome = outcomes[index];
        return outcome?.status === 'rejected' && isNotRun(outcome.reason);
      });
      if (failures.length > 0) throw failures.find(isNotRun) ?? failures[0];
    };
    await this.limit.within(Buffer.byteLength(message) * to.length, () => this.pub.inOrder.run(publish, 'message'));
  }

  addressesOf(namespace: Namespace, rooms?: readonly string[]): Addressed[] {
    const channels = this.channels.ofMessage(namespace, rooms ?? []);
    const head = this.headOf(channels, rooms);
    return channels.map((channel) => ({ channel, head }));
  }

  catchUp(): CatchingUp | undefined {
    if (this.sub.isClosed) return undefined;
    if (this.isDeaf) {
      // A client of a Redis Cluster need not say that it is ready.
      if (this.echo) void this.listenAgain();
      return this.heardAgain();
    }
    // All that ask in one turn share one question.
    this.catchingUp ??= new CatchingUp(
      Promise.resolve().then(() => {
        this.catchingUp = undefined;
        return this.askListener();
      }),
    );
    return this.catchingUp;
  }

  receive(namespace: Namespace, listener: (text: unknown) => void): () => void {
    const hear = (message: string): void => {
      if (message.startsWith(this.own)) return;
      const end = message.indexOf('\n');
      const head = readHead(message.slice(0, end));
      // The library counts what it cannot read.
      if (!head) return listener(undefined);
      if (head[3]) this.channels.noteEntry(head[3]);
      if (this.concerns(namespace, head)) listener(message.slice(end + 1));
    };
    this.listeners.set(namespace, hear);
    this.echo?.listen();
    const common = this.channels.common(namespace);
    this.common.add(common);
    this.subscriptions.enter(common, hear);
    const unfollow = followRooms(namespace.adapter, {
      first: (room) => this.ofRoom(namespace, room, (channel) => this.subscriptions.enter(channel, hear)),
      last: (room) => this.ofRoom(namespace, room, (channel) => this.subscriptions.leave(channel)),
      heard: () => this.subscriptions.settled,
      toEnterElsewhere: (rooms) => this.channels.noteEntry(rooms),
    });
    return () => {
      unfollow();
      this.common.delete(common);
      this.listeners.delete(namespace);
      this.subscriptions.endAll(hear);
    };
  }

  async listening(): Promise<void> {
    await Promise.all([this.pub.subscribed(), this.sub.subscribed()]);
  }

  onMissed(listener: (concerns: Concerns) => void): void {
    this.missedListeners.push(listener);
  }

  onHeardAgain(listener: () => void): void {
    this.heardAgainListeners.push(listener);
  }

  expect(namespace: Namespace, rooms: Iterable<string>): void {
    const hear = this.listeners.get(namespace);
    if (!hear) return;
    for (const room of rooms) this.ofRoom(namespace, room, (channel) => this.subscriptions.expect(channel, hear));
  }

  hearing(): Promise<void> | undefined {
    return this.subscriptions.settled;
  }

  get isAway(): boolean {
    return !this.pub.isReady || !this.sub.isReady;
  }

  get isDeaf(): boolean {
    return !this.sub.isReady || this.listeningAgain > 0;
  }

  /** Says what is wrong at present; `undefined` if nothing is. */
  get problem(): string | undefined {
    if (this.isAway) return 'Redis is not connected';
    return this.subscriptions.isDeaf ? 'Redis has not confirmed every subscription' : undefined;
  }

  private tellMissed(late: ReadonlySet<string>): void {
    const concerns: Concerns = (namespace, room) => {
      const channel = this.channels.of(namespace, room);
      return late.has(this.channels.common(namespace)) || (channel !== undefined && late.has(channel));
    };
    for (const listener of this.missedListeners) listener(concerns);
    // What moves records goes there.
    if ([...late].some((channel) => this.common.has(channel))) this.tellHeardAgain();
  }

  private async listenAgain(isBroken = false): Promise<void> {
    this.isBrokenAgain ||= isBroken;
    if (this.echo && this.listeningAgain > 0) return;
    this.listeningAgain++;
    do {
      this.isBrokenAgain = false;
      // It is answered after all subscriptions of before, which the client repeats.
      await (this.echo ? this.hearEcho(this.echo) : this.sub.ping().catch(() => undefined));
    } while (this.isBrokenAgain && !this.sub.isClosed);
    this.listeningAgain--;
    // Otherwise the connection has broken once more, and this begins anew. An echo proves that it has not.
    const isHere = this.echo !== undefined || this.sub.isReady;
    if ((!isHere || this.listeningAgain > 0) && !this.sub.isClosed) return;
    this.timesHeardAgain++;
    if (!this.sub.isClosed) this.tellHeardAgain();
    this.hearingAgain = undefined;
    this.endHearingAgain?.();
  }

  private tellHeardAgain(): void {
    for (const listener of this.heardAgainListeners) sendLate(listener);
  }

  /** Waits until this server hears itself: a client of a Redis Cluster does not say that it listens again. */
  private hearEcho(echo: Echo): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearInterval(timer);
        resolve();
      };
      const say = (): void => {
        if (this.sub.isClosed) end();
        // In an outage, the client keeps what it is given.
        else if (!echo.isUnsent) echo.heard().then(end, () => undefined);
      };
      const timer = setInterval(say, ECHO_INTERVAL).unref();
      say();
    });
  }

  private heardAgain(): CatchingUp {
    this.hearingAgain ??= new CatchingUp(new Promise<void>((resolve) => (this.endHearingAgain = resolve)), 0);
    return this.hearingAgain;
  }

  /** The answer comes after the messages, by the same connection. It knows the command in this case only. */
  private async askListener(): Promise<unknown> {
    const { connection } = this.sub;
    const times = this.timesHeardAgain;
    const isAnswered = await (this.echo ? this.echo.heard() : this.sub.ping()).then(
      () => true,
      () => false,
    );
    if (this.sub.isClosed) return undefined;
    // What was on its way is lost, which is made good as soon as this server hears the others again.
    if (this.listeningAgain > 0) return this.heardAgain().heard;
    if (this.echo && !isAnswered) void this.listenAgain();
    const isLost = this.echo ? !isAnswered : this.sub.connection !== connection || (!isAnswered && !this.sub.isReady);
    return isLost && times === this.timesHeardAgain ? this.heardAgain().heard : undefined;
  }

  private concerns({ adapter }: Namespace, [server, rooms, number]: Head): boolean {
    if (number && this.isCopy(server, number)) return false;
    return !rooms || rooms.some((room) => adapter.rooms.has(room));
  }

  /** The copies of a message come one after the other, as far as those of its server are concerned. */
  private isCopy(server: string, number: number): boolean {
    if (this.lastOf.get(server) === number) return true;
    if (this.lastOf.size >= MOST_SERVERS) this.lastOf.clear();
    this.lastOf.set(server, number);
    return false;
  }

  private headOf(channels: readonly string[], rooms?: readonly string[], entering?: readonly string[]): string {
    const number = channels.length > 1 ? ++this.count : undefined;
    if (entering) return JSON.stringify([this.server, rooms, 0, entering]);
    return JSON.stringify(number ? [this.server, rooms, number] : [this.server, rooms]);
  }

  private ofRoom(namespace: Namespace, room: string, act: (channel: string) => void): void {
    const channel = this.channels.of(namespace, room);
    if (channel !== undefined) act(channel);
  }
}

/** Reads what came over the bus, which may be anything. */
function readHead(line: string): Head | undefined {
  try {
    const [server, rooms, number, entering] = JSON.parse(line) as unknown[];
    if (typeof server !== 'string' || !areTextsOrAbsent(rooms) || !areTextsOrAbsent(entering)) return undefined;
    return [server, rooms, typeof number === 'number' ? number : 0, entering ?? undefined];
  } catch {
    return undefined;
  }
}

function areTextsOrAbsent(value: unknown): value is string[] | null | undefined {
  return (
    value === undefined || value === null || (Array.isArray(value) && value.every((text) => typeof text === 'string'))
  );
}
