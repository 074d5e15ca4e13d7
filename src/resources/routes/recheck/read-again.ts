import type { Socket } from 'socket.io';
import type { SubscriptionTarget } from '../../subscriptions/subscription-policy.js';

/** What a request is made for by which a read is done again. */
export class ReadAgain {
  /** What the read would subscribe the socket to now; `undefined` for as long as that is not known. */
  targets: readonly SubscriptionTarget[] | undefined;

  constructor(
    /** The decorator and the route. */
    readonly name: string,
    readonly socket: Socket,
  ) {}
}
