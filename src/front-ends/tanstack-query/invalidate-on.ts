import type { Query, QueryCacheNotifyEvent, QueryClient, QueryFilters, QueryKey } from '@tanstack/query-core';
import type { DeliveryNote, EventOf, ResourceMessage } from '../client/index.js';
import { type AnyClient, clientOf, type EventsOf } from '../any-client.js';

type KeysOf<Record> = (message: ResourceMessage<Record>, note: DeliveryNote) => readonly QueryKey[];

/** The keys of queries that a message about a resource makes out of date, by resource. */
export type KeysByResource<Events = unknown> = unknown extends Events
  ? Readonly<{ [resource: string]: KeysOf<{ [field: string]: unknown }> }>
  : { readonly [Resource in keyof Events]?: KeysOf<EventOf<Events[Resource]>> | undefined };

/** Options of `invalidateOn`. */
export interface InvalidateOptions {
  /** How long keys are gathered before their queries are invalidated, in milliseconds. @default 50 */
  wait?: number | undefined;
  /**
   * Which queries are out of date when messages were missed, or rights revoked, and nobody knows which.
   *
   * @default all but those of `liveOptions`
   */
  missed?: QueryFilters | undefined;
}

/** Whatever is not kept in step by itself. */
const OTHERS: QueryFilters = { predicate: ({ queryKey }) => queryKey[0] !== 'sockets' };

/** Those that may show what was revoked, until they are fetched. */
const doubtful = new WeakSet<object>();

/**
 * Invalidates queries by messages, for applications that have queries already: those that are shown are fetched again.
 * This client hears of what it has read, so queries should read by it (`sockets.get`, `sockets.fetch`), or over HTTP
 * with `sockets.httpHeaders()`. After a reconnect, and where messages were missed or rights revoked, all queries are
 * invalidated.
 *
 * @returns a function that ends it
 * @example
 * ```ts
 * import { QueryClient } from '@tanstack/query-core';
 * import { connect } from 'nestjs-sockets/client';
 * import { invalidateOn } from 'nestjs-sockets/tanstack-query';
 *
 * const sockets = connect('http://localhost:3000');
 * const queryClient = new QueryClient();
 *
 * const stop = invalidateOn(sockets, queryClient, {
 *   card: ({ id }) => [['cards'], ['card', id]],
 * });
 * ```
 */
export function invalidateOn<Client extends AnyClient>(
  given: Client,
  queryClient: QueryClient,
  resources: KeysByResource<EventsOf<Client>>,
  { wait = 50, missed = OTHERS }: InvalidateOptions = {},
): () => void {
  const sockets = clientOf(given);
  /** What is to be done, by the keys that it is about as JSON. */
  const pending = new Map<string, () => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const add = (name: string, act: () => void): void => {
    pending.set(name, act);
    timer ??= setTimeout(() => {
      timer = undefined;
      const all = [...pending.values()];
      pending.clear();
      for (const one of all) one();
    }, wait);
  };
  const miss = (): void => add('missed', () => invalidate(queryClient, missed));
  const missOf = ({ resource }: { resource?: string }): void => {
    if (resource !== undefined && resource in resources) miss();
  };
  let isConnected = sockets.state.status === 'connected';
  const stops = [
    queryClient.getQueryCache().subscribe(forgetRefused),
    ...Object.entries<KeysOf<Record<string, unknown>> | undefined>(resources as object as Record<string, never>).map(
      ([resource, keysOf]) =>
        sockets.on(resource, (message, note) => {
          for (const queryKey of keysOf?.(message, note) ?? []) {
            add(JSON.stringify(queryKey), () => invalidate(queryClient, { queryKey }));
          }
        }),
    ),
    sockets.onGap(({ resource, recovered }) => !recovered && missOf({ resource })),
    sockets.onStale(missOf),
    sockets.onRevoked((revocation) => {
      if ('code' in revocation) missOf('resource' in revocation ? revocation : {});
      else if ('everything' in revocation || ('resource' in revocation && revocation.resource in resources)) {
        add('revoked', () => revoke(queryClient, missed));
      }
    }),
    // A new connection has no subscriptions: those of the one before have ended with it.
    sockets.onState(({ status }) => {
      if (status === 'connected' && !isConnected) miss();
      isConnected = status === 'connected';
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const stop of stops) stop();
  };
}

/** Has queries fetched again, and hands each one on once no answer from before is on its way to it. */
function invalidate(queryClient: QueryClient, filters: QueryFilters, then?: (query: Query) => void): void {
  const all = queryClient.getQueryCache().findAll(filters);
  const before = new Map(all.map((query) => [query, query.state.fetchStatus === 'fetching' && query.promise]));
  void queryClient.invalidateQueries(filters);
  for (const query of all) {
    const { queryKey, promise } = query;
    // TanStack Query takes that answer for a fresh one, though it may be older than the message.
    const again = (): void => invalidate(queryClient, { queryKey, exact: true }, then);
    if (promise === before.get(query)) promise?.then(again, () => undefined);
    then?.(query);
  }
}

/** Has queries fetched again that may show what is no longer to be seen, and forgets what is not fetched. */
function revoke(queryClient: QueryClient, filters: QueryFilters): void {
  invalidate(queryClient, filters, (query) => {
    doubtful.add(query);
    // What no function has fetched is the page's own.
    if (query.state.fetchStatus !== 'idle' || !query.options.queryFn) return;
    // Whoever shows it next would be shown the past.
    if (query.getObserversCount() === 0) queryClient.getQueryCache().remove(query);
    else {
      forget(query);
      // A static one is fetched only where it has no data.
      if (query.isActive()) query.fetch().catch(() => undefined);
    }
  });
}

/** Forgets the data of a query at its first refusal after a revocation, however late that comes. */
function forgetRefused(event: QueryCacheNotifyEvent): void {
  if (event.type !== 'updated' || !doubtful.has(event.query)) return;
  const { action } = event;
  const query = event.query as Query;
  if (action.type === 'success' && !action.manual) doubtful.delete(query);
  else if ('error' in action && isRefusal(action.error)) forget(query);
}

function forget(query: Query): void {
  const { status } = query.state;
  query.setState({ data: undefined, status: status === 'success' ? 'pending' : status });
}

/** What errors of this client, of `fetch` and of libraries for HTTP say of their cause. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  status?: unknown;
  statusCode?: unknown;
  response?: { status?: unknown };
}

/** How failures look that no server has answered: those of `fetch` and axios, and a fetch that the page cancelled. */
const UNANSWERED = /^TypeError .*(fetch|network|load failed)|^TimeoutError| CancelledError |(NETWORK|ABORTED)$/i;

/** An error that does not say why counts as a refusal: to show too little is better than to show what is secret. */
function isRefusal(error: unknown): boolean {
  const { name, message, code, status, statusCode, response } = (error ?? {}) as Failure;
  const answered = statusCode ?? status ?? response?.status;
  if (typeof answered === 'number') return [401, 403, 404, 410].includes(answered);
  return !UNANSWERED.test(`${name} ${message} ${code}`);
}
