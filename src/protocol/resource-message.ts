/** What identifies a record among those of its resource. */
export type RecordId = string | number;

/** A record came into being. Watchers hear it. */
export interface CreatedMessage<T> {
  verb: 'created';
  id: RecordId;
  data: T;
}

/** A record changed: `data` holds what is known of it now, `previous` (only when asked for) what it was. */
export interface UpdatedMessage<T> {
  verb: 'updated';
  id: RecordId;
  data: Partial<T>;
  previous?: Partial<T>;
}

/** A record is gone. Nobody hears anything about this id afterwards, until they subscribe to it again. */
export interface DestroyedMessage<T> {
  verb: 'destroyed';
  id: RecordId;
  previous?: Partial<T>;
}

/** A record joined a collection of this one; `added` is that record, when it was given. */
export interface AddedToMessage<T> {
  verb: 'addedTo';
  id: RecordId;
  attribute: keyof T & string;
  addedId: RecordId;
  added?: unknown;
}

/** A record left a collection of this one. */
export interface RemovedFromMessage<T> {
  verb: 'removedFrom';
  id: RecordId;
  attribute: keyof T & string;
  removedId: RecordId;
}

/** Somebody said something about a record, which did not change. */
export interface MessagedMessage {
  verb: 'messaged';
  id: RecordId;
  data: unknown;
}

/** A record that somebody heard of is now elsewhere: it left the slice that they watch. What it is now is not for them. */
export interface LeftMessage {
  verb: 'left';
  id: RecordId;
}

/** A record from elsewhere is now in the slice that somebody watches. */
export interface EnteredMessage<T> {
  verb: 'entered';
  id: RecordId;
  data: T;
}

/**
 * What happened to a record of type `T`: the first argument of the event that is named like the resource.
 * Told apart by `verb`.
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

/** A message with a verb of the application's own, as `@Publish('archived')` sends it. */
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
