import { isRecord } from '../../common/type-guards.js';

/** What a read has shown of the records that one or more rooms are about. */
export interface ShownRooms {
  rooms: readonly string[];
  /** Whether these are rooms of a collection, or of a slice of it. */
  isList: boolean;
  /** The fields, as `Fields.key`; `null` if there was no record. */
  shown: string | null;
  /** The fields that had a value and were kept back, likewise; `null` if there were none. */
  kept: string | null;
}

/** What a read has shown to the socket that it subscribes: plain JSON, since the socket may be on another server. */
export interface ShownRead {
  /** The decorator and the route. */
  route: string;
  /** The same for reads of one route by one caller, who is shown the same fields. */
  kind: string;
  rooms: readonly ShownRooms[];
}

export function isShownRead(value: unknown): value is ShownRead {
  return isRecord(value) && typeof value.route === 'string' && Array.isArray(value.rooms);
}
