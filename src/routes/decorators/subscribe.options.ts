import type { Duration } from '../../common/option-rules.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { Select } from '../../resources/definition/answers/select.js';
import type { PublishContext } from '../publish-context.js';
import type { Awaitable } from './publish.options.js';

/* A decorator cannot know the type of what the handler answers; the functions say it themselves. */
/* oxlint-disable typescript/no-explicit-any */

/**
 * Where the fields of slices come from, by field or path: a path or query parameter of another name, or a function. A
 * function may return a list, which stands for the slices of all of its values.
 */
export type SliceOption = Readonly<Record<string, string | ((context: PublishContext) => unknown)>>;

/**
 * Options of `@SubscribeOnRead`. Functions get the response, and the record in it, as the caller receives it: plain
 * JSON data. They may return promises; the response waits for them, at most five seconds.
 */
export interface SubscribeOnReadOptions {
  /** The resource. @default that of `@Resourceful` on the class */
  resource?: string;
  /**
   * Where the id is: a field of the record by name, or a function; or a path parameter by name, if the response is one
   * record without an id of its own.
   *
   * @default the record's own
   */
  id?: string | ((record: any, context: PublishContext) => Awaitable<RecordId | undefined>);
  /**
   * Which part of the response is the record, or the records: a field, or a path to one, such as `'data.article'`; a
   * list of these, of which the first that is there counts; or a function.
   *
   * @default what the resource's option `select` says, or else all of it
   */
  select?: Select<PublishContext>;
  /**
   * Also watches the collection: the reader receives publications for every record of the resource; if the resource is
   * declared with `slices`, for every record in the slice that the route is about. An array limits that to these verbs,
   * and to `entered` and `left` of a slice; publications for the records in a slice that were read are limited to these
   * verbs and those of `verbs`.
   *
   * `'all'` says that whoever may call the route may know all records of the resource, of all slices. With `slice` in
   * addition, the reader watches the slice that the request names, or else all records. Where a route watches a
   * resource that has neither `slices` nor `authorize`, in an application that knows users, a warning at boot asks for
   * `'all'`, since publications do not depend on who reads.
   *
   * @default false
   */
  watch?: boolean | 'all' | readonly string[];
  /**
   * Which slice the route is about, if its fields are not named like the route's path and query parameters: the name of
   * one, or a function, by field: `{ 'author.username': 'author' }`. `false` for none of them: the reader then watches
   * all records of the resource, as by `watch: 'all'`, but for the verbs of `watch`.
   *
   * A function may return a list, and the reader watches the slice of each value: `{ authorId: ({ request }) =>
   * request.user.follows }`. An empty list watches nothing. A query parameter that is given several times is such a
   * list where the handler declares it as one, by its type or by a `ParseArrayPipe`; an empty one counts as not given.
   *
   * @default the fields by their own names, as the handler takes them by `@Param()` and `@Query('boardId')`, or as they
   *   stand in the path; of a whole `@Query()`, only those that are named here
   */
  slice?: false | SliceOption;
  /**
   * Limits the subscriptions to records to these verbs.
   *
   * @default all of them, or what the resource's `autosubscribe` says
   */
  verbs?: string | readonly string[];
  /**
   * Also subscribes to the records that are populated in those that were read: `true` for all relations of the
   * resource, an array for these attributes only; and to the records that are populated in those in turn. Each is
   * subscribed to for the verbs of its own resource's `autosubscribe`.
   *
   * @default false
   */
  relations?: boolean | readonly string[];
  /**
   * How often the read is repeated for the socket, through the route's own guards and handler: `'30s'`, `'5m'`, `'1h'`
   * or milliseconds, and whenever the socket has authenticated again; `true` for only then. The socket loses the
   * subscriptions that the read would no longer lead to, because it is refused (401, 403, 404, 410) or because the
   * response does not hold the record, and is told `revoked`. Additional records in the response change nothing. After
   * any other failure nothing changes, and the read is tried again. For GET routes only; the handler sees
   * `request.isRecheck`.
   *
   * @default undefined never: a subscription lasts as long as the socket is connected
   */
  recheck?: true | Duration;
  /**
   * Says that the answer depends on nothing but the URL and the user: not on the time, nor on anything else that one
   * request of a user has and another has not. When many clients come back at once, those of one user (or of nobody)
   * that read the same URL within one second are given the answer of one call of the handler, and what was published
   * since it began. Guards, pipes and interceptors run for each of them; policies (`authorize`) are asked once.
   * Requests with different cookies, credentials or other telling headers share nothing. For GET routes only.
   *
   * Leave it out where the handler does more than read, such as counting views, where it answers with a stream, and
   * where an interceptor changes the answer in place, rather than making a new one.
   *
   * @default false
   */
  shareable?: boolean;
  /**
   * Subscribes the reader only if this returns true: to the records, and to what is watched. It is asked once for each
   * response, with the record or the list of records in it. If it throws, nobody is subscribed, and the log says so.
   *
   * @default every reader is subscribed
   */
  when?: (record: any, context: PublishContext) => Awaitable<boolean>;
}

/** Options of `@Unsubscribe`. Functions are called like those of `@SubscribeOnRead`. */
export interface UnsubscribeOptions extends Pick<SubscribeOnReadOptions, 'resource' | 'select' | 'slice'> {
  /**
   * Where the id is: a path parameter, or else a field of the record, by name; or a function.
   *
   * @default the path parameter `:id` or `:<resource>Id` (or the only one of the method's path), or else the ids, or
   *   the records, in the response
   */
  id?: SubscribeOnReadOptions['id'];
  /** Also stops watching the collection, or the slice of it that the route is about. @default false */
  watch?: boolean;
}
