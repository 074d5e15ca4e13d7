import type { RecordId } from '../../protocol/resource-message.js';
import type { Omission } from '../../resources/pubsub/channel.options.js';
import type { Select } from '../../resources/definition/answers/select.js';
import type { PublishContext } from '../publish-context.js';
import type { View } from '../../resources/views/view.js';

/* A decorator cannot know the type of what the handler answers; the functions say it themselves. */
/* oxlint-disable typescript/no-explicit-any */

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Options of every publishing decorator. Functions get the response, and the record in it, as the caller received it:
 * plain JSON data. They may return promises, and run once the response is on its way. What the record was before the
 * handler ran is `context.previous`, if the decorator has the option `previous`: a delete answers no record to read.
 */
export interface PublisherOptions {
  /** The resource. @default that of `@Resourceful` on the class */
  resource?: string;
  /**
   * Where the id is: a path parameter, or else a field of the record, by name; or a function.
   *
   * @default the record's id, or the path parameter `:id` or `:<resource>Id`, or the only one of the method's path. In
   *   a path to a record within the record, such as `:slug/comments/:id`, it has to be said
   */
  id?: string | ((record: any, context: PublishContext) => Awaitable<RecordId | undefined>);
  /**
   * Which part of the response is the record, or the records: a field, or a path to one, such as `'data.article'`; a
   * list of these, of which the first that is there counts; or a function.
   *
   * @default what the resource's option `select` says, or else all of it
   */
  select?: Select<PublishContext>;
  /** Publishes only if this returns true. */
  when?: (record: any, context: PublishContext) => Awaitable<boolean>;
  /** The requester receives it too: nobody is omitted. @default false */
  mirror?: boolean;
  /**
   * Who does not receive it, because it is their own request: the requesting socket, or all sockets of its user.
   *
   * @default the module's option `omit`
   */
  omit?: Omission;
  /**
   * The record as it was, read after the handler's pipes and before the handler (`context.args` has its arguments); a
   * list of records if the response holds several. It is sent in its view, and determines which related records are
   * notified. Without a view, only those of its fields are sent that the response shows, serialized by
   * class-transformer or by the schema of `@SerializeOptions`. An interceptor of your own that masks values is not
   * known here: declare a view.
   */
  previous?: (context: PublishContext) => unknown;
  /**
   * Fields of the resource's `slices` that the record in the response does not show, by functions. They say which slice
   * it is in now (or was in, if it is destroyed); a list stands for the slices of all of its values. They only
   * serve to find the recipients, and are sent to nobody.
   *
   * @default what the response shows; for a change that shows nothing, what was known before
   */
  slice?: Readonly<Record<string, (record: any, context: PublishContext) => unknown>>;
  /**
   * Additional rooms that receive it: names, or templates of names as in `@JoinRoom`, such as `'board:{boardId}'`. A
   * placeholder is a field of the record in the response; without one, a path or query parameter after the handler's
   * pipes, or else a field of `previous`, which comes before the parameters where the record is gone. Values are
   * encoded. Where there is none, the room is left out, which the log says.
   */
  to?: string | readonly string[] | ((record: any, context: PublishContext) => Awaitable<string | readonly string[]>);
  /** The shape in which subscribers see the record, instead of that of the response. */
  view?: View;
  /** Publishes nothing for the records on the other side of relations. @default false */
  noReverse?: boolean;
}

/** Options of `@PublishOnUpdate`. */
export interface PublishOnUpdateOptions extends PublisherOptions {
  /**
   * Subscribes the requesting socket to the record as soon as the response is sent; with `@PublishOnAdd`, to both
   * records. It does so whatever `when` says, for the verbs of the resource's `autosubscribe`.
   *
   * @default false
   */
  subscribe?: boolean;
}

/** Options of `@PublishOnCreate`. */
export interface PublishOnCreateOptions extends PublishOnUpdateOptions {
  /** The former owner of the records with which the new one was created, in a one-to-many relation. */
  movedFrom?:
    | RecordId
    | null
    | ((childId: RecordId, attribute: string, context: PublishContext, previous: any) => RecordId | null | undefined);
}

/** Options of `@PublishOnRemove` and `@PublishOnReplace`. */
export interface PublishOnCollectionOptions extends Omit<PublishOnCreateOptions, 'subscribe'> {
  /**
   * The record that is added or removed: a path parameter by name, or a function of the response; for a replacement, a
   * function that returns all of them.
   *
   * @default the path parameter that is named after the other resource, or that follows the collection, or the last
   *   one; or (added without one) the record in the response; or (replaced) the array that is the response, its
   *   attribute or the body
   */
  child?: string | ((response: any, context: PublishContext) => unknown);
}

/** Options of `@PublishOnAdd`. */
export interface PublishOnAddOptions extends PublishOnCollectionOptions, Pick<PublishOnCreateOptions, 'subscribe'> {}
