import type { SocketTargets } from '../sockets/target.js';
import type { MovedFrom } from './relations/reverse-messages.js';

/** Options of every publishing method. */
export interface PublishOptions {
  /** Who does not hear it: sockets, ids, rooms or the request. */
  except?: SocketTargets;
  /** Rooms that hear it besides the record's subscribers and the watchers. */
  to?: string | readonly string[];
  /** Nothing for the records on the other side of relations. */
  noReverse?: boolean;
}

/** Options of what changes or ends a record. */
export interface PublishChangeOptions<T> extends PublishOptions {
  /** The record as it was: it goes into the message, and from it follow the reverse messages. */
  previous?: Partial<T>;
}

/** Options of what puts records into a collection. */
export interface PublishMoveOptions extends PublishOptions {
  /** Whose they were before, in a one-to-many relation. */
  movedFrom?: MovedFrom;
}
