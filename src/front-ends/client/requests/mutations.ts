import type { Socket } from 'socket.io-client';
import { MUTATED_EVENT, MUTATION_HEADER, type Mutated } from '../../../protocol/notes.js';
import type { RequestMethod } from '../../../protocol/request.js';
import { assertArgument } from '../assertions.js';
import { RequestError } from '../answers/request-error.js';
import type { ClientResponse } from '../answers/response.js';
import { abortReason, type AbortSignalLike } from './abort-signal.js';
import type { SendOptions } from './pending-request.js';

/** The methods of requests that change something. */
export type MutatingMethod = 'post' | 'put' | 'patch' | 'delete';

/** The same, also in capital letters. */
export type AnyMutatingMethod = MutatingMethod | Uppercase<MutatingMethod>;

const MUTATING_METHODS: readonly MutatingMethod[] = ['post', 'put', 'patch', 'delete'];

export function isMutating(method: RequestMethod): method is MutatingMethod {
  return (MUTATING_METHODS as readonly RequestMethod[]).includes(method);
}

/** @throws TypeError */
export function readMutatingMethod(method: unknown): MutatingMethod {
  const known = MUTATING_METHODS.find((name) => name === String(method).toLowerCase());
  assertArgument(known !== undefined, `mutate: the method must be one of ${MUTATING_METHODS.join(', ')}`);
  return known;
}

/** The mutations whose caller waits until this client has heard everything that was published about them. */
export class PendingMutations {
  readonly #pending = new Set<PendingMutation>();

  /** @param afterHeld calls a function after all messages that have arrived and are held */
  constructor(socket: Socket, afterHeld: (handOn: () => void) => void) {
    socket.on(MUTATED_EVENT, (notice?: Partial<Mutated>) => {
      for (const mutation of this.#pending) if (mutation.id === notice?.mutation) afterHeld(mutation.heard);
    });
  }

  /** Fails the answered ones: what was still to be heard was lost with the connection. */
  lost(cause: RequestError): void {
    for (const mutation of this.#pending) mutation.notHeard('before the connection was lost', cause);
  }

  /**
   * Resolves with the response. If its headers say that the server reports the mutation, it waits for that report,
   * which may arrive before the response.
   */
  async untilHeard<Body>(
    name: string,
    id: string,
    { timeout, signal }: SendOptions,
    answer: Promise<ClientResponse<Body>>,
  ): Promise<ClientResponse<Body>> {
    const mutation = new PendingMutation(name, id);
    const timer = setTimeout(() => mutation.notHeard(`within ${timeout} ms`), timeout);
    const abort = (): void => mutation.abort(signal);
    signal?.addEventListener('abort', abort);
    this.#pending.add(mutation);
    try {
      const response = await answer;
      if (response.headers[MUTATION_HEADER] === id) await mutation.untilHeard(response);
      return response;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#pending.delete(mutation);
    }
  }
}

/** One mutation. Until it is answered, only the request itself can fail. */
class PendingMutation {
  heard!: () => void;
  #fail: (reason: unknown) => void = () => undefined;
  #response: ClientResponse | undefined;
  readonly #report = new Promise<void>((resolve) => (this.heard = resolve));

  constructor(
    private readonly name: string,
    readonly id: string,
  ) {}

  untilHeard(response: ClientResponse): Promise<void> {
    this.#response = response;
    return Promise.race([this.#report, new Promise<never>((_, reject) => (this.#fail = reject))]);
  }

  notHeard(when: string, cause?: RequestError): void {
    const message = `${this.name}: it was done, but what it published was not heard ${when}`;
    this.#fail(new RequestError(message, { ...this.#response, code: 'NOT_HEARD', sent: true, cause }));
  }

  abort(signal: AbortSignalLike | undefined): void {
    if (signal) this.#fail(abortReason(signal));
  }
}
