import { withTimeout } from '../../common/promises.js';
import type { AnswerShape } from '../../protocol/answer-shape.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import type { ShownRooms } from '../../resources/readers/shown-read.js';
import type { Fields } from '../../resources/views/fields.js';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import type { ResponseDelivery } from '../request/response.js';
import type { RouteResult } from '../request/route-result.js';

/** How often a read is repeated: in milliseconds, and whenever its socket authenticates again; `true` for only then. */
export type RecheckInterval = number | true;

/** A read that led to subscriptions and is to be repeated. */
export interface SubscribedRead {
  /** The id of the requesting socket. */
  requester: string;
  request: HttpRequest;
  /** The decorator and the route. */
  name: string;
  every: RecheckInterval;
  targets: SubscriptionTarget[];
}

/** Remembers reads that are to be repeated. */
export interface ReadMemory {
  rememberOnceDelivered(delivery: ResponseDelivery, read: SubscribedRead): void;
}

/** What an answer shows of what some rooms are about. */
export interface AnsweredFields {
  isList: boolean;
  /** `undefined` if it shows no record. */
  shown: Fields | undefined;
  /** What had a value, and was kept back; `undefined` if that was nothing. */
  kept: Fields | undefined;
}

/** Rooms of a resource that a subscription joins. */
export interface SubscriptionRooms {
  resource: string;
  rooms: readonly string[];
  /** The target that a member of these rooms is subscribed to. */
  about?: SubscriptionTarget;
  /** The record that was read, for the policy of its resource. It is kept nowhere, and sent to nobody. */
  record?: unknown;
  /** Reads what the answer shows of it, if the rooms follow from a read. */
  readFields?: () => AnsweredFields;
  /** The record in the answer, if the rooms are about one that the route is about itself. */
  answered?: object;
}

/** Rooms of the application, in the namespace of the socket. */
export interface ApplicationRooms {
  resource?: undefined;
  rooms: readonly string[];
}

/** What one decorator on one route does to the rooms of the requesting socket. */
export interface RoomChange {
  /** The decorator and the route, for logs. */
  readonly name: string;
  readonly action: 'join' | 'leave';
  /** Set if the rooms are the application's own, and no subscriptions. */
  readonly isOfApplication?: boolean;
  /** Where the answer to a read shows its records; absent for anything but a read. */
  readonly shape?: AnswerShape;
  /** The resources whose records a read may subscribe the requester to; absent for anything but a read. */
  readonly readResources?: readonly string[];
  /** The resources whose records or collections it may subscribe the requester to. */
  readonly subscribedResources?: readonly string[];
  /** The publishing decorator whose option it is, if it is one. */
  readonly publication?: object;
  /** How often to check whether the requester may still be in these rooms. */
  readonly recheck?: RecheckInterval;
  /** Tells whether it is to be done at all for this result; absent if it always is. */
  readonly isMeant?: ((result: RouteResult) => Promise<boolean>) | undefined;
  /** Finds the rooms of a result, or for each of its records why there are none. */
  roomsOf(result: RouteResult): RoomOutcomes | Promise<RoomOutcomes>;
}

/** The rooms of a result, or for each of its records why there are none. */
export type RoomOutcomes = Array<PromiseSettledResult<SubscriptionRooms | ApplicationRooms>>;

/** The rooms of a result, and why there are none of some records. */
export interface FoundRooms {
  rooms: Array<SubscriptionRooms | ApplicationRooms>;
  failures: unknown[];
}

/** Rooms of one resource, or of the application, and the targets that they stand for. */
export interface EnteredRooms {
  names: Set<string>;
  about: SubscriptionTarget[];
  /** What the answer shows of them, if it is that of a read. */
  shown: ShownRooms[];
}

/** @param readsFields whether it matters what the answer shows */
export function groupByResource(
  found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>,
  readsFields: boolean,
): Map<string | undefined, EnteredRooms> {
  const entered = new Map<string | undefined, EnteredRooms>();
  for (const one of found) {
    if (one.rooms.length === 0) continue;
    let group = entered.get(one.resource);
    if (!group) entered.set(one.resource, (group = { names: new Set(), about: [], shown: [] }));
    for (const room of one.rooms) group.names.add(room);
    if (!isOfResource(one)) continue;
    if (one.about) group.about.push(one.about);
    if (readsFields && one.readFields) group.shown.push(shownRooms(one.rooms, one.readFields()));
  }
  return entered;
}

function shownRooms(rooms: readonly string[], { isList, shown, kept }: AnsweredFields): ShownRooms {
  return { rooms, isList, shown: shown?.key ?? null, kept: kept?.key ?? null };
}

export function isOfResource(rooms: SubscriptionRooms | ApplicationRooms): rooms is SubscriptionRooms {
  return rooms.resource !== undefined;
}

/**
 * The time, in milliseconds, that a response waits for a decorator's functions to say what it is about. After that it
 * is sent anyway.
 */
const FIND_TIMEOUT = 5_000;

/** Returns the result of the request as one decorator sees it. */
export type ResultOf = (change: RoomChange) => RouteResult;

/** Asks whether a change is to be done for this result. */
export function isMeant(change: RoomChange, result: RouteResult): boolean | Promise<boolean> {
  if (!change.isMeant) return true;
  return withTimeout(FIND_TIMEOUT, 'the option "when"', change.isMeant(result));
}

/** Finds the rooms of a result: at once, unless a function of the application has to be waited for. */
export function findRooms(change: RoomChange, result: RouteResult): FoundRooms | Promise<FoundRooms> {
  const outcomes = change.roomsOf(result);
  if (!(outcomes instanceof Promise)) return sortOut(outcomes);
  return withTimeout(FIND_TIMEOUT, 'to find out which records it is about', outcomes).then(sortOut);
}

function sortOut(outcomes: RoomOutcomes): FoundRooms {
  const rooms: FoundRooms['rooms'] = [];
  const failures: unknown[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') rooms.push(outcome.value);
    else failures.push(outcome.reason);
  }
  return { rooms, failures };
}
