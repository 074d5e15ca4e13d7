import { type AnswerShape, formatShapes } from '../../protocol/answer-shape.js';
import { POSITION_HEADER } from '../../protocol/position.js';
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

/**
 * Says in headers of an answer which resources the read subscribes its socket to, where it shows their records, and how
 * far it reaches.
 */
export function writeReadHeaders(
  { changes, resources, rooms, isCaughtUp }: AppliedRead,
  position: ReadPosition | undefined,
  response: HttpResponse,
): void {
  const names = new Set(changes.flatMap(({ readResources }) => readResources ?? []));
  // The request may have timed out meanwhile.
  if (names.size === 0 || response.headersSent || response.sent) return;
  // Whoever is subscribed to nothing need not know how much of it is published.
  if (!position || resources.size === 0) return void response.header?.(RESOURCE_HEADER, [...names].join(', '));
  const headers = position.headers(resources, rooms.filter(isWhole), isCaughtUp);
  // Only who follows positions can make use of more than the names.
  const shapes = POSITION_HEADER in headers ? changes.flatMap(({ shape }) => shape ?? []) : [];
  response.header?.(RESOURCE_HEADER, formatShapes([...shapes, ...unshaped(names, shapes)]));
  for (const [name, value] of Object.entries(headers)) response.header?.(name, value);
}

function unshaped(names: ReadonlySet<string>, shapes: readonly AnswerShape[]): AnswerShape[] {
  const shaped = new Set(shapes.map(({ resource }) => resource));
  return [...names].filter((name) => !shaped.has(name)).map((resource) => ({ resource }));
}
