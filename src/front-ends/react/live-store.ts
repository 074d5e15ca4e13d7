import { useEffect, useMemo, useRef } from 'react';
import type { Live, LiveOptions, LiveState } from '../client/index.js';
import { useLatest } from './latest.js';
import { useSockets } from './sockets-provider.js';

/** How long a query goes on for a component that is rendered, but not mounted yet, in milliseconds. */
const PATIENCE = 5_000;

/** What a component shows of a live query, which begins when it is first looked at: so none begins on a server. */
export class LiveStore<Body> {
  #live: Live<Body> | undefined;
  #release: (() => void) | undefined;
  readonly #onServer: LiveState<Body>;

  /** @param key the same for stores of equal queries of one client */
  constructor(
    readonly key: string,
    initial: LiveOptions<never, Body>['initial'],
    private readonly open: () => Live<Body>,
  ) {
    this.#onServer = { data: initial?.body, status: initial ? 'stale' : 'loading' };
  }

  get live(): Live<Body> {
    if (!this.#live) {
      this.#live = this.open();
      const release = this.#live.subscribe(() => undefined);
      const timer = setTimeout(release, PATIENCE);
      this.#release = () => {
        clearTimeout(timer);
        release();
      };
    }
    return this.#live;
  }

  readonly getSnapshot = (): LiveState<Body> => this.live.getSnapshot();

  /** What a server renders, and a page before it is hydrated. */
  readonly getServerSnapshot = (): LiveState<Body> => this.#onServer;

  readonly subscribe = (listener: () => void): (() => void) => {
    const end = this.live.subscribe(listener);
    this.#release?.();
    return end;
  };

  readonly reload = (): Promise<Body> => this.live.reload();

  /** Shows rows by functions that are others than before. */
  arrange(keeps?: (row: never) => boolean): void {
    this.#live?.arrange(keeps);
  }
}

/** Returns the store of a live query: the same one until another is asked for. */
export function useLiveStore<Body, Row>(
  url: string | null | undefined,
  options: LiveOptions<Row, Body>,
): LiveStore<Body> | undefined {
  const sockets = useSockets();
  const latest = useLatest(options);
  const { params, query, relations, otherwise, linger, includes, compare } = options;
  const key = JSON.stringify([url ?? null, params, query, relations, otherwise, linger, !!includes, !!compare]);
  const store = useMemo(() => {
    if (url === null || url === undefined) return undefined;
    // Functions that are written anew in each render take the place of those before.
    const functions = {
      ...(includes && { includes: (row: Row) => latest.current.includes?.(row) ?? true }),
      ...(compare && { compare: (row: Row, other: Row) => latest.current.compare?.(row, other) ?? 0 }),
    };
    const { initial } = options;
    return new LiveStore(key, initial, () => sockets.live<Body, Row>(url, { ...options, ...functions }));
    // The key says all of the rest.
  }, [sockets, key]);
  const shown = useRef({ store, first: includes, before: includes });
  useEffect(() => {
    // Functions of another store say nothing about this one.
    if (shown.current.store !== store) shown.current = { store, first: includes, before: includes };
    const { first, before } = shown.current;
    shown.current.before = includes;
    // What a route answers stays, unless a function of before has let it in.
    store?.arrange(first && before && includes && ((row) => !(first(row) || before(row)) || includes(row)));
  }, [store, includes, compare]);
  return store;
}
