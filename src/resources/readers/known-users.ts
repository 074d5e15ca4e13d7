import { debugLog, LineLogger, logFailure } from '../../common/log.js';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import { hearOtherServers, tellOtherServers } from '../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../server/sockets-server.js';

const debug = debugLog('resources');

const USERS_ARE_KNOWN = 'users-are-known';

/**
 * Knows whether the application tells users apart, so that what a route answers to one of them is not for everybody. It
 * is known when the application boots, by `authenticate`, guards and decorated parameters; or from the first request on
 * that somebody has sent, by middleware. It never ends.
 */
export class KnownUsers {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private known = false;
  private whenLearnt: () => void = () => undefined;

  constructor(private readonly server: SocketsServer) {}

  get areKnown(): boolean {
    return this.known;
  }

  /** Says so while the application boots, when no socket has subscribed yet. */
  declare(): void {
    this.known = true;
  }

  /**
   * Learns it from other servers, too, from now on.
   *
   * @param whenLearnt called if it becomes known only while sockets may be subscribed
   */
  listen(whenLearnt: () => void): void {
    this.whenLearnt = whenLearnt;
    hearOtherServers(this.server.namespace('/'), USERS_ARE_KNOWN, () => this.learn('another server'));
  }

  /** Notices a request that says who has sent it. */
  notice(request: HttpRequest): void {
    if (this.known) return;
    const { user, raw, headers } = request as HttpRequest & { user?: unknown; raw?: { user?: unknown } };
    if ((user ?? raw?.user ?? headers.authorization ?? undefined) === undefined) return;
    this.learn('a request');
    try {
      tellOtherServers(this.server.namespace('/'), USERS_ARE_KNOWN, []);
    } catch (error) {
      logFailure(this.logger, 'Other servers could not be told that users are known.', error);
    }
  }

  private learn(from: string): void {
    if (this.known) return;
    debug?.(`users are known from now on, by ${from}`);
    this.known = true;
    this.whenLearnt();
  }
}
