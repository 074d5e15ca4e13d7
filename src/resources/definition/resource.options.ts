import type { Type } from '@nestjs/common';
import { isObject } from '../../common/type-guards.js';
import { InvalidResourceError } from '../resources.errors.js';
import type { RecordIdType } from './record-ids.js';
import type { Relation } from './relation.js';
import { SELECT, type Select } from './answers/select.js';
import { isResourceName } from './resource-name.js';
import { isPolicy, type SubscriptionPolicy } from './subscription-policy.js';
import type { Audience } from '../views/record-views.js';
import { isView, type View } from '../views/view.js';

/** Options of a resource, for `@Resourceful(name, options)` or `SocketsModule.forRoot({ resources })`. */
export interface ResourceOptions {
  /** The field that holds a record's id. @default 'id' */
  id?: string;
  /**
   * The field by which the outside names records beside their ids, such as `'slug'`: in paths (`articles/:slug`), and
   * in calls of a channel. No two records of the resource may have the same key. Rooms and messages have the id.
   *
   * @default none
   */
  key?: string;
  /**
   * How many records' keys each process remembers, of the records that it published or that were read through it. It
   * needs that to know which record a key leads to when neither the answer nor `previous` shows the id.
   *
   * @default 10000
   */
  rememberedKeys?: number;
  /**
   * The type of the ids: of those in records, and so of those in messages, whatever a URL looks like. With `'number'`,
   * `'1'` means `1` and `'01'` is an error; with `'uuid'`, upper and lower case are the same; with `'string'`, any
   * difference makes another record. A function returns the one form of an id, or `undefined` for what is not an id,
   * such as `(id) => String(id).toLowerCase()`.
   *
   * @default that of the records which this process has seen, or else numbers if a route of the resource declares its
   *   id parameter a `number`, or else as the id is given
   */
  idType?: RecordIdType;
  /**
   * The field that holds a record's version, such as `'version'` or `'updatedAt'`: a number, a date, or the text of
   * either, that grows with each change. Then a server sends no older version of a record after a newer one, in
   * whatever order their publications come; `destroyed` is final. A message that does not show the field is sent
   * always. Publish whole records: of two partial changes, that of the older version may not be sent.
   *
   * @default none: messages are sent in the order in which they are published
   * @example
   * ```ts
   * import { Body, Controller, Param, Patch } from '@nestjs/common';
   * import { PublishOnUpdate, Resourceful } from 'nestjs-sockets';
   *
   * @Controller('cards')
   * @Resourceful('card', { version: 'updatedAt' })
   * export class CardsController {
   *   @Patch(':id')
   *   @PublishOnUpdate()
   *   rename(@Param('id') id: string, @Body() { title }: { title: string }) {
   *     return { id: Number(id), title, updatedAt: new Date() };
   *   }
   * }
   * ```
   */
  version?: string;
  /**
   * Of how many records each process remembers the newest version that it has sent. One that is forgotten may be
   * followed by an older version of itself.
   *
   * @default 10000
   */
  rememberedVersions?: number;
  /**
   * Where the answers of all routes hold records of this resource: a field, or a path to one, such as `'data.article'`;
   * a list of these, such as `['article', 'articles']`, of which the first that is there counts; or a function
   * `(response, context) => …`, whose context is that of decorators. Where an answer has none of them and is a record
   * with an id of its own, or a list, it counts itself. A decorator's own `select` comes first.
   *
   * @default none: answers are records, or lists of them
   */
  select?: Select;
  /**
   * What the records are related to, by attribute. A relation declared on either side gives reverse messages on both.
   */
  relations?: Record<string, Relation>;
  /**
   * The verbs that `subscribe` and `watch` mean when a call names none: all of them, or some of them. With `false`,
   * each call has to name verbs.
   *
   * @default true
   */
  autosubscribe?: boolean | readonly string[];
  /** Verbs of your own that no `@Publish('verb')` declares. */
  verbs?: readonly string[];
  /**
   * The parts of the collection that can be watched by themselves: each by a field of the records, such as `'boardId'`,
   * or a path, such as `'author.username'`, or by several together, such as `['tenantId', 'boardId']`. Where the field
   * is a list, the record is in the slice of each member. The watchers of a slice hear of the records in it, of no
   * others, and when a record enters or leaves it.
   *
   * @default none
   */
  slices?: ReadonlyArray<string | readonly string[]>;
  /**
   * How many records' slices each process remembers, of the records that it published or that were read through it. It
   * needs that to know which slice a record leaves when a change does not include the record as it was (`previous`).
   *
   * @default 10000
   */
  rememberedSlices?: number;
  /**
   * What becomes of a client that does not take what it is sent as fast as it is published. With `'disconnect'`, it is
   * disconnected when more waits for it than `limits.maxQueued`. With `'refetch'`, it is sent no more messages of this
   * resource as soon as a quarter of that waits; when it has caught up, it is told `sockets:stale` once, and reads
   * again what it has read, which our client does for reads with `repeat`.
   *
   * @default 'disconnect'
   */
  overload?: 'disconnect' | 'refetch';
  /**
   * The policy that decides who may be subscribed by reading: an object, or a class that the application provides or
   * that can be made from global providers. It is asked about every record, slice or collection that a read would
   * subscribe to, including records of this resource that are populated in others. A reader that is refused still gets
   * its response, and is told `revoked`. Subscriptions made by code, through a channel, are not checked.
   *
   * @default none: everyone who can read is subscribed
   */
  authorize?: Type<SubscriptionPolicy> | SubscriptionPolicy;
  /**
   * The shape in which records are sent, no matter who changed them: a class of class-transformer, a Standard Schema,
   * or a function. A class or a schema names the fields that may be sent, and gets the record as the handler returned
   * it; a function gets what the response shows. Both get plain JSON data.
   *
   * @default what the response shows; from code, what is given
   */
  view?: View;
  /**
   * The fields that depend on who looks at the record, such as `['favorited', 'author.following']`. The answer of a
   * route has the value of whoever changed the record, so it is sent to the other sockets of that user only. Everybody
   * else's client keeps its own value.
   *
   * @default none
   */
  personal?: readonly string[];
  /** The shapes for audiences that see more than others, by the audience's name, from the richest to the plainest. */
  views?: Readonly<Record<string, View>>;
  /**
   * Chooses which of the `views` a user sees, by `socket.data.user`: returns the name of one, or of several, of which
   * the richest counts. Called when a socket subscribes, and when it has authenticated again. It must not return a
   * promise.
   *
   * @default none of them: everybody sees `view`
   */
  audience?: Audience;
}

/** What each option must be, as the error says it. */
const RULES: Record<keyof ResourceOptions, readonly [expected: string, holds: (value: unknown) => boolean]> = {
  id: ["a field's name", (value) => typeof value === 'string' && value !== ''],
  key: ["a field's name", (value) => typeof value === 'string' && value !== ''],
  rememberedKeys: ['a whole number of records, or 0', isCount],
  idType: [
    "'number', 'uuid', 'string' or a function",
    (value) => ['number', 'uuid', 'string'].includes(value as string) || typeof value === 'function',
  ],
  version: ["a field's name", (value) => typeof value === 'string' && value !== ''],
  rememberedVersions: ['a whole number of records, or 0', isCount],
  select: SELECT,
  relations: ["an object of relations by attribute, such as { owner: belongsTo('user', 'pets') }", isObject],
  autosubscribe: ['true, false or an array of verbs', (value) => typeof value === 'boolean' || Array.isArray(value)],
  verbs: ['an array of verbs', Array.isArray],
  slices: [
    "an array of fields, or of arrays of fields, each once, such as ['boardId', ['tenantId', 'boardId']]",
    areSlices,
  ],
  overload: ["'disconnect' or 'refetch'", (value) => value === 'disconnect' || value === 'refetch'],
  authorize: ['a class, or an object, that has a method canSubscribe(user, target)', isPolicyOrClass],
  rememberedSlices: ['a whole number of records, or 0', isCount],
  view: ['a class, a Standard Schema or a function', isView],
  personal: ["an array of fields, or of paths to them, each once, such as ['favorited', 'author.following']", arePaths],
  views: [
    'an object of views by audience, such as { admin: AdminUser }; a name is made of letters, digits, "_", "-" ' +
      'and ".", and begins with a letter',
    areViews,
  ],
  audience: [
    'a function that gives the audience of a user, such as (user) => user.role',
    (value) => typeof value === 'function',
  ],
};

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isPolicyOrClass(value: unknown): boolean {
  return isPolicy(value) || (typeof value === 'function' && isPolicy(value.prototype));
}

function areViews(value: unknown): boolean {
  if (!isObject(value)) return false;
  const views = Object.entries(value);
  return views.length > 0 && views.every(([name, view]) => isResourceName(name) && isView(view));
}

function areSlices(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const slices = value.map((slice: unknown) => (Array.isArray(slice) ? (slice as unknown[]) : [slice]));
  const areFields = slices.every((fields) => fields.length > 0 && fields.every(isField) && areUnique(fields));
  return areFields && areUnique(slices.map((fields) => JSON.stringify((fields as string[]).toSorted())));
}

function arePaths(value: unknown): boolean {
  const isPath = (path: unknown): boolean => typeof path === 'string' && path.split('.').every((name) => name !== '');
  return Array.isArray(value) && value.every(isPath) && areUnique(value);
}

function isField(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value);
}

function areUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

/** @throws InvalidResourceError that names the option and what it may be */
export function assertResourceOptions(options: object, where: string): void {
  for (const [option, value] of Object.entries(options)) {
    const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof ResourceOptions] : undefined;
    const expected =
      rule?.[0] ?? `left out: there is no option of that name. There are ${Object.keys(RULES).join(', ')}`;
    if (rule && (value === undefined || rule[1](value))) continue;
    throw new InvalidResourceError(`${where}: the option "${option}" must be ${expected}.`);
  }
}
