import type { AbortSignalLike } from '../assertions.js';
import type { ClientResponse } from '../response.js';
import type { WhenLost } from './pending-request.js';
import { RequestError } from '../request-error.js';
import { tell } from '../resource-listeners.js';

/** What came of a repeated read: the fresh response, or why there is none. Either way it is repeated after the next reconnect, too. */
export type Repetition<Body = unknown> = (
  | { readonly response: ClientResponse<Body>; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: RequestError }
) & {
  /** Ends the repeating. */
  stop(): void;
};

/** Told of each repetition of a read, but not of the read itself. */
export type RepeatListener<Body = unknown> = (repetition: Repetition<Body>) => void;

type Ask<Body> = (whenLost: WhenLost) => Promise<ClientResponse<Body>>;

interface RepeatedRead {
  repeat(): Promise<void>;
  /** Until the caller has his answer there is nothing to repeat. */
  isAnswered: boolean;
  stop(): void;
}

/** Reads that are done again whenever there is a new connection, which brings back the subscriptions that came with them. */
export class RepeatedReads {
  private readonly reads = new Set<RepeatedRead>();

  /** Reads for the first time, and goes on if that went well. */
  async begin<Body>(
    ask: Ask<Body>,
    listener: RepeatListener<Body>,
    signal?: AbortSignalLike,
  ): Promise<ClientResponse<Body>> {
    const stop = (): void => {
      this.reads.delete(read);
      signal?.removeEventListener('abort', stop);
    };
    const repeat = async (): Promise<void> => {
      const repetition = await repetitionOf(ask('is dropped'), stop);
      // A lost one is made good by the next connection.
      const isLost = repetition.error?.code === 'CONNECTION_LOST';
      if (this.reads.has(read) && !isLost) tell(listener, repetition);
    };
    const read: RepeatedRead = { repeat, isAnswered: false, stop };
    this.reads.add(read);
    signal?.addEventListener('abort', stop);
    try {
      const response = await ask('is sent again');
      read.isAnswered = true;
      return response;
    } catch (error) {
      stop();
      throw error;
    }
  }

  repeat(): void {
    for (const read of this.reads) if (read.isAnswered) void read.repeat();
  }

  stop(): void {
    for (const read of [...this.reads]) read.stop();
  }
}

async function repetitionOf<Body>(answer: Promise<ClientResponse<Body>>, stop: () => void): Promise<Repetition<Body>> {
  try {
    return { response: await answer, stop };
  } catch (cause) {
    return { error: cause instanceof RequestError ? cause : unsendable(cause as Error), stop };
  }
}

/** The caller's headers are what they should not be, by now. */
const unsendable = (cause: Error): RequestError => new RequestError(cause.message, { code: 'INVALID_REQUEST', cause });
