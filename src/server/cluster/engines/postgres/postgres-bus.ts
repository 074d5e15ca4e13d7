import type { Namespace } from 'socket.io';
import type { Bus } from '../../bus.js';
import { joinBytes, separateBytes, type SeparatedBytes } from '../../message-bytes.js';
import { Notifications } from './notifications.js';
import { escaped } from './parts.js';
import type { EntryBus } from './postgres-journal.js';
import type { PostgresClient, PostgresPool } from './postgres-client.js';
import type { SendBatch } from './send-queue.js';

/** What is used of the adapter. Its own client would send large messages after small ones, and die with Postgres. */
export interface PostgresAdapter {
  close(): unknown;
  /** Handles a message of another server. */
  onMessage(message: unknown): void;
  /** What it does at intervals, which holds the process otherwise. */
  readonly cleanupTimer?: NodeJS.Timeout;
  readonly heartbeatTimer?: NodeJS.Timeout;
}

/** The class of the adapter; it publishes by the client that it is given. */
export type AdapterClass = new (
  namespace: Namespace,
  options: object,
  client: { publish(message: unknown): Promise<void> },
) => PostgresAdapter;

/** Who reads a message: Socket.IO's adapter, or the library. */
type Reader = 'adapter' | 'library';

/** Carries the messages of the library, and those of Socket.IO's adapter, in one order. */
export class PostgresBus implements Bus, EntryBus {
  private readonly notifications: Notifications;
  private readonly readers: Record<Reader, Map<string, (text: unknown) => void>> = {
    adapter: new Map(),
    library: new Map(),
  };

  constructor(
    pool: PostgresPool,
    readonly channel: string,
  ) {
    this.notifications = new Notifications(
      pool,
      channel,
      (text) => this.onText(text),
      (notification) => this.drop(notification),
    );
  }

  onHeardAgain(listener: () => void): void {
    this.notifications.onListeningAgain(listener);
  }

  get connected(): Promise<void> {
    return this.notifications.connected;
  }

  get isAway(): boolean {
    return this.problem !== undefined;
  }

  get problem(): string | undefined {
    return this.notifications.problem;
  }

  holdProcess(holds: boolean): void {
    this.notifications.holdProcess(holds);
  }

  close(): Promise<void> {
    return this.notifications.close();
  }

  send(namespace: Namespace, text: string): Promise<void> {
    return this.publish('library', namespace.name, text);
  }

  receive({ name }: Namespace, listener: (text: unknown) => void): () => void {
    const { library } = this.readers;
    library.set(name, listener);
    return () => {
      if (library.get(name) === listener) library.delete(name);
    };
  }

  prepareWith(prepare: (client: PostgresClient) => Promise<void>): void {
    this.notifications.prepareWith(prepare);
  }

  enqueue<Value, Answer>(send: SendBatch<Value, Answer>, value: Value, bytes: number): Promise<Answer> {
    return this.notifications.enqueue(send, value, bytes);
  }

  nextMessage(namespace: Namespace): [name: string, envelope: string] {
    return [this.notifications.nextName(), this.envelopeOf(namespace)];
  }

  envelopeOf({ name }: Namespace): string {
    return escaped(envelopeOf('library', name));
  }

  makeAdapter(Adapter: AdapterClass, namespace: Namespace): PostgresAdapter {
    const { adapter: readers } = this.readers;
    const { name } = namespace;
    const adapter: PostgresAdapter = new Adapter(
      namespace,
      {},
      // It ignores when it fails, which is what an adapter does.
      {
        publish: async (message) => {
          // It is made, or started again, for each message.
          adapter.heartbeatTimer?.unref();
          return this.publish('adapter', name, JSON.stringify(separateBytes(message)));
        },
      },
    );
    adapter.cleanupTimer?.unref();
    const read = (text: unknown): void => adapter.onMessage(joinBytes(JSON.parse(text as string) as SeparatedBytes));
    readers.set(name, read);
    const close = adapter.close.bind(adapter);
    adapter.close = () => {
      if (readers.get(name) === read) readers.delete(name);
      return close();
    };
    return adapter;
  }

  private publish(reader: Reader, namespace: string, text: string): Promise<void> {
    return this.notifications.send(`${envelopeOf(reader, namespace)}\n${text}`);
  }

  private onText(text: string): void {
    const end = text.indexOf('\n');
    try {
      const [reader, namespace] = JSON.parse(text.slice(0, end)) as [Reader, string];
      // A namespace that only other servers have concerns nobody here.
      this.readers[reader].get(namespace)?.(text.slice(end + 1));
    } catch {
      this.drop(text);
    }
  }

  /** The library counts what it cannot read. */
  private drop(text: string): void {
    this.readers.library.get('/')?.({ unreadable: text.length });
  }
}

/** Returns the first line of a message, which says who reads it. */
function envelopeOf(reader: Reader, namespace: string): string {
  return JSON.stringify([reader, namespace]);
}
