import { BOOLEAN, BYTES, type OptionRule } from '../../common/option-rules.js';
import { isMutationId } from '../../protocol/notes.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { OutboxConnection } from '../../server/cluster/journal/journal.js';
import type { SocketTargets } from '../../rooms/target.js';
import { TRANSACTION_OPTIONS, type TransactionOptions } from '../../transactions/transactions.options.js';
import type { MovedFrom } from '../relations/reverse-messages.js';

/** Limits of publications: a part of the option `limits`. */
export interface PublicationLimits {
  /**
   * The bytes of JSON that one publication may have. Instead of a larger one, an `updated` is sent that has the id of
   * the record and nothing else, and the log says so once for each resource.
   *
   * @default 65536
   */
  maxPublication?: number;
}

export const PUBLICATION_LIMITS: Required<PublicationLimits> = { maxPublication: 65_536 };

export const PUBLICATION_LIMIT_RULES: Record<keyof PublicationLimits, OptionRule> = { maxPublication: BYTES };

/** A record of a collection, or its id. The relations of the resource say which resource the record belongs to. */
export type ChildOrId = RecordId | object;

/** Options of every publishing method. */
export interface PublishOptions extends TransactionOptions {
  /** Sockets, ids of sockets, rooms or requests that do not receive it. */
  except?: SocketTargets;
  /** Rooms that receive it in addition to the record's subscribers and the watchers. */
  to?: string | readonly string[];
  /** Sends no messages for the records on the other side of relations. */
  noReverse?: boolean;
  /**
   * The name of the change, for the delivery notes of all its messages: 1 to 128 visible ASCII characters.
   *
   * @default the client's name for it, while a request that came over a socket is being handled
   */
  mutation?: string;
  /**
   * The key of a publication that is sent once: what was published with the same key, of the same resource, is not sent
   * again for as long as the journal keeps it, as of a job that is run twice. 1 to 128 visible ASCII characters.
   */
  once?: string;
  /**
   * Writes the publication in the transaction of the application, by a connection on which that is open, so that it is
   * told exactly if it commits, also if the process ends right after that. It needs `postgres({ outbox: true })` and a
   * transaction that is known here, by the module's option `transactions`, by `SocketsService.afterCommit()` or by the
   * option `transaction`.
   */
  outbox?: OutboxConnection;
}

/** Options of methods that publish a change or the end of a record. */
export interface PublishChangeOptions<T> extends PublishOptions {
  /**
   * The record as it was. It goes into the message, and the reverse messages follow from it. `null` counts as absent.
   */
  previous?: Partial<T> | null;
}

/** Options of methods that publish that records were put into a collection. */
export interface PublishMoveOptions extends PublishOptions {
  /** The parent that the records belonged to before, in a one-to-many relation. */
  movedFrom?: MovedFrom;
}

/** Options of `publishReplace`. */
export interface PublishReplaceOptions extends PublishMoveOptions {
  /** What the collection held before: ids or records. @default nothing */
  previous?: readonly ChildOrId[];
}

type Rules<Options> = Record<keyof Options & string, OptionRule | undefined>;

/** An option without a rule is checked by the code that uses it. */
export const PUBLISH_OPTIONS: Rules<PublishOptions> = {
  except: undefined,
  to: undefined,
  noReverse: BOOLEAN,
  mutation: ['a string of 1 to 128 visible ASCII characters', isMutationId],
  once: ['a string of 1 to 128 visible ASCII characters', isMutationId],
  outbox: ['a client of pg in a transaction, or an object with a method query(text, values)', isConnection],
  ...TRANSACTION_OPTIONS,
};
export const CHANGE_OPTIONS: Rules<PublishChangeOptions<unknown>> = { ...PUBLISH_OPTIONS, previous: undefined };
export const MOVE_OPTIONS: Rules<PublishMoveOptions> = { ...PUBLISH_OPTIONS, movedFrom: undefined };
export const REPLACE_OPTIONS: Rules<PublishReplaceOptions> = { ...MOVE_OPTIONS, previous: undefined };

/** Who does not hear of their own change: the socket that made the request, or all sockets of its user. */
export type Omission = 'socket' | 'user';

export const OMISSION: OptionRule = ["'socket' or 'user'", (value) => value === 'socket' || value === 'user'];

function isConnection(value: unknown): boolean {
  return typeof (value as { query?: unknown } | null)?.query === 'function';
}
