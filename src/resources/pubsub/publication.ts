import type { RecordId } from '../../protocol/resource-message.js';
import type { SocketTargets } from '../../rooms/target.js';
import type { Resource } from '../definition/resource.js';
import type { RecordSource } from '../slices/slices.js';

/** What is known of a record that stands in a message. */
export interface ToldRecord {
  /** As the response shows it: for views that are functions. */
  response?: unknown;
  /** As the handler returned it: for views that name the fields which may be sent. */
  whole?: unknown;
  /** The response does not show all of it: a view that is a function may not take it. */
  isPartial?: boolean;
  /** The decorator has a view of its own, and the message shows the record in it already. */
  isViewed?: boolean;
  /** Nothing is told but the id. */
  isId?: boolean;
}

/** By the field of the message that the record stands in; what is absent was given by code, and is in the message as it is. */
export type ToldRecords = Partial<Record<'data' | 'previous' | 'added', ToldRecord>>;

/** The message as those see it who see more than everybody else. */
export interface AudienceMessage {
  audience: string;
  message: unknown;
}

/** One message, and who is to hear it. */
export interface Publication {
  resource: Resource;
  /** Absent for data that is published as it is. */
  verb?: string;
  message: unknown;
  /** The same for audiences that see more, from the richest to the plainest. */
  richer?: readonly AudienceMessage[];
  /** What is known of the records in the message. */
  told?: ToldRecords;
  /** It follows for a record on the other side of a relation, and tells of no more than that. */
  isReverse?: boolean;
  /** The records it is about; none if only watchers can know of them yet. */
  ids: RecordId[];
  /** Further rooms. */
  to?: readonly string[];
  except?: SocketTargets;
  /** The change that it tells of, as its originator calls it. */
  mutation?: string;
  /** Whether the subscriptions to these records end with it. */
  retires?: boolean;
  /** By what it is known in which slices the record is, where the message says too little. */
  source?: RecordSource;
  /** The decorator and the route, or the method, whose own message it is; nobody can say more of those that follow from it. */
  by?: string;
}
