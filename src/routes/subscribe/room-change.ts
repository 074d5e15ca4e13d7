import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import type { RouteResult } from '../request/route-result.js';
import type { RecheckInterval } from '../recheck/recheck-read.js';

/** Rooms of one resource. */
export interface SubscriptionRooms {
  resource: string;
  rooms: readonly string[];
  /** What somebody hears of who is in them. */
  about?: SubscriptionTarget;
}

/** Rooms of the application's own, in the namespace that the socket is connected to. */
export interface ApplicationRooms {
  resource?: undefined;
  rooms: readonly string[];
}

/** What a route does to the rooms of the socket that asked: one decorator on one route. */
export interface RoomChange {
  /** The decorator and the route, for logs. */
  readonly name: string;
  readonly action: 'socketsJoin' | 'socketsLeave';
  /** Whether it needs to know what the handler was called with. */
  readonly observesHandler: boolean;
  /** The rooms are the application's own, and no subscriptions. */
  readonly isOfApplication?: boolean;
  /** How often it is found out anew whether the requester may still be where this let it in. */
  readonly recheck?: RecheckInterval;
  /** The rooms that an answer is about, or for each of its records why there are none. */
  roomsOf(result: RouteResult): Promise<Array<PromiseSettledResult<SubscriptionRooms | ApplicationRooms>>>;
}
