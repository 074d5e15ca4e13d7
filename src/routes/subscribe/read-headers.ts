import { type AnswerShape, formatShapes } from '../../protocol/answer-shape.js';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import { parsePosition, POSITION_HEADER, SINCE_HEADER } from '../../protocol/position.js';
import { RESOURCE_HEADER } from '../../protocol/subscription.js';
import { isWhole } from '../../resources/definition/resource-rooms.js';
import type { ReadPosition } from '../../resources/catch-up/read-position.js';
import type { HttpResponse } from '../request/response.js';
import type { RouteResult } from '../request/route-result.js';
import { findRooms, isMeant, isOfResource, type ResultOf, type RoomChange } from './room-change.js';
import { askerOf, type SubscriptionCheck } from './subscription-check.js';

/** What has come of a read for its requester. */
export interface AppliedRead {
  /** The changes that were meant for this response. */
  changes: readonly RoomChange[];
  /** The resources of rooms that the requester is let into. */
  resources: ReadonlySet<string>;
  /** The rooms among them that it enters after the response. */
  rooms: readonly string[];
  /** Whether it is sent what it has missed. */
  isCaughtUp: boolean;
}

/** What a read would lead to if its caller had a socket. */
export interface ForeseenRead {
  changes: readonly RoomChange[];
  /** The rooms, by resource. */
  rooms: ReadonlyMap<string, readonly string[]>;
}

/**
 * Says in headers of an answer which resources the read subscribes its socket to, where it shows their records, and how
 * far it reaches.
 *
 * @param declared the changes of the route, whether they were meant or not
 */
export function writeReadHeaders(
  { changes, resources, rooms, isCaughtUp }: AppliedRead,
  position: ReadPosition | undefined,
  response: HttpResponse,
  declared: readonly RoomChange[],
): void {
  const names = new Set(changes.flatMap(({ readResources }) => readResources ?? []));
  // The request may have timed out meanwhile.
  if (response.headersSent || response.sent) return;
  if (names.size === 0) {
    // The client is not to think that the route never subscribes.
    if (declared.some(({ readResources }) => readResources)) response.header?.(RESOURCE_HEADER, '');
    return;
  }
  // Whoever is subscribed to nothing need not know how much of it is published.
  if (!position || resources.size === 0) return void response.header?.(RESOURCE_HEADER, [...names].join(', '));
  const headers = position.headers(resources, rooms.filter(isWhole), isCaughtUp);
  // Only who follows positions can make use of more than the names.
  const shapes = POSITION_HEADER in headers ? changes.flatMap(({ shape }) => shape ?? []) : [];
  response.header?.(RESOURCE_HEADER, formatShapes([...shapes, ...unshaped(names, shapes)]));
  for (const [name, value] of Object.entries(headers)) response.header?.(name, value);
}

/** @param onFailure called where a decorator cannot be asked, of which nothing is foreseen */
export async function foresee(
  changes: readonly RoomChange[],
  resultOf: ResultOf,
  check: SubscriptionCheck,
  onFailure: (change: RoomChange, error: unknown) => void,
): Promise<ForeseenRead> {
  const rooms = new Map<string, readonly string[]>();
  const foreseeOne = async (change: RoomChange): Promise<RoomChange[]> => {
    try {
      const result = resultOf(change);
      if (!(await isMeant(change, result))) return [];
      const found = (await findRooms(change, result)).rooms.filter(isOfResource);
      const { allowed } = await check.check(found, () => askerOf(result, undefined));
      for (const { resource, rooms: names } of allowed) {
        if (names.length > 0) rooms.set(resource, [...(rooms.get(resource) ?? []), ...names]);
      }
      return [change];
    } catch (error) {
      onFailure(change, error);
      return [];
    }
  };
  return { changes: (await Promise.all(changes.map(foreseeOne))).flat(), rooms };
}

/**
 * Says in headers of an answer, for who has no socket, what a socket would be subscribed to, and how far the answer
 * reaches: what is published after that can be sent later.
 */
export function writeSnapshotHeaders(
  { changes, rooms }: ForeseenRead,
  position: ReadPosition,
  response: HttpResponse,
): void {
  const header = position.snapshotHeader(rooms);
  if (header === undefined || response.headersSent || response.sent) return;
  response.header?.(RESOURCE_HEADER, formatShapes(changes.flatMap(({ shape }) => shape ?? [])));
  response.header?.(POSITION_HEADER, header);
}

function unshaped(names: ReadonlySet<string>, shapes: readonly AnswerShape[]): AnswerShape[] {
  const shaped = new Set(shapes.map(({ resource }) => resource));
  return [...names].filter((name) => !shaped.has(name)).map((resource) => ({ resource }));
}

/** Tells whether the request is for headers only, and its client does not say that it has the answer already. */
export function showsNothing({ context }: RouteResult): boolean {
  const { method, headers } = context.request as HttpRequest & { method?: string };
  return method === 'HEAD' && parsePosition(headers[SINCE_HEADER]) === undefined;
}
