/** The id of a record, unique within its resource. */
export type RecordId = string | number;

/** A record was created. It is sent to watchers. */
export interface CreatedMessage<T> {
  verb: 'created';
  id: RecordId;
  data: T;
}

/** A record changed: `data` holds what is known of it now, `previous` (if the route asks for it) what it was. */
export interface UpdatedMessage<T> {
  verb: 'updated';
  id: RecordId;
  data: Partial<T>;
  previous?: Partial<T>;
}

/** A record was destroyed, which ends all subscriptions to it. */
export interface DestroyedMessage<T> {
  verb: 'destroyed';
  id: RecordId;
  previous?: Partial<T>;
}

/**
 * A record was added to a collection of this one; `added` is that record, if it was given. The collection need not be a
 * field that the view shows: that may have `commentIds` in place of `comments`.
 */
export interface AddedToMessage<T> {
  verb: 'addedTo';
  id: RecordId;
  attribute: (keyof T & string) | (string & {});
  addedId: RecordId;
  added?: unknown;
}

/** A record was removed from a collection of this one, which need not be a field that the view shows. */
export interface RemovedFromMessage<T> {
  verb: 'removedFrom';
  id: RecordId;
  attribute: (keyof T & string) | (string & {});
  removedId: RecordId;
}

/** A message about a record that did not change. */
export interface MessagedMessage {
  verb: 'messaged';
  id: RecordId;
  data: unknown;
}

/** A record left the slice that the recipient watches. What it is now is not theirs to see. */
export interface LeftMessage {
  verb: 'left';
  id: RecordId;
}

/** A record entered the slice that the recipient watches. */
export interface EnteredMessage<T> {
  verb: 'entered';
  id: RecordId;
  data: T;
}

/**
 * Says what happened to a record of type `T`. It is the first argument of the event that has the resource's name. The
 * `verb` discriminates its variants.
 *
 * @example
 * ```ts
 * import type { ResourceMessage } from 'nestjs-sockets';
 *
 * interface User {
 *   id: number;
 *   name: string;
 * }
 *
 * function show(message: ResourceMessage<User>): string {
 *   switch (message.verb) {
 *     case 'created':
 *       return `welcome ${message.data.name}`;
 *     case 'updated':
 *       return `now called ${message.data.name ?? 'the same'}`;
 *     default:
 *       return `${message.verb} ${message.id}`;
 *   }
 * }
 * ```
 */
export type ResourceMessage<T = Record<string, unknown>> =
  | CreatedMessage<T>
  | UpdatedMessage<T>
  | DestroyedMessage<T>
  | AddedToMessage<T>
  | RemovedFromMessage<T>
  | MessagedMessage
  | LeftMessage
  | EnteredMessage<T>;

/** A message with a verb of the application's own, such as `@Publish('archived')` sends. */
export interface CustomMessage<Verb extends string, T> {
  verb: Verb;
  id: RecordId;
  data: T;
}

/** The verbs that every resource has. */
export type ResourceVerb = ResourceMessage['verb'];

export const RESOURCE_VERBS: readonly ResourceVerb[] = [
  'created',
  'updated',
  'destroyed',
  'addedTo',
  'removedFrom',
  'messaged',
  'left',
  'entered',
];
