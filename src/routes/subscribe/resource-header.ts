import { RESOURCE_HEADER } from '../../protocol/subscription.js';
import type { HttpResponse } from '../request/response.js';
import type { RoomChange } from './room-change.js';

/** Says in the header of an answer which resources the read subscribes its socket to. */
export function nameReadResources(changes: readonly RoomChange[], response: HttpResponse): void {
  const names = new Set(changes.flatMap(({ readResources }) => readResources ?? []));
  // The request may have timed out meanwhile.
  if (names.size === 0 || response.headersSent || response.sent) return;
  response.header?.(RESOURCE_HEADER, [...names].join(', '));
}
