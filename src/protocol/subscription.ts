import type { RecordId } from './resource-message.js';

/** The event with which a client ends subscriptions; acknowledged with a `SocketResponse`. */
export const UNSUBSCRIBE_EVENT = 'sockets:unsubscribe';

/**
 * The header of an answer that has subscribed the requesting socket: the name of the resource, or of several, and where
 * the answer shows their records, written as `formatShapes` does. It says which read to repeat where a publication
 * contains less than this read has shown.
 */
export const RESOURCE_HEADER = 'realtime-resource';

/**
 * The header of a read that is repeated: slices that the client has ended meanwhile, as `sliceName` writes them,
 * separated by commas. The read does not subscribe to them again.
 */
export const WITHOUT_HEADER = 'realtime-without';

/** The values of a slice, by field. */
export type SliceValues = Readonly<Record<string, string | number | boolean>>;

/** Names a slice of a resource, in any order of its fields: `card@boardId=7`. */
export function sliceName(resource: string, slice: SliceValues): string {
  const parts = Object.entries(slice).map((part) => part.map(encodeURIComponent).join('='));
  return nameOfSliceParts(resource, parts);
}

/** Names a slice by its fields and values, which are encoded already. */
export function nameOfSliceParts(resource: string, parts: readonly string[]): string {
  return `${resource}@${[...parts].sort().join('&')}`;
}

/** The subscriptions that a client ends. */
export interface Unsubscription {
  resource: string;
  /** The records; without them, all records of the resource and the resource itself. */
  ids?: readonly RecordId[];
  /** The slice that is no longer watched, and nothing else. Not together with `ids`. */
  slice?: SliceValues;
}

/**
 * The event that tells a client which subscriptions it does not have, because its user lost, or never had, the right.
 */
export const REVOKED_EVENT = 'revoked';

/** The subscriptions that a client no longer has. */
export type Revocation =
  | {
      resource: string;
      /** The records; without them, all of the resource, or of the slice. */
      ids?: readonly RecordId[];
      /** The part of the collection, by the values of its fields. */
      slice?: Readonly<Record<string, unknown>>;
      /** The reason is not a right: the connection has as many subscriptions as it may have. */
      code?: 'LIMIT_EXCEEDED';
    }
  | {
      room: string;
      /** The reason is not a right: the connection is in as many rooms as it may be. */
      code?: 'LIMIT_EXCEEDED';
    }
  /** All subscriptions. */
  | { everything: true };
