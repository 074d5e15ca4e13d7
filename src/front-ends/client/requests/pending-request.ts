import type { SocketResponse } from '../../../protocol/request.js';
import { readResponse } from '../answers/response.js';
import { abortReason, type AbortSignalLike } from './abort-signal.js';

/** An event that the server answers. */
export interface OutgoingEvent {
  event: string;
  argument: object;
  /** The request as errors name it: `GET /boards/7`. */
  name: string;
}

/**
 * What happens to a request when its connection is lost. One that was not sent yet waits for the next, unless it is
 * dropped.
 */
type WhenLost = 'fail' | 'resend' | 'drop';

/** How long to wait for an answer, and what ends the wait. */
export interface SendOptions {
  /** Milliseconds from the call to the answer. */
  timeout: number;
  signal?: AbortSignalLike | undefined;
  /** @default 'fail' */
  whenLost?: WhenLost;
  /** Called whenever it is sent, which may be once more on another connection. */
  onSent?: (() => void) | undefined;
  /** Called with the response before anything that the server has sent after it is, unless it is an error. */
  onAnswer?: ((response: SocketResponse) => void) | undefined;
  /** Called with the response, if it arrives after the wait has ended and is no error. */
  onLateAnswer?: ((response: SocketResponse) => void) | undefined;
}

/**
 * A request that has not been settled yet. It is settled exactly once, by an answer, an error, its timeout or its
 * signal, and then leaves neither timer nor listener behind.
 */
export class PendingRequest {
  readonly answer: Promise<SocketResponse>;
  /** Its position among the requests that were sent. */
  number = Infinity;
  isSettled = false;
  /** How many seconds it may wait if the server says that the connection has sent too much: once, and in its time. */
  patience: number;
  #resolve!: (response: SocketResponse) => void;
  #reject!: (reason: unknown) => void;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(
    readonly outgoing: OutgoingEvent,
    readonly options: SendOptions,
    onTimeout: () => void,
    private readonly onSettled: () => void,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.patience = options.timeout / 1_000;
    this.#timer = setTimeout(onTimeout, options.timeout);
    options.signal?.addEventListener('abort', this.#abort);
  }

  succeed(answer: unknown): void {
    this.#settle();
    try {
      this.#resolve(this.#read(answer));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Takes the answer after it has failed: it was aborted, or has timed out. */
  answerLate(answer: unknown): void {
    try {
      this.options.onLateAnswer?.(this.#read(answer));
    } catch {
      // Whatever failed has done nothing.
    }
  }

  fail(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #read(answer: unknown): SocketResponse {
    const response = readResponse(this.outgoing.name, answer);
    this.options.onAnswer?.(response);
    return response;
  }

  readonly #abort = (): void => {
    if (this.options.signal) this.fail(abortReason(this.options.signal));
  };

  #settle(): void {
    this.isSettled = true;
    clearTimeout(this.#timer);
    this.options.signal?.removeEventListener('abort', this.#abort);
    this.onSettled();
  }
}
