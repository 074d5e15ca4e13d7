import { useMemo, useSyncExternalStore } from 'react';
import type { LiveOptions, LiveState, LiveStatus, RequestError, RowOf } from '../client/index.js';
import { useLiveStore } from './live-store.js';

/** What `useLive` returns. It is the same object until something of it changes. */
export interface LiveResult<Body> {
  /** The body of the route's answer, with every change since. Equal parts are those of the render before. */
  readonly data: Body | undefined;
  /** `idle` while there is no url; otherwise as that of a live query. */
  readonly status: LiveStatus | 'idle';
  /** Whether the first data are still on their way. */
  readonly isLoading: boolean;
  /** Why there are no data, or why they are stale. */
  readonly error: RequestError | undefined;
  /** Reads again, and resolves with the data. @throws RequestError */
  readonly reload: () => Promise<Body>;
}

/**
 * Reads a route, and shows what it has answered as it changes. Components that ask for the same share one read and one
 * subscription, which ends some time after the last of them is unmounted (option `linger`).
 *
 * @param url the path of the route, or `null` to wait until it is known
 * @param options those of `sockets.live()`; functions may be written inline, but what they depend on belongs into
 * `params` or `query`
 * @example
 * ```ts
 * import { useLive } from 'nestjs-sockets/react';
 * import { createElement } from 'react';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 *   position: number;
 * }
 *
 * export function Board({ boardId }: { boardId: number | null }) {
 *   const { data = [], isLoading, error } = useLive<Card[]>(boardId && '/boards/:boardId/cards', {
 *     params: { boardId: boardId ?? 0 },
 *     compare: (one, other) => one.position - other.position,
 *   });
 *   if (isLoading) return 'One moment …';
 *   if (error) return error.message;
 *   return createElement('ul', null, ...data.map(({ id, title }) => createElement('li', { key: id }, title)));
 * }
 * ```
 */
export function useLive<Body = unknown, Row = RowOf<Body>>(
  url: string | null | undefined | 0 | false,
  options: LiveOptions<Row, Body> = {},
): LiveResult<Body> {
  const store = useLiveStore<Body, Row>(url || null, options);
  const { subscribe, getSnapshot, getServerSnapshot } = store ?? NOTHING;
  const state = useSyncExternalStore(subscribe, getSnapshot as () => LiveState<Body> | undefined, getServerSnapshot);
  return useMemo(() => resultOf(state, store?.reload ?? NOTHING.reload), [state, store]);
}

function resultOf<Body>(state: LiveState<Body> | undefined, reload: () => Promise<Body>): LiveResult<Body> {
  const { data, status, error } = state ?? { data: undefined, status: 'idle' };
  return { data, status, isLoading: status === 'loading', error, reload };
}

/** What there is to show without a url. */
const NOTHING = {
  subscribe: () => () => undefined,
  getSnapshot: () => undefined,
  getServerSnapshot: () => undefined,
  reload: () => Promise.reject(new TypeError('useLive: without a url, there is nothing to read again')),
};
