import type { Duration } from '../../common/option-rules.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { PublishContext } from '../publish-context.js';
import type { Awaitable } from './publish.options.js';

/* A decorator cannot know the type of what the handler answers; the functions say it themselves. */
/* oxlint-disable typescript/no-explicit-any */

/** For fields of a slice: a path or query parameter that is called otherwise, or a function. */
export type SliceOption = Readonly<Record<string, string | ((context: PublishContext) => unknown)>>;

/**
 * Options of `@SubscribeOnRead`. The functions among them get the response, and the record in it, as the caller receives it: plain JSON data. They may
 * return promises; the answer waits for them, for five seconds at the most.
 */
export interface SubscribeOnReadOptions {
  /** The resource. @default that of `@Resourceful` on the class */
  resource?: string;
  /**
   * Where the id is: a field of the record by name, or a function; or a path parameter by name, for an answer that is one record and does not hold its
   * own id.
   *
   * @default the record's own
   */
  id?: string | ((record: any, context: PublishContext) => Awaitable<RecordId | undefined>);
  /** Which part of the response is the record, or the records: a field by name, or a function. @default all of it */
  select?: string | ((response: any, context: PublishContext) => unknown);
  /**
   * The collection too: the reader hears of every record of the resource; of a resource that is declared with `slices`, of every record in the slice that the
   * route is about. An array: of these verbs only; of a slice, also `entered` and `left`, and the records in it that were read are heard of for these verbs too,
   * and for those of `verbs`.
   *
   * @default false
   */
  watch?: boolean | readonly string[];
  /**
   * Which slice the route is about, where its fields are called otherwise than the route's path and query parameters: the name of one, or a function, by field.
   * `false` for none of them: the reader then watches all records of the resource.
   *
   * @default the fields by their own names, as the handler takes them by `@Param()` and `@Query('boardId')`, or as they stand in the path; of a whole `@Query()`, only those
   *   that are named here
   */
  slice?: false | SliceOption;
  /** The records for these verbs only. @default all of them, or what the resource's `autosubscribe` says */
  verbs?: string | readonly string[];
  /**
   * Also the records that stand, populated, in those that were read: `true` for all relations of the resource, an array for these attributes only; and
   * whatever records stand in them in turn. Each for the verbs that its own resource's `autosubscribe` says.
   *
   * @default false
   */
  relations?: boolean | readonly string[];
  /**
   * How often the read is done again for the socket, through the route's own guards and handler: `'30s'`, `'5m'`, `'1h'` or milliseconds, and whenever the
   * socket has authenticated again; or (`true`) only then. What it would not be subscribed to any more, since it is refused (401, 403, 404, 410), or since the
   * answer does not hold it, it hears of no longer, and is told `revoked`; what the answer holds in addition changes nothing. Other failures change nothing
   * either, and it is tried again. For GET routes; the handler sees `request.isRecheck`.
   *
   * @default undefined never: a subscription lasts as long as the socket is connected
   */
  recheck?: true | Duration;
}

/** Options of `@Unsubscribe`; its functions are called as those of `@SubscribeOnRead` are. */
export interface UnsubscribeOptions extends Pick<SubscribeOnReadOptions, 'resource' | 'select' | 'slice'> {
  /**
   * Where the id is: a path parameter, or else a field of the record, by name; or a function.
   *
   * @default the path parameter `:id` or `:<resource>Id` (or the only one of the method's path), or else the ids, or the records, that the route answers
   */
  id?: SubscribeOnReadOptions['id'];
  /** The collection too, or the slice of it that the route is about: the requester no longer watches. @default false */
  watch?: boolean;
}
