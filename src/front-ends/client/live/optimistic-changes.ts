import type { ClientResponse } from '../answers/response.js';
import { resultOf } from '../resource-listeners.js';

/** Returns what the data will be. It leaves those that it is given as they are. */
export type Optimistic<Body = unknown> = (data: Body) => Body;

/** A change that was sent to the server. */
export interface SentChange {
  /** Its mutation id, if it has one. */
  id: string | undefined;
  /** Settles with the answer, and after everything that was published about it and is sent to this client. */
  heard: Promise<ClientResponse>;
}

/** A change that is shown before the server has told of it. */
export interface OptimisticChange {
  readonly id: string | undefined;
  readonly apply: Optimistic;
  isSettled: boolean;
  /** Whether all that was published about it so far is in the data: `undefined` if that is nothing. */
  isApplied?: boolean;
  /** The number of the first read that was sent after it was settled: the answer has it, as have all later ones. */
  firstRead: number;
}

/** The changes of a query that its data do not have yet, in the order in which they were made. */
export class OptimisticChanges {
  #all: OptimisticChange[] = [];

  add(id: string | undefined, apply: Optimistic): OptimisticChange {
    const change = { id, apply, isSettled: false, firstRead: Infinity };
    this.#all.push(change);
    return change;
  }

  remove(change: OptimisticChange): void {
    this.#all = this.#all.filter((one) => one !== change);
  }

  /** Returns the one that a message is about. */
  find(mutation: string | undefined): OptimisticChange | undefined {
    return mutation === undefined ? undefined : this.#all.find(({ id }) => id === mutation);
  }

  /** The answer to a read is about to be shown, which has what was done before that was sent. */
  answered(number: number): void {
    this.#all = this.#all.filter(({ firstRead }) => firstRead > number);
  }

  /** Returns what the data are with all of them. */
  over(data: unknown): unknown {
    return this.#all.reduce((shown, { apply }) => resultOf(() => apply(shown), shown), data);
  }
}
