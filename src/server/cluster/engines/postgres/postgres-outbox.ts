import { randomUUID } from 'node:crypto';
import { FailureLog, LineLogger } from '../../../../common/log.js';
import type {
  Announced,
  Announcement,
  Entry,
  Outbox,
  OutboxConnection,
  Place,
  RelayedEntry,
} from '../../journal/journal.js';
import type { SendBatch } from './send-queue.js';

const failures = new FailureLog(new LineLogger('SocketsModule'));

/** How often a server looks for what nobody has counted, in milliseconds. */
const LOOKING = 1_000;

/** How often it must have been seen to be counted here: whose it is would have done so by then. */
const TIMES_SEEN = 3;

/** How many entries are looked at, and how many of them are counted by one statement. */
const MOST_SEEN = 10_000;
const MOST_RELAYED = 500;

/** What the outbox needs of the journal that it belongs to. */
export interface OutboxHome {
  /** Returns SQL that calls a function in the schema of the journal, and values that tell the journal from others. */
  write(entries: readonly Announced[]): [text: string, values: string[]];
  append(entry: Entry, announcement: Announcement): Promise<Place | undefined>;
  /** Names what waits. */
  waiting(most: number): Promise<string[]>;
  /** Counts entries, and tells of them as a sender with this name. Returns those that were not counted before. */
  relay: SendBatch<{ ids: readonly string[]; sender: string }, readonly string[]>;
  enqueue<Value, Answer>(send: SendBatch<Value, Answer>, value: Value, bytes: number): Promise<Answer>;
}

/** Keeps in Postgres what transactions of the application publish, and counts what ended servers have left there. */
export class PostgresOutbox implements Outbox {
  /** How often each entry was seen that waits. Those that are gone are forgotten. */
  private seen = new Map<string, number>();
  private isLooking = false;
  private listener: ((entry: RelayedEntry) => void) | undefined;
  private readonly looking: NodeJS.Timeout;

  constructor(private readonly home: OutboxHome) {
    this.looking = setInterval(() => void this.look(), LOOKING).unref();
  }

  async write(connection: OutboxConnection, entries: readonly Announced[]): Promise<void> {
    const [text, values] = this.home.write(entries);
    await connection.query(text, values);
  }

  append(entry: Entry, announcement: Announcement): Promise<Place | undefined> {
    return this.home.append(entry, announcement);
  }

  onRelayed(listener: (entry: RelayedEntry) => void): void {
    this.listener = listener;
  }

  close(): void {
    clearInterval(this.looking);
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      const ids = await this.home.waiting(MOST_SEEN);
      this.seen = new Map(ids.map((id) => [id, (this.seen.get(id) ?? 0) + 1]));
      const due = ids.filter((id) => (this.seen.get(id) ?? 0) >= TIMES_SEEN);
      for (let from = 0; from < due.length; from += MOST_RELAYED) {
        await this.relay(due.slice(from, from + MOST_RELAYED));
      }
    } catch (error) {
      // Later then, or another server does it.
      failures.report('What transactions have published, and nobody has told yet, could not be looked for.', error);
    } finally {
      this.isLooking = false;
    }
  }

  /** One that Postgres refuses does not keep the others from being told. */
  private async relay(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      const relayed = await this.home.enqueue(this.home.relay, { ids, sender: randomUUID() }, ids.length * 100);
      for (const entry of relayed) this.listener?.(JSON.parse(entry) as RelayedEntry);
    } catch (error) {
      if (ids.length === 1) return failures.report('What a transaction has published could not be told.', error);
      for (const id of ids) await this.relay([id]);
    }
  }
}
