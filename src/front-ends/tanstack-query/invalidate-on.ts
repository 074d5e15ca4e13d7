import type { Query, QueryClient, QueryFilters, QueryKey } from '@tanstack/query-core';
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
  const miss = (): void => add('missed', () => void invalidate(queryClient, missed));
  const missOf = ({ resource }: { resource?: string }): void => {
    if (resource !== undefined && resource in resources) miss();
  };
  let isConnected = sockets.state.status === 'connected';
  const stops = [
    ...Object.entries<KeysOf<Record<string, unknown>> | undefined>(resources as object as Record<string, never>).map(
      ([resource, keysOf]) =>
        sockets.on(resource, (message, note) => {
          for (const queryKey of keysOf?.(message, note) ?? []) {
            add(JSON.stringify(queryKey), () => void invalidate(queryClient, { queryKey }));
          }
        }),
    ),
    sockets.onGap(({ resource, recovered }) => !recovered && missOf({ resource })),
    sockets.onStale(missOf),
    sockets.onRevoked((revocation) => {
      if ('code' in revocation) missOf('resource' in revocation ? revocation : {});
      else if ('everything' in revocation || ('resource' in revocation && revocation.resource in resources)) {
        add('revoked', () => void revoke(queryClient, missed));
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

async function invalidate(queryClient: QueryClient, filters: QueryFilters): Promise<void> {
  const all = queryClient.getQueryCache().findAll(filters);
  // TanStack Query takes a first answer for a fresh one, though it may be older than the message.
  for (const query of all.filter(isFirstFetched)) {
    const { queryKey } = query;
    const again = (): void => void queryClient.invalidateQueries({ queryKey, exact: true });
    query.promise?.then(again, () => undefined);
  }
  await queryClient.invalidateQueries(filters);
}

/** Has queries fetched again that may show what is no longer to be seen, and forgets what is not fetched. */
async function revoke(queryClient: QueryClient, filters: QueryFilters): Promise<void> {
  const cache = queryClient.getQueryCache();
  // Whoever shows it next would be shown the past. What no function has fetched is the page's own.
  for (const query of cache.findAll(filters)) if (isHidden(query) && query.options.queryFn) cache.remove(query);
  await invalidate(queryClient, filters);
  for (const query of cache.findAll(filters)) if (query.state.status === 'error') query.setState({ data: undefined });
}

function isHidden(query: Query): boolean {
  return query.getObserversCount() === 0 && query.state.fetchStatus === 'idle';
}

function isFirstFetched({ state }: Query): boolean {
  return state.fetchStatus === 'fetching' && state.data === undefined;
}
