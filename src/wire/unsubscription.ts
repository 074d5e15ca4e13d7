import type { RecordId } from './resource-message.js';

/** The event by which a client says what it wants to hear no longer; acknowledged by a `SocketResponse`. */
export const UNSUBSCRIBE_EVENT = 'sockets:unsubscribe';

/** What is not to be heard any more. */
export interface Unsubscription {
  resource: string;
  /** These records. Without it: all records of the resource, and the resource itself. */
  ids?: readonly RecordId[];
}
