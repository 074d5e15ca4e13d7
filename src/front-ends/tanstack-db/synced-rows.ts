import type { PendingMutation, SyncConfig } from '@tanstack/db';
import type { Live, LiveOptions, LiveState } from '../client/index.js';
import { type AnyClient, clientOf } from '../any-client.js';

type Key = string | number;

/** What is synchronized: a route, and how its rows are found. */
export interface Source<Row, RowKey> extends Omit<LiveOptions<Row>, 'initial'> {
  sockets: AnyClient;
  url: string;
  getKey: (row: Row) => RowKey;
  rows?: ((body: never) => readonly Row[]) | undefined;
}

/** The rows of a route, as a collection has them. */
export class SyncedRows<Row extends object, RowKey extends Key> {
  #live: Live | undefined;
  #rows: ReadonlyMap<RowKey, Row> = new Map();

  constructor(private readonly source: Source<Row, RowKey>) {}

  /** Has a collection follow the route until it is cleaned up. */
  readonly sync: SyncConfig<Row, RowKey>['sync'] = (collection) => {
    const { sockets, url, params, query, includes, compare, relations, otherwise, linger } = this.source;
    const given = { params, query, includes, compare, relations, otherwise, linger };
    const set = Object.entries(given).filter(([, value]) => value !== undefined);
    const live = clientOf(sockets).live<unknown, Row>(url, Object.fromEntries(set));
    this.#live = live;
    this.#rows = new Map();
    const stop = live.subscribe((state) => this.#show(state, collection));
    this.#show(live.getSnapshot(), collection);
    return () => {
      stop();
      live.close();
      if (this.#live === live) this.#live = undefined;
    };
  };

  /**
   * Sends changes, and resolves when the rows show them, so that what was shown before is replaced in one step.
   *
   * @throws what `send` has rejected with
   */
  async confirm<Change extends PendingMutation<Row>>(
    changes: readonly Change[],
    send: (change: Change) => Promise<unknown>,
  ): Promise<void> {
    const outcomes = await Promise.allSettled(changes.map((change) => sent(change, send)));
    const done = outcomes.map((outcome) => outcome.status === 'fulfilled');
    const areShown = outcomes.every(
      (outcome, index) => outcome.status === 'rejected' || this.#shows(changes[index], outcome.value),
    );
    // Where it is not sent what it has done itself, or what it is sent cannot be applied, only the route can show it.
    // What has failed then, the query says, and it reads again by itself.
    if (!areShown && done.includes(true)) await this.#live?.reload().catch(() => undefined);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure) throw failure.reason;
  }

  #shows(change: PendingMutation<Row>, answer: unknown): boolean {
    if (!this.#live) return true;
    if (this.#live.status !== 'live') return false;
    if (change.type === 'delete') return !this.#rows.has(change.key as RowKey);
    if (change.type === 'insert') return this.#rows.has(this.#keyIn(answer) as RowKey);
    const row: Partial<Row> | undefined = this.#rows.get(change.key as RowKey);
    const fields = Object.entries(change.changes) as [keyof Row, unknown][];
    return row !== undefined && fields.every(([field, value]) => isSame(row[field], value));
  }

  /** The key that the server has given to a new row. */
  #keyIn(answer: unknown): RowKey | undefined {
    const { body } = (answer ?? {}) as { body?: Row | null };
    return typeof body === 'object' && body !== null ? this.source.getKey(body) : undefined;
  }

  #show({ data, error }: LiveState, collection: Parameters<SyncConfig<Row, RowKey>['sync']>[0]): void {
    const { begin, write, commit, markReady, markError } = collection;
    const before = this.#rows;
    const list = data === undefined ? [] : this.#rowsIn(data);
    const rows = new Map(list.map((row) => [this.source.getKey(row), row]));
    // What has not changed is identical.
    const changed = [...rows].filter(([key, row]) => before.get(key) !== row);
    const gone = [...before.keys()].filter((key) => !rows.has(key));
    this.#rows = rows;
    if (changed.length > 0 || gone.length > 0) {
      begin();
      for (const key of gone) write({ type: 'delete', key });
      for (const [key, value] of changed) write({ type: before.has(key) ? 'update' : 'insert', value });
      void commit();
    }
    if (data !== undefined) markReady();
    else if (error) markError(error);
  }

  #rowsIn(body: unknown): readonly Row[] {
    if (this.source.rows) return this.source.rows(body as never);
    if (Array.isArray(body)) return body as Row[];
    const list = Object.values(body as object).find(Array.isArray) as Row[] | undefined;
    return list ?? [body as Row];
  }
}

/** Sends a change. What was done counts as that, even if the connection was lost before this client had heard of it. */
async function sent<Change>(change: Change, send: (change: Change) => Promise<unknown>): Promise<unknown> {
  try {
    return await send(change);
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code === 'NOT_HEARD') return error;
    throw error;
  }
}

function isSame(shown: unknown, sentValue: unknown): boolean {
  return shown === sentValue || JSON.stringify(shown) === JSON.stringify(sentValue);
}
