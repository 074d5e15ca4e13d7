import type { RecordId } from './resource-message.js';

/** The event with which a client ends subscriptions; acknowledged with a `SocketResponse`. */
export const UNSUBSCRIBE_EVENT = 'sockets:unsubscribe';

/**
 * The header of an answer that has subscribed the requesting socket: the name of the resource, or of several, separated
 * by commas. It says which read to repeat where a publication contains less than this read has shown.
 */
export const RESOURCE_HEADER = 'realtime-resource';

/** The subscriptions that a client ends. */
export interface Unsubscription {
  resource: string;
  /** The records; without them, all records of the resource and the resource itself. */
  ids?: readonly RecordId[];
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
      /** The reason is not a right: the socket has as many subscriptions as it may have. */
      code?: 'LIMIT_EXCEEDED';
    }
  | { room: string }
  /** All subscriptions. */
  | { everything: true };
