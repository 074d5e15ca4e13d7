import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LineLimit, LineLogger } from '../../../../common/log.js';
import { withTimeout } from '../../../../common/promises.js';
import { type Received, Parts, split } from './parts.js';
import { ANSWER_TIMEOUT, type SendBatch, SendQueue } from './send-queue.js';
import {
  endClient,
  type Notification,
  openClient,
  type PostgresClient,
  type PostgresPool,
  surviveErrors,
} from './postgres-client.js';

/** How long it takes until the next attempt to connect, in milliseconds. */
const RETRY_DELAY = 500;

/** How long closing waits for what is being sent, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/**
 * How long a server that was connected again waits before it sends, in milliseconds: until others, which have lost
 * their connections at the same time, listen again.
 */
const RELISTEN_TIME = 2 * RETRY_DELAY;

/** How far back a message is known to be a copy: more than one statement ever sends again. */
const KNOWN_COPIES = 100_000;

/** How many other servers are remembered, of which copies may come. */
const MAX_SENDERS = 1_000;

/** The oldest Postgres that is supported, and the code of what is thrown by an older one. */
const MINIMUM = 12;
const TOO_OLD = 'TOO_OLD';

/** The answers by which Postgres says that it will never let this client in, or make what it needs. */
const HOPELESS: ReadonlySet<unknown> = new Set(['28000', '28P01', '3D000', '3F000', '42501', TOO_OLD]);

/** A connection that listens. */
interface Link {
  client: PostgresClient;
  /** Fulfilled with the reason when it is of no use any more. */
  lost: Promise<string>;
  lose: (why: string) => void;
  /** Whether it may send. */
  isReady: boolean;
}

/**
 * Sends texts to the other servers, and receives theirs, over one channel of Postgres and one connection. So they
 * arrive in the order in which they were sent, whatever their size: one connection sends one statement after the other,
 * and a text that is too large for one notification takes several, in one transaction.
 *
 * Where the connection is lost, it is opened again. What waits meanwhile is sent then; what may have been sent already
 * is sent again, and known as a copy by those who have it.
 */
export class Notifications {
  /** Fulfilled once this server listens; rejected if Postgres refuses it. */
  readonly connected: Promise<void>;

  private readonly logger = new LineLogger('SocketsModule');
  private readonly lines = new LineLimit(10, 60_000);
  private readonly id = randomUUID();
  private readonly closing = new AbortController();
  /** The number of the last message of each of the other servers. */
  private readonly lastNumbers = new Map<string, number>();
  private readonly queue = new SendQueue();
  private count = 0;
  private link: Link | undefined;
  private holdsProcess = true;
  /** Why it could not connect the last time that it tried. */
  private failure: unknown;
  private sending: Promise<void> | undefined;
  private prepare: ((client: PostgresClient) => Promise<void>) | undefined;
  private readonly againListeners: Array<() => void> = [];
  private readonly notify: SendBatch<string[], void> = async (client, texts) => {
    const statement = 'SELECT pg_notify($1, part) FROM unnest($2::text[]) AS part';
    await client.query(statement, [this.channel, texts.flat()]);
    return undefined;
  };

  /**
   * @param channel less than 64 bytes, as names in Postgres are
   * @param receive called with the texts of other servers
   * @param drop called with what is none
   */
  constructor(
    private readonly pool: PostgresPool,
    private readonly channel: string,
    private readonly receive: (text: string) => void,
    private readonly drop: (notification: string) => void,
  ) {
    const survive = surviveErrors(pool);
    this.closing.signal.addEventListener('abort', survive, { once: true });
    this.connected = new Promise((resolve, reject) => {
      void this.stayConnected(resolve, reject);
    });
    this.connected.catch(() => undefined);
  }

  /** Says why this server does not hear the others at present, without an address. */
  get problem(): string | undefined {
    if (this.link) return undefined;
    const { code } = (this.failure ?? {}) as { code?: unknown };
    return typeof code === 'string' ? `Postgres cannot be reached: ${code}` : 'Postgres cannot be reached';
  }

  /** Does something with each connection, before anything is sent by it. */
  prepareWith(prepare: (client: PostgresClient) => Promise<void>): void {
    this.prepare = prepare;
  }

  /** Resolves when Postgres has taken the text, which is JSON. Rejects when too much waits already. */
  async send(json: string): Promise<void> {
    const parts = split(json, { sender: this.id, number: this.count + 1 });
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.queue.assertTakes(bytes);
    this.count++;
    await this.enqueue(this.notify, parts, bytes);
  }

  /**
   * Sends something else, which may be told to the other servers, after what was sent before and before what comes
   * later.
   *
   * @param bytes how large it is
   */
  async enqueue<Value, Answer>(send: SendBatch<Value, Answer>, value: Value, bytes: number): Promise<Answer> {
    if (this.closing.signal.aborted) throw new Error('The connection to Postgres is closed.');
    this.queue.assertTakes(bytes);
    const answer = this.queue.add(send, value, bytes);
    this.sending ??= this.sendAll();
    return answer;
  }

  /** Returns what the parts of one more message of this server begin with. */
  nextName(): string {
    return `${this.id}.${++this.count}`;
  }

  /** Says whether the process goes on for the sake of the connection. */
  holdProcess(holds: boolean): void {
    this.holdsProcess = holds;
    if (this.link) this.applyHold(this.link.client);
  }

  /** Calls back whenever it listens again, after its connection was lost. */
  onListeningAgain(listener: () => void): void {
    this.againListeners.push(listener);
  }

  /** Sends what waits, unless that takes too long, and ends the connection. */
  async close(): Promise<void> {
    if (this.sending) await withTimeout(CLOSE_TIMEOUT, 'postgres()', this.sending).catch(() => undefined);
    this.closing.abort();
    this.queue.refuseAll(new Error('The connection to Postgres was closed.'));
    const { link } = this;
    this.link = undefined;
    if (link) await endClient(link.client);
  }

  private async stayConnected(resolve: () => void, reject: (error: unknown) => void): Promise<void> {
    const { signal } = this.closing;
    let wasConnected = false;
    let isSaid = false;
    while (!signal.aborted) {
      try {
        const link = await this.open();
        resolve();
        if (isSaid) this.say('log', 'is connected.');
        isSaid = false;
        // Who was connected before has lost the connection as others have.
        if (wasConnected) {
          for (const listener of this.againListeners) listener();
          await Promise.race([delay(RELISTEN_TIME, undefined, { signal }), link.lost]);
        }
        wasConnected = true;
        link.isReady = true;
        this.sending ??= this.sendAll();
        const why = await link.lost;
        if (!signal.aborted) this.say('warn', `has lost its connection (${why}). It connects again.`);
        isSaid = true;
      } catch (error) {
        if (signal.aborted) return;
        if (HOPELESS.has((error as { code?: unknown }).code)) reject(error);
        this.failure = error;
        if (!isSaid) this.say('warn', `cannot connect (${reasonOf(error)}). It tries again.`);
        isSaid = true;
      }
      await delay(RETRY_DELAY, undefined, { signal, ref: this.holdsProcess }).catch(() => undefined);
    }
  }

  private applyHold(client: PostgresClient): void {
    client[this.holdsProcess ? 'ref' : 'unref']?.();
  }

  /** Opens a connection that listens. */
  private async open(): Promise<Link> {
    let opened: PostgresClient | undefined;
    let lose: (why: string) => void = () => undefined;
    const lost = new Promise<string>((resolve) => (lose = resolve));
    const parts = new Parts();
    const listening = openClient(this.pool, (client) => {
      opened = client;
      this.applyHold(client);
      client.on('error', (error: Error) => lose(reasonOf(error)));
      client.on('end', () => lose('it was ended'));
      client.on('notification', (notification: Notification) => {
        if (this.link?.client === client) this.onNotification(notification, parts);
      });
    }).then(async (client) => {
      const link: Link = { client, lost, lose, isReady: false };
      this.link = link;
      await assertVersion(client);
      await client.query(`LISTEN "${this.channel.replaceAll('"', '""')}"`);
      await this.prepare?.(client);
      return link;
    });
    try {
      const link = await withTimeout(ANSWER_TIMEOUT, 'Connecting', listening);
      if (this.closing.signal.aborted) throw new Error('It is closed.');
      void lost.then(() => {
        if (this.link === link) this.link = undefined;
      });
      return link;
    } catch (error) {
      this.link = undefined;
      // It may be opened yet.
      const drop = (): void => void (opened && endClient(opened));
      listening.then(drop, drop);
      drop();
      throw error;
    }
  }

  /** Sends what waits, in order, as long as there is a connection. */
  private async sendAll(): Promise<void> {
    // What is sent in the same turn goes in one statement.
    await Promise.resolve();
    for (let { link } = this; link?.isReady && !this.queue.isEmpty; { link } = this) {
      try {
        await this.queue.sendNext(link.client);
      } catch (error) {
        link.isReady = false;
        link.lose(reasonOf(error));
        void endClient(link.client);
      }
    }
    this.sending = undefined;
  }

  private onNotification({ channel, payload = '' }: Notification, parts: Parts): void {
    if (channel !== this.channel) return;
    let received: Received | undefined;
    try {
      received = parts.add(payload);
    } catch {
      this.drop(payload);
      return;
    }
    if (received && received.sender !== this.id && !this.isCopy(received)) this.receive(received.text);
  }

  /** Only a number shortly before the last one is that of a copy: nothing that is sent makes this server deaf. */
  private isCopy({ sender, number }: Received): boolean {
    const last = this.lastNumbers.get(sender) ?? 0;
    if (number <= last && number > last - KNOWN_COPIES) return true;
    this.lastNumbers.delete(sender);
    this.lastNumbers.set(sender, number);
    if (this.lastNumbers.size > MAX_SENDERS) {
      const [oldest] = this.lastNumbers.keys();
      this.lastNumbers.delete(oldest);
    }
    return false;
  }

  private say(level: 'log' | 'warn', what: string): void {
    if (this.lines.next() !== undefined) this.logger[level](`postgres() ${what}`);
  }
}

/** Rejects if the server says that it is too old. Not all that speak as Postgres does say what they are. */
async function assertVersion(client: PostgresClient): Promise<void> {
  const answer = await client.query("SELECT current_setting('server_version_num', true) AS server_version_num");
  const [row] = (answer as { rows: Array<{ server_version_num: string | null }> }).rows;
  const major = Math.floor(Number(row?.server_version_num ?? Infinity) / 10_000);
  if (!(major < MINIMUM)) return;
  const message =
    `Postgres ${MINIMUM} or later is needed, and this is ${major}. ` +
    'Update Postgres, or have Redis join the servers';
  throw Object.assign(new Error(message), { code: TOO_OLD });
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
