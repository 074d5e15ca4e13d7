import type { Positions } from '../../protocol/position.js';
import type { Verdict } from '../subscriptions/subscription-policies.js';
import type { ReadPosition } from './read-position.js';

/** How long the answer of one run of a handler is given to others, in milliseconds. */
const MAX_AGE = 1_000;

/** One run of a handler, whose answer others are given. */
export interface SharedRun {
  /** When its request was received, by `performance.now()`: what a user has lost since is lost to all readers. */
  readonly receivedAt: number;
  /** How far the answer reaches. */
  readonly position: Positions | undefined;
  readonly answer: unknown;
  /** What policies have said of the reader, by what they were asked about. */
  readonly verdicts: Map<string, Verdict | Promise<Verdict>>;
}

/** One reader, with what its run would be if it does not find another's. */
export interface Sharer {
  /** The same for readers who are answered alike. */
  key: string;
  /** The socket that asks; `undefined` where the request came over HTTP. */
  reader: object | undefined;
  receivedAt: number;
  position: ReadPosition;
}

/**
 * Gives readers who come back at the same time the answer of one run of a handler, where its route says that it is the
 * same for all of them. They are sent what was published since that run began.
 */
export class SharedReads {
  private readonly runs = new Map<string, SharedRun & { begunAt: number; readers: WeakSet<object> }>();

  /**
   * Returns the run that a reader takes part in: its own if there is none, or none that knows what the client has. Who
   * reads the same again wants to know what has changed since, which nothing but a new run says.
   */
  join({ key, reader = {}, receivedAt, position }: Sharer, handle: () => unknown): SharedRun {
    this.forgetOld();
    const known = this.runs.get(key);
    if (known && !known.readers.has(reader) && position.adopt(known.position)) {
      known.readers.add(reader);
      return known;
    }
    const answer = handle();
    const readers = new WeakSet([reader]);
    const begunAt = performance.now();
    const run = { receivedAt, position: position.known, answer, verdicts: new Map(), begunAt, readers };
    this.runs.delete(key);
    // Of anything else, such as an Observable, each reader needs one of its own.
    if (!(answer instanceof Promise)) return run;
    this.runs.set(key, run);
    answer.catch(() => this.forget(key, run));
    return run;
  }

  private forget(key: string, run: SharedRun): void {
    if (this.runs.get(key) === run) this.runs.delete(key);
  }

  private forgetOld(): void {
    const until = performance.now() - MAX_AGE;
    for (const [key, run] of this.runs) {
      if (run.begunAt > until) return;
      this.runs.delete(key);
    }
  }
}
