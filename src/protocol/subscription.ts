import type { RecordId } from './resource-message.js';

/** The event by which a client says what it wants to hear no longer; acknowledged by a `SocketResponse`. */
export const UNSUBSCRIBE_EVENT = 'sockets:unsubscribe';

/** What is not to be heard any more. */
export interface Unsubscription {
  resource: string;
  /** These records. Without it: all records of the resource, and the resource itself. */
  ids?: readonly RecordId[];
}

/** The event by which a client is told what it hears no longer, since its user has lost the right to, or never had it. */
export const REVOKED_EVENT = 'revoked';

/** What is heard no longer. */
export type Revocation =
  | {
      resource: string;
      /** These records. Without it: all of the resource, or of the slice. */
      ids?: readonly RecordId[];
      /** The part of the collection, by its fields. */
      slice?: Readonly<Record<string, unknown>>;
      /** It is no question of rights: there are more subscriptions than one socket may have. */
      code?: 'LIMIT_EXCEEDED';
    }
  | { room: string }
  /** Whatever it was. */
  | { everything: true };
