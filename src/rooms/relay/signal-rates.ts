import type { Socket } from 'socket.io';
import { type Rate, TokenBucket, TokenBuckets } from '../../common/rate-limit.js';
import { connectionState } from '../../connections/connection-state.js';
import { Slot } from '../../server/state.js';

/**
 * Limits the signals of each connection, whatever its namespaces, and of each user, whatever the connections: what a
 * client may do is the same before and after it has entered a namespace again, or has reconnected.
 */
export class SignalRates {
  private readonly ofConnection: Slot<TokenBucket>;
  private readonly ofUsers: TokenBuckets;

  constructor(limit: Rate) {
    this.ofConnection = new Slot(() => new TokenBucket(limit));
    this.ofUsers = new TokenBuckets(limit);
  }

  /**
   * Counts a signal, if it may be sent.
   *
   * @returns how long to wait instead, in milliseconds; 0 if it may be sent
   */
  take(socket: Socket, userId: string | undefined): number {
    const connection = connectionState(socket).get(this.ofConnection);
    const user = userId === undefined ? undefined : this.ofUsers.of(userId);
    const wait = Math.max(connection.wait(), user?.wait() ?? 0);
    if (wait > 0) return wait;
    connection.take();
    user?.take();
    return 0;
  }
}
