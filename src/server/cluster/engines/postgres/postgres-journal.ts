import type { Namespace } from 'socket.io';
import type {
  Announced,
  Announcement,
  Entry,
  History,
  HistoryQuestion,
  Place,
  Positions,
  SharedJournal,
} from '../../journal/journal.js';
import type { JournalLimits } from '../../journal/journal.options.js';
import { entryIn, epochOf, hashOf, placeIn } from '../../journal/kept-text.js';
import type { JournalReader } from './journal-reader.js';
import { type JournalHome, type JournalState, prepareJournal } from './journal-schema.js';
import { escaped } from './parts.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresOutbox } from './postgres-outbox.js';
import type { SendBatch } from './send-queue.js';

/** What the journal needs of the bus, whose messages it sends as it counts. */
export interface EntryBus {
  /** Does something with each connection, before anything is sent by it. */
  prepareWith(prepare: (client: PostgresClient) => Promise<void>): void;
  /** Sends something else than a message, in the order of the calls. */
  enqueue<Value, Answer>(send: SendBatch<Value, Answer>, value: Value, bytes: number): Promise<Answer>;
  /** Returns what the parts of one more message begin with, and its first line. */
  nextMessage(namespace: Namespace): [name: string, envelope: string];
  /** Returns the first line of a message. */
  envelopeOf(namespace: Namespace): string;
  /** The name of its channel. */
  readonly channel: string;
}

/** How often what is too old is deleted, in milliseconds, and how many entries of a stream by one statement. */
const CLEANING = 5_000;
const MOST_DELETED = 2_000;

/** The values of one entry, one for each list that the function in the database takes. */
interface EntryRow {
  stream: string;
  id: string;
  key: string;
  isOnce: boolean;
  topics: string;
  topicNames: string;
  bytes: number;
  data: string;
  before: string;
  between: string;
  after: string;
  messages: string;
}

/** The lists in their order. */
const COLUMNS = [
  ...(['stream', 'id', 'key', 'isOnce', 'topics', 'topicNames', 'bytes', 'data'] as const),
  ...(['before', 'between', 'after', 'messages'] as const),
];

/**
 * Keeps the journal in Postgres: one statement counts entries, keeps them once, lets go of the oldest, and notifies the
 * other servers, all in one transaction. What is published in one turn, or while Postgres is busy, is one statement.
 *
 * The connection that counts is the one that listens, and Postgres sends it its own notifications, and those of
 * transactions before, ahead of the answer. So whatever was counted before an entry is here when its place is known.
 */
export class PostgresJournal implements SharedJournal {
  readonly isInOrder = true;
  readonly outbox: PostgresOutbox | undefined;
  private state: JournalState | undefined;
  /** How far the log of the database had got when it last answered. */
  private seen: string | undefined;
  /** Fulfilled once what was appended before is answered: who reads must find it. */
  private appended: Promise<unknown> = Promise.resolve();
  private readonly cleaning: NodeJS.Timeout;
  private isCleaning = false;

  constructor(
    private readonly bus: EntryBus,
    private readonly reader: JournalReader,
    private readonly home: JournalHome,
    private readonly limits: JournalLimits,
  ) {
    bus.prepareWith(async (client) => {
      this.state = await prepareJournal(client, home, this.seen);
      reader.connect();
    });
    if (home.hasOutbox) this.outbox = this.makeOutbox();
    this.cleaning = setInterval(() => void this.clean(), Math.min(CLEANING, limits.maxAge)).unref();
  }

  append(entry: Entry, announcement: Announcement): Promise<Place | undefined> {
    return this.count(entry, announcement, this.appendAll);
  }

  async positionsOf(streams: readonly string[]): Promise<Positions> {
    const [found] = await this.ask<{ epoch: string; positions: string[] }>(
      'positions_v1($1, $2)',
      [streams.map(nameOf)],
      this.appended,
    );
    const { epoch, positions } = found ?? missing();
    return { epoch: epochOf(epoch), of: new Map(streams.map((name, index) => [name, Number(positions[index])])) };
  }

  async read({ stream, since, mostEntries, mostBytes }: HistoryQuestion): Promise<History> {
    const { maxAge, maxEntries, maxBytes } = this.limits;
    const [found] = await this.ask<{ epoch: string; at: string; entries: string[] | null }>(
      'read_v1($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      [
        ...[nameOf(stream), maxAge, maxEntries, maxBytes, mostEntries, mostBytes],
        ...[[...since.keys()].map(topicKeyOf), [...since.values()]],
      ],
      this.appended,
    );
    const { epoch, at, entries } = found ?? missing();
    return { epoch: epochOf(epoch), position: Number(at), entries: entries?.map(entryIn) };
  }

  async forget(stream: string): Promise<void> {
    await this.ask('forget_v1($1, $2)', [nameOf(stream)]);
  }

  placeIn(told: unknown): Place | undefined {
    return placeIn(told);
  }

  async close(): Promise<void> {
    clearInterval(this.cleaning);
    this.outbox?.close();
    await this.reader.close();
  }

  private async count(
    entry: Entry,
    announcement: Announcement,
    send: SendBatch<EntryRow, string | null>,
  ): Promise<Place | undefined> {
    const messages = announcement.namespaces.flatMap((namespace) => this.bus.nextMessage(namespace));
    const row: EntryRow = { ...columnsOf(entry, announcement), messages: messages.join('\n') };
    const answer = this.bus.enqueue(send, row, row.data.length);
    this.appended = answer.catch(() => undefined);
    const place = await answer;
    return place === null ? undefined : placeIn(JSON.parse(place));
  }

  private readonly appendAll: SendBatch<EntryRow, string | null> = (client, rows) => {
    return this.countBy('append_v1', client, rows);
  };

  private readonly takeAll: SendBatch<EntryRow, string | null> = (client, rows) => {
    return this.countBy('take_v1', client, rows);
  };

  /** @param name that of the function in the database */
  private async countBy(
    name: string,
    client: PostgresClient,
    rows: readonly EntryRow[],
  ): Promise<Array<string | null>> {
    const { schema, logPosition = 'NULL' } = this.state ?? notPrepared();
    const lists = COLUMNS.map((column) => rows.map((row) => row[column]));
    const { maxEntries, maxBytes } = this.limits;
    const values = [this.home.cluster, this.bus.channel, maxEntries, maxBytes, ...lists];
    const names = values.map((_, index) => `$${index + 1}`).join(', ');
    const text = `SELECT ${schema}.nestjs_sockets_${name}(${names}) AS places, ${logPosition}::text AS seen`;
    const answer = (await client.query(text, values)) as {
      rows: Array<{ places: Array<string | null>; seen: string }>;
    };
    const [{ places, seen } = missing()] = answer.rows;
    this.seen = seen;
    return places;
  }

  private makeOutbox(): PostgresOutbox {
    return new PostgresOutbox({
      write: (entries) => {
        const { schema, epoch } = this.state ?? notPrepared();
        const rows = entries.map((one) => this.outboxRowOf(one));
        const values = [this.home.cluster, epoch, JSON.stringify(rows)];
        return [`SELECT ${schema}.nestjs_sockets_write_v1($1, $2, $3) AS written`, values];
      },
      append: (entry, announcement) => this.count(entry, announcement, this.takeAll),
      waiting: (most) => this.waiting(most),
      relay: async (client, all) => {
        const { schema } = this.state ?? notPrepared();
        const { maxEntries, maxBytes } = this.limits;
        const relayed: string[][] = [];
        for (const { ids, sender } of all) {
          const values = [this.home.cluster, this.bus.channel, maxEntries, maxBytes, ids, sender];
          const text = `SELECT ${schema}.nestjs_sockets_relay_v2($1, $2, $3, $4, $5, $6) AS relayed`;
          const { rows } = (await client.query(text, values)) as { rows: Array<{ relayed: string[] }> };
          relayed.push(rows[0]?.relayed ?? []);
        }
        return relayed;
      },
      enqueue: (send, value, bytes) => this.bus.enqueue(send, value, bytes),
    });
  }

  /** Names what waits, and learns of a new epoch, which another server may have begun while this one was connected. */
  private async waiting(most: number): Promise<string[]> {
    const state = this.state ?? notPrepared();
    const text =
      `SELECT c.epoch, w.id FROM ${state.schema}.nestjs_sockets_clusters c ` +
      `LEFT JOIN ${state.schema}.nestjs_sockets_waiting_v1($1, $2) w ON true WHERE c.name = $1`;
    const rows = await this.reader.query<{ epoch: string; id: string | null }>(text, [this.home.cluster, most]);
    if (rows[0]) state.epoch = rows[0].epoch;
    return rows.flatMap(({ id }) => id ?? []);
  }

  private outboxRowOf([entry, announcement]: Announced): object {
    const envelopes = announcement.namespaces.map((namespace) => this.bus.envelopeOf(namespace));
    return { ...columnsOf(entry, announcement), envelopes: envelopes.join('\n') };
  }

  /** Calls a function in the database; its first value is the name of the cluster. */
  private async ask<Row>(call: string, values: readonly unknown[], before?: Promise<unknown>): Promise<Row[]> {
    const { schema } = this.state ?? notPrepared();
    return this.reader.query(`SELECT * FROM ${schema}.nestjs_sockets_${call}`, [this.home.cluster, ...values], before);
  }

  /** Has Postgres delete what is too old, a part of one stream at a time, so that publications do not wait for it. */
  private async clean(): Promise<void> {
    if (this.isCleaning) return;
    this.isCleaning = true;
    try {
      for (let after = ''; ;) {
        const [row] = await this.ask<{ cleaned: string; deleted: string }>('clean_v2($1, $2, $3, $4)', [
          after,
          this.limits.maxAge,
          MOST_DELETED,
        ]);
        if (!row) break;
        if (Number(row.deleted) < MOST_DELETED) after = row.cleaned;
      }
    } catch {
      // Later then, or another server does it.
    } finally {
      this.isCleaning = false;
    }
  }
}

function columnsOf(entry: Entry, { text }: Announcement): Omit<EntryRow, 'messages'> {
  const { topics, once, id, bytes, json } = entry;
  const [before, between, after] = text.map(escaped);
  return {
    stream: nameOf(entry.stream),
    id: hashOf('sha256', id),
    key: hashOf('sha256', once === undefined ? `id ${id}` : `once ${once}`),
    isOnce: once !== undefined,
    topics: topics.map(topicKeyOf).join(' '),
    topicNames: escaped(JSON.stringify(topics)),
    bytes,
    data: escaped(json),
    before,
    between,
    after,
  };
}

/** What stands for the name of a stream, which may be anything: Postgres takes no NUL. */
function nameOf(stream: string): string {
  return encodeURIComponent(stream);
}

function topicKeyOf(topic: string): string {
  return hashOf('sha256', topic).slice(0, 32);
}

function notPrepared(): never {
  throw new Error('Postgres has not been reached yet.');
}

function missing(): never {
  throw new Error('Postgres has not answered what was asked.');
}
