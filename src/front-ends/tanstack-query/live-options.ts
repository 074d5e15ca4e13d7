import type { DataTag, Query, QueryClient, QueryKey } from '@tanstack/query-core';
import type { BodyOf, LiveOptions, RequestError, RowOf, SocketsClient } from '../client/index.js';
import { type AnyClient, clientOf, type LiveOptionsOf, type ReadPaths, type UntypedClient } from '../any-client.js';
import { follow, isFollowed } from './followed-queries.js';
import { mayBeShown } from './followed-query.js';

/**
 * The key of a live query: `['sockets', '/boards/:boardId/cards', { params: { boardId: 7 } }]`, and its `query` and
 * namespace if it has them. A page that has a second client of a namespace, such as one for each user who signs in, has
 * the number of the client there, too.
 */
export type LiveQueryKey = readonly ['sockets', url: string, asked: Readonly<Record<string, unknown>>];

/** What `liveOptions` returns: options for `useQuery`, `createQuery`, `prefetchQuery` and the like, to be spread. */
export interface LiveQueryOptions<Body> {
  queryKey: DataTag<LiveQueryKey, Body, RequestError>;
  /** Reads the route, and keeps the cached query in step from then on. */
  queryFn: (context: { client: QueryClient; queryKey: QueryKey }) => Promise<Body>;
  /** What is kept in step is never stale; what is not, always. */
  staleTime: (query: { queryHash: string }) => number;
  /** What is not kept in step is read when it is shown, whatever the defaults of the page say. */
  refetchOnMount: true;
  retryOnMount: true;
  /** The library tries again by itself what may be temporary, and shows that then. */
  retry: false;
  /** What has not changed is the same object already. */
  structuralSharing: false;
  /** What the option `initial` holds. */
  initialData?: () => Body | undefined;
}

const DEFAULT_LINGER = 5_000;

const numbers = new WeakMap<SocketsClient, number>();
/** How many clients there were, by namespace. */
const counts = new Map<string, number>();

/**
 * Returns options for TanStack Query, in any framework, whose data are kept in step with the server while somebody
 * shows them: they are set as they change, and read again only where a live query would be.
 *
 * @param options those of `sockets.live()`
 * @example
 * ```ts
 * import { useQuery } from '@tanstack/react-query';
 * import { connect } from 'nestjs-sockets/client';
 * import { liveOptions } from 'nestjs-sockets/tanstack-query';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 *   position: number;
 * }
 *
 * const sockets = connect('http://localhost:3000');
 *
 * const cardsOf = (boardId: number) =>
 *   liveOptions<Card[]>(sockets, '/boards/:boardId/cards', {
 *     params: { boardId },
 *     compare: (one, other) => one.position - other.position,
 *   });
 *
 * export function Count({ boardId }: { boardId: number }) {
 *   const { data, error } = useQuery(cardsOf(boardId));
 *   return error ? error.message : data?.length;
 * }
 * ```
 */
export function liveOptions<Body = unknown>(
  sockets: UntypedClient,
  url: string,
  options?: LiveOptions<RowOf<Body>, Body>,
): LiveQueryOptions<Body>;
/** The same for a client of `connect<Api>()`: the types of the route are those of the map. */
export function liveOptions<Api, Path extends string>(
  sockets: AnyClient & { readonly '~api'?: Api },
  url: Path & ReadPaths<Api>,
  ...options: LiveOptionsOf<Api, Path>
): LiveQueryOptions<BodyOf<Api, 'GET', Path>>;
export function liveOptions(
  given: AnyClient,
  url: string,
  options: LiveOptions<unknown> = {},
): LiveQueryOptions<unknown> {
  const sockets = clientOf(given);
  const { params, query, initial, linger = DEFAULT_LINGER } = options;
  const { nsp } = sockets.socket as unknown as { nsp: string };
  const number = numberOf(sockets, nsp);
  const asked = {
    ...(params && { params }),
    ...(query && { query }),
    ...(nsp !== '/' && { namespace: nsp }),
    ...(number > 1 && { client: number }),
  };
  return {
    queryKey: ['sockets', url, asked] as unknown as LiveQueryOptions<unknown>['queryKey'],
    queryFn: ({ client, queryKey }) => {
      // The cached query goes on after the last who shows it, so the live one need not.
      const open = () => sockets.live(url, { ...options, linger: 5000 });
      return follow(client, cached(client, queryKey), { sockets, open, linger, initial: initial?.body });
    },
    staleTime: (cachedQuery) => (isFollowed(cachedQuery, sockets) ? Infinity : 0),
    refetchOnMount: true,
    retryOnMount: true,
    retry: false,
    structuralSharing: false,
    ...(initial && { initialData: () => (mayBeShown(initial.body) ? initial.body : undefined) }),
  };
}

/**
 * Tells apart the clients of a page, so that what one was shown is not shown to the next one, which may be of another
 * user or another server. On a server all have the first number: each request has a cache of its own there, and the
 * page is to find what was dehydrated.
 */
function numberOf(sockets: SocketsClient, namespace: string): number {
  if (!('window' in globalThis)) return 1;
  const known = numbers.get(sockets) ?? (counts.get(namespace) ?? 0) + 1;
  if (!numbers.has(sockets)) counts.set(namespace, known);
  numbers.set(sockets, known);
  return known;
}

function cached(client: QueryClient | undefined, queryKey: QueryKey): Query {
  const query = client?.getQueryCache().find({ queryKey, exact: true });
  if (query) return query;
  throw new Error(
    'liveOptions: this query function is called by something else than TanStack Query 5.69 or later, whose client ' +
      'it is to be given. Update @tanstack/query-core, or the package for your framework',
  );
}
