import type { Query, QueryClient } from '@tanstack/query-core';
import type { Live, LiveState } from '../client/index.js';

/** The query of a live one, while somebody shows it, and for a while after that. */
export class FollowedQuery {
  /** What its read has answered, which TanStack Query is about to show. */
  #read: unknown;
  #isFirstRead = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop: () => void;

  constructor(
    private readonly client: QueryClient,
    private readonly query: Query,
    private readonly live: Live,
    private readonly options: { linger: number; onEnd: () => void },
  ) {
    this.#stop = live.subscribe((state) => this.#show(state));
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
    this.#timer = isInUse ? undefined : (this.#timer ?? setTimeout(() => this.end(), this.options.linger));
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#stop();
    this.options.onEnd();
  }

  #show({ data, status, error }: LiveState): void {
    const { query } = this;
    const isBeingRead = query.state.fetchStatus === 'fetching';
    if (error) {
      // Whoever reads is told by the read itself.
      if (isBeingRead) return;
      const { errorUpdateCount } = query.state;
      query.setState({
        ...(data === undefined && { data }),
        error,
        status: 'error',
        errorUpdatedAt: Date.now(),
        errorUpdateCount: errorUpdateCount + 1,
      });
    } else if (data !== undefined && (data !== query.state.data || query.state.status === 'error')) {
      // The first answer is shown by the read.
      if (!isBeingRead || query.state.data !== undefined) this.client.setQueryData(query.queryKey, data);
    } else if (status === 'closed' && query.getObserversCount() === 0) {
      this.end();
    }
  }
}
