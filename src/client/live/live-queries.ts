import type { DeliveryNote } from '../../protocol/notes.js';
import type { Revocation } from '../../protocol/subscription.js';
import type { ConnectionState } from '../connection/connection.js';
import type { LiveRequest } from './live.options.js';
import { LiveQuery, type LiveSource } from './live-query.js';
import { MessageLog } from './message-log.js';

/** Who holds a query. Nobody does while it lingers. */
interface Use {
  query: LiveQuery;
  holders: number;
  timer?: ReturnType<typeof setTimeout>;
}

/** The live queries of one client: equal ones are one, which ends some time after the last of its holders. */
export class LiveQueries {
  readonly #uses = new Map<string, Use>();
  readonly #log = new MessageLog();

  constructor(private readonly source: LiveSource) {}

  /** Returns the query that shows what is asked for, and has it go on. One that has ended may be given back. */
  open(request: LiveRequest, ended?: LiveQuery): LiveQuery {
    let use = this.#uses.get(request.key);
    if (!use) {
      use = { query: ended ?? new LiveQuery(request, this.source, this.#log), holders: 0 };
      this.#uses.set(request.key, use);
    }
    const { query } = use;
    // Functions that are written anew each time mean the same.
    query.request = request;
    if (!query.isReading) query.start();
    if (use.holders === 0) this.#linger(use);
    return query;
  }

  /** @returns a function that ends it */
  hold(query: LiveQuery): () => void {
    const use = this.#uses.get(query.request.key);
    if (use?.query !== query) return () => undefined;
    clearTimeout(use.timer);
    use.holders++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--use.holders === 0) this.#linger(use);
    };
  }

  receive(resource: string, message: unknown, note: Partial<DeliveryNote> | null | undefined): void {
    const logged = { resource, message, note: note ?? {} };
    if (logged.note.topics) this.#log.add(logged, this.#uses.size > 0);
    for (const query of this.#queries) query.receive(logged);
  }

  revoked(revocation: Revocation): void {
    for (const query of this.#queries) query.revoked(revocation);
  }

  lost(resource: string): void {
    for (const query of this.#queries) query.lost(resource);
  }

  connectionChanged({ status, reason }: ConnectionState): void {
    for (const query of this.#queries) query.connectionChanged(status === 'connected', reason);
  }

  /** Ends reading until there is a connection again. */
  close(): void {
    for (const use of this.#uses.values()) {
      clearTimeout(use.timer);
      use.query.stop(true);
      if (use.holders === 0) this.#uses.delete(use.query.request.key);
    }
    this.#log.clear();
  }

  get #queries(): LiveQuery[] {
    return [...this.#uses.values()].map(({ query }) => query);
  }

  #linger(use: Use): void {
    const { query } = use;
    clearTimeout(use.timer);
    if (this.#uses.get(query.request.key) !== use) return;
    use.timer = setTimeout(() => {
      this.#uses.delete(query.request.key);
      query.stop();
      if (this.#uses.size === 0) this.#log.clear();
    }, query.request.linger);
  }
}
