import type { RecordId } from '../../protocol/resource-message.js';
import type { Omission } from '../../resources/pubsub/channel.options.js';
import type { PublishContext } from '../publish-context.js';
import type { View } from '../../resources/views/view.js';

/* A decorator cannot know the type of what the handler answers; the functions say it themselves. */
/* oxlint-disable typescript/no-explicit-any */

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Options of every publishing decorator. The functions among them get the response, and the record in it, as the caller received it: plain JSON data. They
 * may return promises, and run once the response is on its way.
 */
export interface PublisherOptions {
  /** The resource. @default that of `@Resourceful` on the class */
  resource?: string;
  /**
   * Where the id is: a path parameter, or else a field of the record, by name; or a function.
   *
   * @default the record's id, or the path parameter `:id` or `:<resource>Id`, or the only one of the method's path
   */
  id?: string | ((record: any, context: PublishContext) => Awaitable<RecordId | undefined>);
  /** Which part of the response is the record, or the records: a field by name, or a function. @default all of it */
  select?: string | ((response: any, context: PublishContext) => unknown);
  /** Publishes only where this holds. */
  when?: (record: any, context: PublishContext) => Awaitable<boolean>;
  /** The requester hears it too: nobody is omitted. @default false */
  mirror?: boolean;
  /** Who does not hear it, since it was his own request: the requesting socket, or all sockets of its user. @default the module's option `omit` */
  omit?: Omission;
  /**
   * The record as it was, read after the handler's pipes and before the handler (`context.args` has its arguments); for a response of several records, all of them. It is sent in its view, and says which other records
   * are told of it. Without a view, those of its fields are sent that the response shows, as class-transformer or the schema of `@SerializeOptions`
   * serializes them. An interceptor of your own that masks values is not known here: declare a view.
   */
  previous?: (context: PublishContext) => unknown;
  /**
   * Fields of the resource's `slices` that the record in the response does not show, by functions: in which slice it is now (of a record that was destroyed: was).
   * They are for finding out who hears, and are sent to nobody.
   *
   * @default what the response shows; of a change that shows nothing, what was known before
   */
  slice?: Readonly<Record<string, (record: any, context: PublishContext) => unknown>>;
  /** Further rooms that hear it. */
  to?: string | readonly string[] | ((record: any, context: PublishContext) => Awaitable<string | readonly string[]>);
  /** The shape in which subscribers see the record, instead of the response's. */
  view?: View;
  /** Nothing for the records on the other side of relations. @default false */
  noReverse?: boolean;
}

/** Options of `@PublishOnUpdate`. */
export interface PublishOnUpdateOptions extends PublisherOptions {
  /**
   * Subscribes the requesting socket to the record, before it has the answer; by `@PublishOnAdd` to both records. Whatever `when` says, and for the verbs
   * that the resource's `autosubscribe` says.
   *
   * @default false
   */
  subscribe?: boolean;
}

/** Options of `@PublishOnCreate`. */
export interface PublishOnCreateOptions extends PublishOnUpdateOptions {
  /** Whose the records were before that the new one was created with, in a one-to-many relation. */
  movedFrom?:
    | RecordId
    | null
    | ((childId: RecordId, attribute: string, context: PublishContext, previous: any) => RecordId | null | undefined);
}

/** Options of `@PublishOnRemove` and `@PublishOnReplace`. */
export interface PublishOnCollectionOptions extends Omit<PublishOnCreateOptions, 'subscribe'> {
  /**
   * The record that is put in or taken out: a path parameter by name, or a function of the response; for a replacement, a function that gives all of
   * them.
   *
   * @default the last path parameter, or (added without one) the record that the route answers, or (replaced) the array that is the response, its attribute or the body
   */
  child?: string | ((response: any, context: PublishContext) => unknown);
}

/** Options of `@PublishOnAdd`. */
export interface PublishOnAddOptions extends PublishOnCollectionOptions, Pick<PublishOnCreateOptions, 'subscribe'> {}
