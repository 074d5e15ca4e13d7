import { BOOLEAN, type OptionRule } from '../../common/option-rules.js';
import { isMutationId } from '../../protocol/notes.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { SocketTargets } from '../../rooms/target.js';
import type { MovedFrom } from '../relations/reverse-messages.js';

/** A record of a collection, or its id. Of which resource it is, the relations say. */
export type ChildOrId = RecordId | object;

/** Options of every publishing method. */
export interface PublishOptions {
  /** Who does not hear it: sockets, ids, rooms or the request. */
  except?: SocketTargets;
  /** Rooms that hear it besides the record's subscribers and the watchers. */
  to?: string | readonly string[];
  /** Nothing for the records on the other side of relations. */
  noReverse?: boolean;
  /**
   * What the change is called that this tells of, for the delivery notes of all its messages: 1 to 128 visible ASCII characters.
   *
   * @default what the client calls it, while a request that came over a socket is being handled
   */
  mutation?: string;
}

/** Options of what changes or ends a record. */
export interface PublishChangeOptions<T> extends PublishOptions {
  /** The record as it was: it goes into the message, and from it follow the reverse messages. `null` is as good as absent. */
  previous?: Partial<T> | null;
}

/** Options of what puts records into a collection. */
export interface PublishMoveOptions extends PublishOptions {
  /** Whose they were before, in a one-to-many relation. */
  movedFrom?: MovedFrom;
}

/** Options of `publishReplace`. */
export interface PublishReplaceOptions extends PublishMoveOptions {
  /** What the collection held before: ids or records. @default nothing */
  previous?: readonly ChildOrId[];
}

type Rules<Options> = Record<keyof Options & string, OptionRule | undefined>;

/** What has no rule here is checked by whoever uses it. */
export const PUBLISH_OPTIONS: Rules<PublishOptions> = {
  except: undefined,
  to: undefined,
  noReverse: BOOLEAN,
  mutation: ['a string of 1 to 128 visible ASCII characters', isMutationId],
};
export const CHANGE_OPTIONS: Rules<PublishChangeOptions<unknown>> = { ...PUBLISH_OPTIONS, previous: undefined };
export const MOVE_OPTIONS: Rules<PublishMoveOptions> = { ...PUBLISH_OPTIONS, movedFrom: undefined };
export const REPLACE_OPTIONS: Rules<PublishReplaceOptions> = { ...MOVE_OPTIONS, previous: undefined };

/** Who does not hear of its own change: the socket that asked for it, or all sockets of its user. */
export type Omission = 'socket' | 'user';

export const OMISSION: OptionRule = ["'socket' or 'user'", (value) => value === 'socket' || value === 'user'];
