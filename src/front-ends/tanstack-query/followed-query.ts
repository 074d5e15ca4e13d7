import type { Query, QueryClient } from '@tanstack/query-core';
import type { Live, LiveState, SocketsClient } from '../client/index.js';

/** Where the data of a query come from. */
export interface LiveOrigin {
  readonly sockets: SocketsClient;
  readonly open: () => Live;
  /** How long it goes on after the last who shows it, in milliseconds. */
  readonly linger: number;
  /** The body that a server has rendered. */
  readonly initial: unknown;
}

/** What servers have rendered that is not to be shown any more. */
const spent = new WeakSet<object>();

/** Tells whether a body that a server has rendered may still be shown. */
export function mayBeShown(initial: unknown): boolean {
  return !spent.has(initial as object);
}

/** The query of a live one, while somebody shows it, and for a while after that. */
export class FollowedQuery {
  /** What its read has answered, which TanStack Query is about to show. */
  #read: unknown;
  #isFirstRead = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  private readonly live: Live;
  readonly #stop: () => void;

  constructor(
    private readonly client: QueryClient,
    private readonly query: Query,
    private readonly from: LiveOrigin,
    private readonly onEnd: () => void,
  ) {
    this.live = from.open();
    this.#stop = this.live.subscribe((state) => this.#show(state));
  }

  /** A client that was closed keeps nothing in step. */
  isKeptBy(sockets: SocketsClient): boolean {
    return this.from.sockets === sockets && this.live.status !== 'closed';
  }

  /** Resolves with what is shown as soon as it is in step; if it is shown already, after it was read again. */
  async read(): Promise<unknown> {
    const isThere = this.live.status === 'live' || this.live.status === 'stale';
    const isReload = (isThere && !this.#isFirstRead) || this.live.status === 'error';
    this.#isFirstRead = false;
    this.#read = await (isReload ? this.live.reload() : this.live.ready());
    return this.#read;
  }

  /** Something has happened to the query in its cache. */
  changed(isAnswered: boolean): void {
    // What was heard since the answer would be hidden by it.
    if (isAnswered && this.live.data !== this.#read) this.#show(this.live.getSnapshot());
    const isInUse = this.query.getObserversCount() > 0 || this.query.state.fetchStatus !== 'idle';
    if (isInUse) clearTimeout(this.#timer);
    this.#timer = isInUse ? undefined : (this.#timer ?? setTimeout(() => this.end(), this.from.linger));
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#stop();
    this.onEnd();
  }

  /** There is nothing to show any more, nor what a server has rendered of it. */
  #forget(): void {
    const { initial } = this.from;
    if (typeof initial === 'object' && initial !== null) spent.add(initial);
    if (this.query.state.data !== undefined) this.query.setState({ data: undefined, status: 'pending' });
  }

  /** Whether it is shown as failed or out of date, though its data may be the same. */
  get #isInDoubt(): boolean {
    const { status, isInvalidated } = this.query.state;
    return status === 'error' || isInvalidated;
  }

  #show({ data, status, error }: LiveState): void {
    const { query } = this;
    const isBeingRead = query.state.fetchStatus === 'fetching';
    if (status === 'closed') {
      // What is shown may be old from now on, and nobody says so.
      if (query.getObserversCount() > 0) query.invalidate();
      else this.end();
    } else if (error) {
      if (data === undefined) this.#forget();
      // Whoever reads is told by the read itself.
      if (isBeingRead) return;
      const { errorUpdateCount } = query.state;
      query.setState({
        error,
        status: 'error',
        errorUpdatedAt: Date.now(),
        errorUpdateCount: errorUpdateCount + 1,
      });
    } else if (data !== undefined && (data !== query.state.data || this.#isInDoubt)) {
      // The first answer is shown by the read.
      if (!isBeingRead || query.state.data !== undefined) this.client.setQueryData(query.queryKey, data);
    }
  }
}
