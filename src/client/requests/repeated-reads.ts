import { RequestError } from '../request-error.js';
import { callListener } from '../resource-listeners.js';
import type { ClientResponse } from '../response.js';
import type { AbortSignalLike } from './abort-signal.js';
import type { WhenLost } from './pending-request.js';

/**
 * The outcome of a repeated read: the fresh response, or why there is none. Either way the read is repeated after the
 * next reconnect, too.
 */
export type Repetition<Body = unknown> = (
  | { readonly response: ClientResponse<Body>; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: RequestError }
) & {
  /** Stops repeating the read. */
  stop(): void;
};

/** Called with each repetition of a read, but not with the first response. */
export type RepeatListener<Body = unknown> = (repetition: Repetition<Body>) => void;

type Send<Body> = (whenLost: WhenLost) => Promise<ClientResponse<Body>>;

interface RepeatedRead {
  /** There is nothing to repeat before the caller has the first response. */
  isAnswered: boolean;
  repeat(): Promise<void>;
  stop(): void;
}

/** The reads that are repeated on every new connection, which brings back the subscriptions that came with them. */
export class RepeatedReads {
  private readonly reads = new Set<RepeatedRead>();

  /** Reads for the first time, and repeats the read from then on if that succeeds. */
  async start<Body>(
    send: Send<Body>,
    listener: RepeatListener<Body>,
    signal?: AbortSignalLike,
  ): Promise<ClientResponse<Body>> {
    const stop = (): void => {
      this.reads.delete(read);
      signal?.removeEventListener('abort', stop);
    };
    const repeat = async (): Promise<void> => {
      const repetition = await repetitionOf(send('drop'), stop);
      // A read that was lost with its connection is repeated on the next one.
      const isLost = repetition.error?.code === 'CONNECTION_LOST';
      if (this.reads.has(read) && !isLost) callListener(listener, repetition);
    };
    const read: RepeatedRead = { isAnswered: false, repeat, stop };
    this.reads.add(read);
    signal?.addEventListener('abort', stop);
    try {
      const response = await send('resend');
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

/** The caller has changed the client's headers into something that cannot be sent. */
const unsendable = (cause: Error): RequestError => new RequestError(cause.message, { code: 'INVALID_REQUEST', cause });
