import { LineLogger, logFailure } from '../../common/log.js';
import { deliver } from '../../server/cluster/delivery/delivery.js';
import { clusteredNamespaces } from '../../server/cluster/server-events.js';
import { findSocket } from '../../server/namespaces.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { MUTATED_EVENT, MUTATION_HEADER, type Mutated } from '../../protocol/notes.js';
import type { HttpResponse } from '../request/response.js';

/** A notice that the response announces. */
export interface AnnouncedNotice {
  mutation: string;
  /** The socket that it goes to, once that is known; `undefined` if there turns out to be no socket. */
  requester: string | undefined;
  /** Settles once the response, which has to wait, announces the notice in a header. */
  announced?: Promise<void>;
}

/** Tells a socket that also receives its own change when everything about the change was sent. */
export class MutationNotices {
  private readonly logger = new LineLogger('ResourcefulPubSub');

  constructor(private readonly server: SocketsServer) {}

  /** Announces a notice in the response, so that no client waits for one that does not come. */
  announce(
    mutation: string,
    requester: Promise<string | undefined> | string | undefined,
    response: HttpResponse,
  ): AnnouncedNotice {
    const notice: AnnouncedNotice = { mutation, requester: undefined };
    const make = (known: string | undefined): void => {
      // The request may have timed out meanwhile.
      if (known === undefined || response.headersSent || response.sent) return;
      response.header?.(MUTATION_HEADER, mutation);
      notice.requester = known;
    };
    if (requester instanceof Promise) notice.announced = requester.then(make);
    else make(requester);
    return notice;
  }

  /** Sends a notice. Never throws: what was published is published. */
  send({ mutation, requester }: AnnouncedNotice): void {
    if (requester === undefined) return;
    try {
      const { io } = this.server;
      const notice: Mutated = { mutation };
      const here = findSocket(io, requester);
      if (here) here.emit(MUTATED_EVENT, notice);
      // The way of publications, which it must not overtake.
      else
        for (const namespace of clusteredNamespaces(io))
          deliver(namespace, { rooms: [requester] }, MUTATED_EVENT, [notice]);
    } catch (error) {
      logFailure(this.logger, 'A socket could not be told that its change was published.', error);
    }
  }
}
