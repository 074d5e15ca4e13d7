import type { SocketResponse } from '../../protocol/request.js';
import { abortReason, type AbortSignalLike } from '../assertions.js';
import { readAnswer } from '../response.js';

/** An event that the server answers. */
export interface Outgoing {
  event: string;
  argument: object;
  /** As errors name it: `GET /boards/7`. */
  name: string;
}

/** What becomes of a request if the connection goes away: most fail once they were sent, and wait for the next connection if they were not. */
export type WhenLost = 'fails' | 'is sent again' | 'is dropped';

/** On what terms an answer is waited for. */
export interface Terms {
  /** Milliseconds, from the call to the answer. */
  timeout: number;
  signal?: AbortSignalLike | undefined;
  /** @default 'fails' */
  whenLost?: WhenLost;
}

/** A request without an outcome yet. It has exactly one, and leaves neither timer nor listener behind. */
export class PendingRequest {
  readonly answer: Promise<SocketResponse>;
  /** Its place among those that were sent. */
  number = Infinity;
  isOver = false;
  private resolve!: (response: SocketResponse) => void;
  private reject!: (reason: unknown) => void;
  private readonly timer: ReturnType<typeof setTimeout>;

  constructor(
    readonly outgoing: Outgoing,
    readonly terms: Terms,
    onTimeout: () => void,
    private readonly onOver: () => void,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.timer = setTimeout(onTimeout, terms.timeout);
    terms.signal?.addEventListener('abort', this.abort);
  }

  succeed(answer: unknown): void {
    this.end();
    try {
      this.resolve(readAnswer(this.outgoing.name, answer));
    } catch (error) {
      this.reject(error);
    }
  }

  fail(reason: unknown): void {
    this.end();
    this.reject(reason);
  }

  private readonly abort = (): void => {
    if (this.terms.signal) this.fail(abortReason(this.terms.signal));
  };

  private end(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.terms.signal?.removeEventListener('abort', this.abort);
    this.onOver();
  }
}
