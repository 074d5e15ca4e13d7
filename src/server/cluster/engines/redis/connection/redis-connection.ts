import type { Duplex } from 'node:stream';
import { FailureLog, LineLogger } from '../../../../../common/log.js';
import { InFlight } from './in-flight.js';
import { OrderedCommands } from './ordered-commands.js';
import { CONNECTION_EVENTS, isCluster, isNodeRedis, NODE_LOSSES, type RedisClient } from './redis-client.js';
import { RevocableCommands } from './revocable-commands.js';

type Command = (...args: unknown[]) => unknown;
type Commands = Partial<Record<string, Command>>;

/** The same without the types of arguments, in which the packages differ. */
type AnyClient = Commands & {
  duplicate(overrides?: object): AnyClient;
  on(event: string, listener: (...args: never[]) => void): unknown;
};

/** Called with what was published, and where. */
export type ChannelListener = (text: string, channel: string) => void;

const logger = new LineLogger('SocketsModule');

/** Commands whose promises adapters leave alone: what rejects then would end the process. And those of the library. */
const SUBSCRIBING = ['subscribe', 'pSubscribe', 'psubscribe', 'sSubscribe', 'ssubscribe'];
const COMMANDS = [
  ...['publish', 'sPublish', 'spublish', 'xAdd', 'xadd'],
  ...['unsubscribe', 'pUnsubscribe', 'punsubscribe', 'sUnsubscribe', 'sunsubscribe'],
  ...SUBSCRIBING,
  ...['call', 'info', 'xread'],
];

/** Errors that do not pass by themselves. */
const HOPELESS = /^(WRONGPASS|NOAUTH|NOPERM|ERR invalid password|ERR AUTH)/;

/** When a cluster that was not there is looked for again, in milliseconds. */
const RECONNECT_AFTER = 1_000;

/** How long a connection may take to say goodbye, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

const never = new Promise<never>(() => undefined);

/** One connection to Redis of the library's own, whatever the package of its client. */
export class RedisConnection {
  /** Fulfilled once it is connected; rejected if the server refuses it for good. */
  readonly connected: Promise<void>;
  /** Whether it was ended. */
  isClosed = false;
  /** Sends commands after those before them, and again where Redis has not run them. */
  readonly inOrder: OrderedCommands;
  private readonly failures = new FailureLog(logger);
  /** Those that an adapter has made. */
  private readonly copies: RedisConnection[] = [];
  private readonly listeners = new Map<string, ChannelListener>();
  /** What Redis has not confirmed yet, nor refused. */
  private readonly subscribing = new Set<Promise<unknown>>();
  private readonly commands: AnyClient;
  /** Absent where the client settles by itself whatever it has sent. */
  private readonly inFlight: InFlight | undefined;
  /**
   * Takes back what a client of `redis` was given and has not sent yet when its connection breaks. It would send that
   * before what it has sent, and rejects.
   */
  private readonly unsent = new RevocableCommands();
  private connections = 0;
  private isHearing = false;
  private holdsProcess = true;

  /**
   * @param client nobody else's
   * @param secret what no line of the log may contain
   */
  constructor(
    readonly client: RedisClient,
    private readonly secret?: string,
  ) {
    this.commands = client as unknown as AnyClient;
    if (!isNodeRedis(client) && !isCluster(client)) {
      const inFlight = new InFlight();
      this.inFlight = inFlight;
      this.commands.on('ready', () => inFlight.sendAll());
      this.commands.on('close', () => inFlight.rejectSent());
    }
    this.inOrder = new OrderedCommands(this);
    this.connected = new Promise((resolve, reject) => {
      for (const event of CONNECTION_EVENTS) this.commands.on(event, () => void this.connections++);
      this.commands.on('connect', () => this.applyHold());
      this.commands.on('ready', () => resolve());
      // Of the package `redis`, that of a cluster does not say so.
      this.commands.on('connect', () => this.isReady && resolve());
      this.commands.on('error', (error: Error) => {
        this.unsent.takeBack();
        if (HOPELESS.test(error?.message)) reject(this.withoutSecret(error));
        if (!this.isClosed) this.failures.report('redis():', this.withoutSecret(error));
      });
      if ((client as { status?: unknown }).status === 'ready') resolve();
    });
    this.connected.catch(() => undefined);
    this.shield();
    this.connect();
  }

  /** Tells whether it may send. It may also queue what it is given, and mostly does. */
  get isReady(): boolean {
    const { isReady, status, stream } = this.client as { isReady?: boolean; status?: string; stream?: Duplex };
    // A stream may have ended that the client takes for open still.
    return isReady ?? (status === 'ready' && stream?.writable !== false);
  }

  /** Those of clusters are several, and what one of them has not answered goes by another. */
  get takesCommands(): boolean {
    return isCluster(this.client) || this.isReady;
  }

  onReady(listener: () => void): void {
    this.commands.on('ready', listener);
  }

  /** Calls the function whenever one of the connections that a client of a cluster has was lost. */
  onBroken(listener: () => void): void {
    for (const event of NODE_LOSSES) this.commands.on(event, listener);
  }

  /** Tells apart the connections that it has had one after the other; another one while there is none. */
  get connection(): number {
    return this.connections;
  }

  publish(channel: string, text: string, isSharded: boolean): Promise<unknown> {
    const name = isSharded ? 'spublish' : 'publish';
    return isNodeRedis(this.client) ? this.command(channel, [name, channel, text]) : this.run([name], channel, text);
  }

  /** Resolves once everything that is published on the channels from now on is heard. */
  async subscribe(channels: readonly string[], listener: ChannelListener, isSharded: boolean): Promise<void> {
    if (isNodeRedis(this.client)) {
      await this.run([isSharded ? 'sSubscribe' : 'subscribe'], channels, listener);
      return;
    }
    if (!this.isHearing) {
      this.isHearing = true;
      const hear = (from: string, text: string): void => this.listeners.get(from)?.(text, from);
      this.commands.on(isSharded ? 'smessage' : 'message', hear);
    }
    for (const channel of channels) this.listeners.set(channel, listener);
    await this.run([isSharded ? 'ssubscribe' : 'subscribe'], ...channels);
  }

  /** Ends that, unless one of the channels is subscribed to again meanwhile. */
  async unsubscribe(channels: readonly string[], listener: ChannelListener, isSharded: boolean): Promise<void> {
    if (isNodeRedis(this.client)) {
      await this.run([isSharded ? 'sUnsubscribe' : 'unsubscribe'], channels, listener);
      return;
    }
    for (const channel of channels) this.listeners.delete(channel);
    await this.run([isSharded ? 'sunsubscribe' : 'unsubscribe'], ...channels);
  }

  /** Sends any command to the server that has its key. */
  command(key: string, command: readonly string[]): Promise<unknown> {
    if (!isNodeRedis(this.client)) return this.run(['call'], ...command);
    if (isCluster(this.client)) return this.run(['sendCommand'], key, false, command);
    return this.unsent.run((abortSignal) => this.run(['sendCommand'], command, { abortSignal }));
  }

  /** Is answered on this connection, which may be one that listens, after all that it hears before. */
  ping(): Promise<unknown> {
    // In this case, ioredis knows it.
    return isNodeRedis(this.client) ? this.run(['sendCommand'], ['ping']) : this.run(['call'], 'ping');
  }

  /** Returns the version of the server; `undefined` if it does not say. */
  async version(): Promise<string | undefined> {
    const info = await this.run(['info'], 'server').catch(() => '');
    return /redis_version:(\d+\.\d+\.\d+)/.exec(String(info))?.[1];
  }

  /**
   * Fulfilled once Redis has confirmed, or refused, all that this connection, and those that an adapter has made of it,
   * subscribe to.
   */
  async subscribed(): Promise<void> {
    await this.connected.catch(() => never);
    // An adapter subscribes once its connection is there.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.allSettled([...this.subscribing, ...this.copies.map((copy) => copy.subscribed())]);
  }

  /** Says whether the process goes on for the sake of this connection, and of what an adapter has made of it. */
  holdProcess(holds: boolean): void {
    this.holdsProcess = holds;
    for (const copy of this.copies) copy.holdProcess(holds);
    this.applyHold();
  }

  /** Ends it, what an adapter has made of it included, whether or not Redis is there. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.isReady) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_TIMEOUT)));
      // What waits for answers was said before the end.
      const said = this.inOrder.idle().then(() => this.run(['close', 'quit']));
      const closing = said.catch(() => undefined);
      await Promise.race([closing, late]).finally(() => clearTimeout(timer));
    }
    this.destroy();
  }

  private destroy(): void {
    this.isClosed = true;
    this.inOrder.end();
    for (const copy of this.copies) copy.destroy();
    this.run(['destroy', 'disconnect']).catch(() => undefined);
  }

  /** Clients of `redis` remember it; those of `ioredis` have to be told for each connection that they open. */
  private applyHold(): void {
    const { stream } = this.client as { stream?: Commands };
    const held: Commands | undefined = isNodeRedis(this.client) ? this.commands : stream;
    held?.[this.holdsProcess ? 'ref' : 'unref']?.();
  }

  private connect(): void {
    // Those of ioredis connect by themselves.
    if (!isNodeRedis(this.client)) return;
    this.run(['connect']).catch((error: unknown) => {
      // All others try again by themselves.
      if (this.isClosed || !isCluster(this.client)) return;
      this.failures.report('redis():', this.withoutSecret(error as Error));
      setTimeout(() => this.connect(), RECONNECT_AFTER).unref();
    });
  }

  /** Calls the first of some methods that the client has. */
  private run(names: readonly string[], ...args: unknown[]): Promise<unknown> {
    const name = names.find((one) => typeof this.commands[one] === 'function');
    return new Promise((resolve) => resolve(name && this.commands[name]?.(...args)));
  }

  /**
   * Handles the promises of adapters, which await neither what they publish nor what they subscribe to, and make copies
   * without a listener to errors.
   */
  private shield(): void {
    const { commands } = this;
    for (const name of COMMANDS) {
      const command = commands[name];
      if (typeof command !== 'function') continue;
      commands[name] = (...args) => {
        const isSent = this.isReady;
        const made = command.apply(this.client, args);
        if (!(made instanceof Promise)) return made;
        const outcome: Promise<unknown> = this.inFlight?.settle(made, isSent) ?? made;
        const isSubscribing = SUBSCRIBING.includes(name);
        if (isSubscribing) this.subscribing.add(outcome);
        const settle = (): void => void (isSubscribing && this.subscribing.delete(outcome));
        outcome.then(settle, settle);
        return outcome;
      };
    }
    const duplicate = commands.duplicate.bind(commands);
    commands.duplicate = (overrides) => {
      const copy = new RedisConnection(duplicate(overrides) as unknown as RedisClient, this.secret);
      this.copies.push(copy);
      copy.holdProcess(this.holdsProcess);
      if (isNodeRedis(copy.client)) copy.allowTwice();
      return copy.commands;
    };
  }

  /** Lets an adapter connect what is connected, and end what has ended, neither of which the package `redis` allows. */
  private allowTwice(): void {
    this.commands.connect = () => this.connected.catch(() => never);
    this.commands.disconnect = () => this.destroy();
  }

  private withoutSecret(error: Error): Error {
    if (!this.secret || !error.message?.includes(this.secret)) return error;
    return new Error(error.message.replaceAll(this.secret, '…'));
  }
}
