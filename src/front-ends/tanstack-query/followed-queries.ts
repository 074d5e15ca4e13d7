import type { Query, QueryCache, QueryCacheNotifyEvent, QueryClient } from '@tanstack/query-core';
import type { SocketsClient } from '../client/index.js';
import { FollowedQuery, type LiveOrigin } from './followed-query.js';

const followed = new WeakMap<object, FollowedQuery>();

/** How many queries of a cache are followed, and what ends listening to it. */
const listening = new WeakMap<QueryCache, { count: number; stop: () => void }>();

/** Tells whether a query of a cache is kept in step by this client. */
export function isFollowed(query: object, sockets: SocketsClient): boolean {
  return followed.get(query)?.isKeptBy(sockets) ?? false;
}

/** Reads what a query shows, and keeps it in step from then on. */
export function follow(client: QueryClient, query: Query, from: LiveOrigin): Promise<unknown> {
  const known = followed.get(query);
  if (known?.isKeptBy(from.sockets)) return known.read();
  known?.end();
  const forget = (): void => {
    if (followed.get(query) === added && followed.delete(query)) release(client.getQueryCache());
  };
  const added = new FollowedQuery(client, query, from, forget);
  followed.set(query, added);
  listen(client.getQueryCache());
  return added.read();
}

function listen(cache: QueryCache): void {
  const known = listening.get(cache);
  if (known) known.count++;
  else listening.set(cache, { count: 1, stop: cache.subscribe(hear) });
}

function release(cache: QueryCache): void {
  const known = listening.get(cache);
  if (!known || --known.count > 0) return;
  listening.delete(cache);
  known.stop();
}

function hear(event: QueryCacheNotifyEvent): void {
  const query = followed.get(event.query);
  if (event.type === 'removed') query?.end();
  else query?.changed(event.type === 'updated' && event.action.type === 'success' && event.action.manual !== true);
}
