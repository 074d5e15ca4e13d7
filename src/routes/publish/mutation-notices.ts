import { Logger } from '@nestjs/common';
import { logFailure } from '../../common/log.js';
import { findSocket } from '../../server/namespaces.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { MUTATED_EVENT, MUTATION_HEADER, type Mutated } from '../../protocol/notes.js';
import type { HttpResponse } from '../request/response.js';

/** A notice that the answer says will come. */
export interface PromisedNotice {
  mutation: string;
  /** Whom it goes to, once that is known: nobody, if there turns out to be no socket. */
  requester: string | undefined;
  /** Until when the answer has to wait, since it says so in a header. */
  made?: Promise<void>;
}

/** Tells a socket that hears of its own change, too, when all of that was sent. */
export class MutationNotices {
  private readonly logger = new Logger('ResourcefulPubSub');

  constructor(private readonly server: SocketsServer) {}

  /** Nobody is to wait for a notice that does not come, so the answer says whether one will. */
  promise(
    mutation: string,
    requester: Promise<string | undefined> | string | undefined,
    response: HttpResponse,
  ): PromisedNotice {
    const notice: PromisedNotice = { mutation, requester: undefined };
    const make = (known: string | undefined): void => {
      // Meanwhile it may have been answered that it took too long.
      if (known === undefined || response.headersSent || response.sent) return;
      response.header?.(MUTATION_HEADER, mutation);
      notice.requester = known;
    };
    if (requester instanceof Promise) notice.made = requester.then(make);
    else make(requester);
    return notice;
  }

  /** Never throws: what was published is published. */
  keep({ mutation, requester }: PromisedNotice): void {
    if (requester === undefined) return;
    try {
      const { io } = this.server;
      const here = findSocket(io, requester)?.nsp;
      const notice: Mutated = { mutation };
      for (const namespace of here ? [here] : io._nsps.values()) {
        // By its room, as the publications went: with some adapters what is sent to a room waits for the bus, and what is sent to a socket does not.
        namespace.to(requester).emit(MUTATED_EVENT, notice);
      }
    } catch (error) {
      logFailure(this.logger, 'A socket could not be told that its change was published.', error);
    }
  }
}
