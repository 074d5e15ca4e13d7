import type { Socket } from 'socket.io-client';
import { MUTATED_EVENT, MUTATION_HEADER, type Mutated } from '../../protocol/notes.js';
import type { RequestMethod } from '../../protocol/request.js';
import { abortReason, type AbortSignalLike, assertArgument } from '../assertions.js';
import type { ClientResponse } from '../response.js';
import type { Terms } from './pending-request.js';
import { RequestError } from '../request-error.js';

/** Methods that change something. */
export type MutatingMethod = 'post' | 'put' | 'patch' | 'delete';

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

/** Changes that somebody waits for until they have come round. */
export class Mutations {
  private readonly rounds = new Set<Round>();

  constructor(socket: Socket) {
    socket.on(MUTATED_EVENT, (notice?: Partial<Mutated>) => {
      for (const round of this.rounds) if (round.mutation === notice?.mutation) round.succeed();
    });
  }

  /** The connection went away, and with it what was to come. */
  lose(cause: RequestError): void {
    for (const round of this.rounds) round.miss('before the connection went away', cause);
  }

  /** Whether it comes round at all, the answer says; it may have come before the answer. */
  async comeRound<Body>(
    name: string,
    mutation: string,
    { timeout, signal }: Terms,
    asked: Promise<ClientResponse<Body>>,
  ): Promise<ClientResponse<Body>> {
    const round = new Round(name, mutation);
    const timer = setTimeout(() => round.miss(`within ${timeout} ms`), timeout);
    const abort = (): void => round.abort(signal);
    signal?.addEventListener('abort', abort);
    this.rounds.add(round);
    try {
      const response = await asked;
      if (response.headers[MUTATION_HEADER] === mutation) await round.after(response);
      return response;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.rounds.delete(round);
    }
  }
}

/** One of them. Until there is an answer, the request itself knows what can go wrong. */
class Round {
  succeed!: () => void;
  private fail: (reason: unknown) => void = () => undefined;
  private response: ClientResponse | undefined;
  private readonly heard = new Promise<void>((resolve) => (this.succeed = resolve));

  constructor(
    private readonly name: string,
    readonly mutation: string,
  ) {}

  after(response: ClientResponse): Promise<void> {
    this.response = response;
    return Promise.race([this.heard, new Promise<never>((_, reject) => (this.fail = reject))]);
  }

  miss(when: string, cause?: RequestError): void {
    const message = `${this.name}: it was done, but did not come round ${when}`;
    this.fail(new RequestError(message, { ...this.response, code: 'NOT_HEARD', sent: true, cause }));
  }

  abort(signal: AbortSignalLike | undefined): void {
    if (signal) this.fail(abortReason(signal));
  }
}
