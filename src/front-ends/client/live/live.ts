import { assertArgument } from '../assertions.js';
import { RequestError } from '../answers/request-error.js';
import type { ClientResponse } from '../answers/response.js';
import type { AnyMutatingMethod } from '../requests/mutations.js';
import { callListener } from '../resource-listeners.js';
import type { LiveQueries } from './live-queries.js';
import type { LiveQuery } from './live-query.js';
import type { Optimistic } from './optimistic-changes.js';
import type { LiveListener, LiveState, LiveStatus } from './live-states.js';
import type { LiveMutateOptions, LiveRequest } from './live.options.js';

/** What RxJS and others call with each state. */
interface Observer<T> {
  next?(value: T): void;
  complete?(): void;
}

/** What `using` ends, where TypeScript knows of it. */
type Disposing = typeof Symbol extends { readonly dispose: infer Dispose extends symbol }
  ? { [Key in Dispose]: () => void }
  : object;

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- The constructor gives it the method.
export interface Live<Body = unknown> extends AsyncIterable<LiveState<Body>>, Disposing {}

/**
 * The body of a route's answer, kept in step with the server: `sockets.live()` makes it. Equal ones share one read and
 * one subscription, which end some time after the last subscriber has left (option `linger`).
 *
 * It has `subscribe` and `getSnapshot`, which are bound, for React's `useSyncExternalStore`; it is an `AsyncIterable`
 * of its states, an observable for `from()` of RxJS, and closed at the end of the block that it is declared in by
 * `using`.
 */
export class Live<Body = unknown> {
  #query: LiveQuery;
  #closed: LiveState<Body> | undefined;
  readonly #subscriptions = new Set<{ end: () => void; listener: LiveListener<Body> }>();

  /** @internal */
  constructor(
    private readonly queries: LiveQueries,
    private readonly request: LiveRequest,
  ) {
    this.#query = queries.open(request);
    // Not every platform has these.
    const { observable, dispose } = Symbol as { observable?: symbol; dispose?: symbol };
    if (observable) Object.defineProperty(this, observable, { value: () => this['@@observable']() });
    if (dispose) Object.defineProperty(this, dispose, { value: () => this.close() });
  }

  /** What the instance is called. Also keeps Vue from putting it into a proxy. */
  get [Symbol.toStringTag](): string {
    return 'Live';
  }

  /** The body of the answer in its own shape, with every change since. It stays while the status is `stale`. */
  get data(): Body | undefined {
    return this.getSnapshot().data;
  }

  get status(): LiveStatus {
    return this.getSnapshot().status;
  }

  /** Why there are no data, or why they are stale. */
  get error(): RequestError | undefined {
    return this.getSnapshot().error;
  }

  /** Returns the state, which is the same object until something of it changes. */
  readonly getSnapshot = (): LiveState<Body> => {
    return this.#closed ?? (this.#query.states.now as LiveState<Body>);
  };

  /**
   * Calls the listener with each new state, and has the query go on until then.
   *
   * @returns a function that ends it
   */
  readonly subscribe = (listener: LiveListener<Body>): (() => void) => {
    if (this.#closed) return () => undefined;
    const query = this.#open();
    const release = this.queries.hold(query);
    const stop = query.states.listen(listener as LiveListener<unknown>);
    const subscription = {
      listener,
      end: () => {
        this.#subscriptions.delete(subscription);
        stop();
        release();
      },
    };
    this.#subscriptions.add(subscription);
    return subscription.end;
  };

  /**
   * Resolves with the data once they are in step.
   *
   * @throws RequestError if the route refuses them, or has failed
   */
  async ready(): Promise<Body> {
    const { data, status } = this.getSnapshot();
    if (status === 'live') return data as Body;
    return this.#during(async ({ states }) => {
      // It may go on with an equal one, which has been answered.
      const { now } = states;
      return now.status === 'live' ? now.data : states.next(0);
    });
  }

  /**
   * Reads again, and resolves with the data of a read that began after the call. Without a connection, that is the
   * first one of the next.
   *
   * @throws RequestError if that fails
   */
  reload(): Promise<Body> {
    return this.#during((query) => this.queries.reload(query));
  }

  /**
   * Sends a request that changes something, as `SocketsClient.mutate` does, and shows at once what it will do to the
   * data, if `optimistic` says so: until the server has told of the change, or an answer that was read after it shows
   * it; or until it is refused, which takes it back. It stays over whatever happens in between, and without a
   * connection. Several are shown in the order of the calls.
   *
   * @returns the response, after everything that was published about the change and is sent to this client
   * @throws TypeError, RangeError if an argument is invalid; RequestError
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * interface Card {
   *   id: number;
   *   title: string;
   * }
   *
   * const cards = connect('http://localhost:3000').live<Card[]>('/boards/7/cards');
   * const title = 'Ship it';
   * await cards.mutate('patch', '/cards/5', { title }, {
   *   optimistic: (data) => data.map((card) => (card.id === 5 ? { ...card, title } : card)),
   * });
   * ```
   */
  async mutate<Result = unknown>(
    this: Live<Body> & { readonly '~api'?: undefined }, // whose routes are not known, so that the url may be any
    method: AnyMutatingMethod,
    url: string,
    data?: unknown,
    { optimistic, ...options }: LiveMutateOptions<Body> = {},
  ): Promise<ClientResponse<Result>> {
    assertArgument(
      optimistic === undefined || typeof optimistic === 'function',
      'mutate: the option "optimistic" must be a function that returns what the data will be: (data) => …',
    );
    return this.#during((query) =>
      this.queries.mutate(query, optimistic as Optimistic | undefined, method, url, data, options),
    );
  }

  /**
   * For front ends whose functions change: shows the rows by what `compare` decides now, without those that are not
   * kept.
   *
   * @internal
   */
  arrange(keeps?: (row: never) => boolean): void {
    this.#query.arrange(keeps);
  }

  /** Ends this one for good. Others of the same query go on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = { ...this.getSnapshot(), status: 'closed' };
    for (const { end, listener } of [...this.#subscriptions]) {
      end();
      callListener(listener, this.#closed);
    }
  }

  /** Gives the state, and then each new one; who takes them slowly is given the latest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LiveState<Body>, void, undefined> {
    let wake = (): void => undefined;
    const end = this.subscribe(() => wake());
    let given: LiveState<Body> | undefined;
    try {
      while (given?.status !== 'closed') {
        if (given === this.getSnapshot()) await new Promise<void>((resolve) => (wake = resolve));
        given = this.getSnapshot();
        yield given;
      }
    } finally {
      end();
    }
  }

  /**
   * For RxJS and others, which give the state, and then each new one.
   *
   * @internal
   */
  '@@observable'(): { subscribe(observer: Observer<LiveState<Body>>): { unsubscribe(): void } } {
    return {
      subscribe: (observer) => {
        const give = (state: LiveState<Body>): void => {
          observer.next?.(state);
          if (this.#closed) observer.complete?.();
        };
        const unsubscribe = this.subscribe(give);
        give(this.getSnapshot());
        return { unsubscribe };
      },
    };
  }

  /** Has the query go on until something is done. */
  async #during<Result>(act: (query: LiveQuery) => Promise<unknown>): Promise<Result> {
    if (this.#closed) throw new RequestError('the live query was closed', { code: 'CLOSED' });
    const query = this.#open();
    const release = this.queries.hold(query);
    try {
      return (await act(query)) as Result;
    } finally {
      release();
    }
  }

  #open(): LiveQuery {
    this.#query = this.queries.open(this.request, this.#query);
    return this.#query;
  }
}
