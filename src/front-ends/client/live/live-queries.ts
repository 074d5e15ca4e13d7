import type { DeliveryNote } from '../../../protocol/notes.js';
import type { Revocation } from '../../../protocol/subscription.js';
import type { ClientResponse } from '../answers/response.js';
import type { ConnectionState } from '../connection/connection.js';
import type { LiveRequest } from './live.options.js';
import { LiveQuery } from './live-query.js';
import type { Optimistic, SentChange } from './optimistic-changes.js';
import { MessageLog } from './reads/message-log.js';
import { type LiveSource, SharedRead } from './shared-read.js';

/** Who holds a query. Nobody does while it lingers. */
interface Use {
  read: SharedRead;
  holders: number;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * The live queries of one client. Those for the same url share a read; those with the same rules as well are one, which
 * ends some time after the last of its holders.
 */
export class LiveQueries {
  readonly #reads = new Map<string, SharedRead>();
  readonly #uses = new Map<LiveQuery, Use>();
  readonly #log = new MessageLog();

  constructor(private readonly source: LiveSource) {}

  /** Returns the query that shows what is asked for, and has it go on. One that has ended may be given back. */
  open(request: LiveRequest, ended?: LiveQuery): LiveQuery {
    let read = this.#reads.get(request.key);
    if (!read) this.#reads.set(request.key, (read = new SharedRead(request, this.source, this.#log)));
    const shared: SharedRead = read;
    const known = [...shared.queries].find((query) => hasSameRules(query.request, request));
    const query = known ?? ended ?? new LiveQuery(request);
    const linger = Math.max(request.linger, known?.request.linger ?? 0);
    query.request = { ...request, linger, initial: request.initial ?? query.request.initial };
    const use = this.#uses.get(query) ?? { read: shared, holders: 0 };
    this.#uses.set(query, use);
    shared.add(query);
    if (!shared.isReading) shared.start();
    if (use.holders === 0) this.#linger(query, use);
    return query;
  }

  /** @returns a function that ends it */
  hold(query: LiveQuery): () => void {
    const use = this.#uses.get(query);
    if (!use) return () => undefined;
    clearTimeout(use.timer);
    use.holders++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--use.holders === 0) this.#linger(query, use);
    };
  }

  /** Reads now, and resolves with what the query shows then. */
  reload(query: LiveQuery): Promise<unknown> {
    return (this.#uses.get(query) as Use).read.reload(query);
  }

  /** Sends a change, and has the query show at once what it makes of the data. */
  mutate(
    query: LiveQuery,
    optimistic: Optimistic | undefined,
    ...change: Parameters<LiveSource['mutate']>
  ): Promise<ClientResponse> {
    const send = (): SentChange => this.source.mutate(...change);
    return optimistic ? query.change(optimistic, send) : send().heard;
  }

  receive(resource: string, message: unknown, note: Partial<DeliveryNote> | null | undefined): void {
    const logged = { resource, message, note: note ?? {} };
    if (logged.note.topics) this.#log.add(logged, this.#uses.size > 0);
    for (const read of this.#all) read.receive(logged);
  }

  revoked(revocation: Revocation): void {
    for (const read of this.#all) read.revoked(revocation);
  }

  lost(resource: string): void {
    for (const read of this.#all) read.lost(resource);
  }

  connectionChanged(state: ConnectionState): void {
    for (const read of this.#all) read.connectionChanged(state);
  }

  /** Ends reading until there is a connection again. */
  close(): void {
    for (const read of this.#all) read.stop(true);
    for (const [query, use] of this.#uses) if (use.holders === 0) this.#end(query, use);
    this.#log.clear();
  }

  get #all(): SharedRead[] {
    return [...this.#reads.values()];
  }

  #linger(query: LiveQuery, use: Use): void {
    clearTimeout(use.timer);
    if (this.#uses.get(query) !== use) return;
    use.timer = setTimeout(() => {
      this.#end(query, use);
      if (this.#uses.size === 0) this.#log.clear();
    }, query.request.linger);
  }

  #end(query: LiveQuery, { read, timer }: Use): void {
    clearTimeout(timer);
    this.#uses.delete(query);
    read.remove(query);
    if (read.queries.size === 0) this.#reads.delete(query.request.key);
  }
}

function hasSameRules(one: LiveRequest, other: LiveRequest): boolean {
  const isSame = one.includes === other.includes && one.compare === other.compare && one.reloads === other.reloads;
  return isSame && JSON.stringify(one.relations) === JSON.stringify(other.relations);
}
