import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { LiveOptions, LiveStatus, RequestError, RowOf } from '../client/index.js';
import { firstRead } from './first-reads.js';
import { type LiveStore, useLiveStore } from './live-store.js';
import { useSockets } from './sockets-provider.js';

/** What `useSuspenseLive` returns: data are always there. */
export interface SuspenseLiveResult<Body> {
  /** The body of the route's answer, with every change since. Equal parts are those of the render before. */
  readonly data: Body;
  readonly status: LiveStatus;
  /** Why the data are stale. */
  readonly error: RequestError | undefined;
  /** Reads again, and resolves with the data. @throws RequestError */
  readonly reload: () => Promise<Body>;
}

/**
 * Like `useLive`, for components in a `<Suspense>`, which shows its fallback until the first data are there. What the
 * route is refused with is thrown to the nearest error boundary; so is what ends the right to it later.
 *
 * A server has to be given `initial`, or renders the fallback.
 *
 * @throws RequestError
 * @example
 * ```ts
 * import { useSuspenseLive } from 'nestjs-sockets/react';
 *
 * export function Title({ cardId }: { cardId: number }) {
 *   const { data } = useSuspenseLive<{ title: string }>('/cards/:id', { params: { id: cardId } });
 *   return data.title;
 * }
 * ```
 */
export function useSuspenseLive<Body = unknown, Row = RowOf<Body>>(
  url: string,
  options: LiveOptions<Row, Body> = {},
): SuspenseLiveResult<Body> {
  const sockets = useSockets();
  const store = useLiveStore<Body, Row>(url, options) as LiveStore<Body>;
  const onServer = (): ReturnType<typeof store.getServerSnapshot> => {
    if (options.initial) return store.getServerSnapshot();
    throw new Error(`useSuspenseLive: to render ${url} on a server, give it the option "initial"`);
  };
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, onServer);
  const shown = useRef<LiveStore<Body>>(undefined);
  useEffect(() => {
    shown.current = store;
  });
  const { data, status, error } = state;
  // What was shown is not read again by itself once it is refused.
  // oxlint-disable-next-line typescript/only-throw-error -- In this status it is there.
  if (status === 'error' && shown.current === store) throw error;
  // oxlint-disable-next-line typescript/only-throw-error -- A promise is how React is told to wait.
  if (status === 'loading' || status === 'error') throw firstRead(sockets, store.key, store.live);
  return useMemo(() => ({ data: data as Body, status, error, reload: store.reload }), [data, status, error, store]);
}
