import { RESOURCE_HEADER } from '../../protocol/subscription.js';
import { isWhole } from '../../resources/definition/resource-rooms.js';
import type { ReadPosition } from '../../resources/catch-up/read-position.js';
import type { HttpResponse } from '../request/response.js';
import type { RoomChange } from './room-change.js';

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

/** Says in headers of an answer which resources the read subscribes its socket to, and how far the answer reaches. */
export function writeReadHeaders(
  { changes, resources, rooms, isCaughtUp }: AppliedRead,
  position: ReadPosition | undefined,
  response: HttpResponse,
): void {
  const names = new Set(changes.flatMap(({ readResources }) => readResources ?? []));
  // The request may have timed out meanwhile.
  if (names.size === 0 || response.headersSent || response.sent) return;
  response.header?.(RESOURCE_HEADER, [...names].join(', '));
  // Whoever is subscribed to nothing need not know how much of it is published.
  if (!position || resources.size === 0) return;
  const headers = position.headers(resources, rooms.filter(isWhole), isCaughtUp);
  for (const [name, value] of Object.entries(headers)) response.header?.(name, value);
}
