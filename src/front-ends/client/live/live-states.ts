import { RequestError } from '../answers/request-error.js';
import { callListener } from '../resource-listeners.js';
import type { LiveChange } from './rows/reconcile.js';

/**
 * How a live query stands: `loading` until there are data for the first time; `live` while they are in step with the
 * server; `stale` while they may not be, such as without a connection; `error` if there are none, since the route
 * refuses them or has failed; `closed` after `close()`.
 */
export type LiveStatus = 'loading' | 'live' | 'stale' | 'error' | 'closed';

/** What a live query shows. It is the same object until something of it changes. */
export interface LiveState<Body = unknown> {
  /** The body of the route's answer, with every change since. Equal parts are those of the state before. */
  readonly data: Body | undefined;
  readonly status: LiveStatus;
  /** Why there are no data, or why they are stale. */
  readonly error?: RequestError;
}

/** Called with each state, and with what has changed in the rows, if that is known. */
export type LiveListener<Body> = (state: LiveState<Body>, change?: LiveChange) => void;

interface Waiter {
  /** The number of the first read whose outcome counts. */
  number: number;
  resolve: (data: unknown) => void;
  reject: (error: RequestError) => void;
}

/** The states of a live query, and who waits for them. */
export class LiveStates {
  #state: LiveState;
  #hasData: boolean;
  #data: unknown;
  #error: RequestError | undefined;
  #isInStep = false;
  #isClosed = false;
  readonly #listeners = new Set<{ listener: LiveListener<unknown> }>();
  readonly #waiters = new Set<Waiter>();

  constructor(initial: { readonly body: unknown } | undefined) {
    this.#hasData = initial !== undefined;
    this.#data = initial?.body;
    this.#state = this.#current;
  }

  get hasData(): boolean {
    return this.#hasData;
  }

  get now(): LiveState {
    return this.#state;
  }

  listen(listener: LiveListener<unknown>): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Resolves with the data when the answer to a read is shown that has this number or a greater one. */
  next(number: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiters.add({ number, resolve, reject }));
  }

  /** Shows data that are in step. */
  show(data: unknown, change: LiveChange): void {
    this.#error = undefined;
    this.#isInStep = true;
    this.#isClosed = false;
    this.#set(data, change);
  }

  answered(number: number): void {
    for (const { resolve } of this.#takeWaiters(number)) resolve(this.#data);
  }

  /** Shows other data, in step or not. */
  replace(data: unknown, change: LiveChange): void {
    if (this.#hasData) this.#set(data, change);
  }

  /** The data may be out of step from now on. */
  suspend(isClosed: boolean): void {
    this.#isInStep = false;
    this.#isClosed = isClosed;
    this.#tell();
    if (isClosed) this.#reject(new RequestError('the live query was closed', { code: 'CLOSED' }));
  }

  /**
   * Something has failed. Data stay.
   *
   * @param number that of the read, if it is one
   */
  fail(error: RequestError, number?: number): void {
    this.#error = error;
    this.#isInStep = false;
    this.#tell();
    this.#reject(error, number);
  }

  /** There are no data for this client any more. */
  forget(error: RequestError, change: LiveChange, number?: number): void {
    this.#hasData = false;
    this.#data = undefined;
    this.#error = error;
    this.#isInStep = false;
    this.#tell(change);
    this.#reject(error, number);
  }

  #set(data: unknown, change: LiveChange): void {
    this.#hasData = true;
    this.#data = data;
    this.#tell(change);
  }

  get #current(): LiveState {
    const error = this.#error;
    return { data: this.#data, status: this.#status, ...(error && { error }) };
  }

  get #status(): LiveStatus {
    if (this.#isClosed) return 'closed';
    if (!this.#hasData) return this.#error ? 'error' : 'loading';
    return this.#isInStep ? 'live' : 'stale';
  }

  #tell(change?: LiveChange): void {
    const { data, status, error } = this.#current;
    const before = this.#state;
    if (before.data === data && before.status === status && before.error === error) return;
    this.#state = this.#current;
    for (const { listener } of [...this.#listeners]) callListener(listener, this.#state, change);
  }

  #reject(error: RequestError, number?: number): void {
    for (const { reject } of this.#takeWaiters(number)) reject(error);
  }

  #takeWaiters(number = Infinity): Waiter[] {
    const taken = [...this.#waiters].filter((waiter) => waiter.number <= number);
    for (const waiter of taken) this.#waiters.delete(waiter);
    return taken;
  }
}
