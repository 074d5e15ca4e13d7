import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import type { ResponseDelivery } from '../request/response.js';
import type { RouteResult } from '../request/route-result.js';

/** How often a read is done again: in milliseconds, and whenever its socket has authenticated again; or (`true`) only then. */
export type RecheckInterval = number | true;

/** A read that led to subscriptions, and is to be done again. */
export interface SubscribedRead {
  /** The id of the socket that asked. */
  requester: string;
  request: HttpRequest;
  /** The decorator and the route. */
  name: string;
  every: RecheckInterval;
  targets: SubscriptionTarget[];
}

/** Where reads are remembered that are to be done again. */
export interface ReadMemory {
  rememberOnceDelivered(delivery: ResponseDelivery, read: SubscribedRead): void;
}

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
  readonly action: 'join' | 'leave';
  /** Whether it needs to know what the handler was called with. */
  readonly observesHandler: boolean;
  /** The rooms are the application's own, and no subscriptions. */
  readonly isOfApplication?: boolean;
  /** How often it is found out anew whether the requester may still be where this let it in. */
  readonly recheck?: RecheckInterval;
  /** The rooms that an answer is about, or for each of its records why there are none. */
  roomsOf(result: RouteResult): Promise<Array<PromiseSettledResult<SubscriptionRooms | ApplicationRooms>>>;
}
