import type { Type } from '@nestjs/common';
import { InvalidResourceError } from '../resources.errors.js';
import type { RecordIdType } from './record-id.js';
import type { Relation } from './relation.js';
import { isResourceName } from './resource-name.js';
import { isPolicy, type SubscriptionPolicy } from './subscription-policy.js';
import type { Audience } from '../views/record-views.js';
import { isView, type View } from '../views/view.js';

/** What can be said of a resource, by `@Resourceful(name, options)` or in `SocketsModule.forRoot({ resources })`. */
export interface ResourceOptions {
  /** The field that holds a record's id. @default 'id' */
  id?: string;
  /**
   * The type of the ids. With `'number'`, `'1'` means `1` and `'01'` is an error. Without it, ids are numbers if a route of the resource declares its
   * id parameter a `number`, and otherwise stay as they are given.
   */
  idType?: RecordIdType;
  /** What the records are related to, by attribute. Declared on either side, it gives the reverse messages on both. */
  relations?: Record<string, Relation>;
  /**
   * The verbs that `subscribe` and `watch` mean when a call names none: all of them, some of them, or (`false`) a call has to name them.
   *
   * @default true
   */
  autosubscribe?: boolean | readonly string[];
  /** Verbs of the application's own that no `@Publish('verb')` declares. */
  verbs?: readonly string[];
  /**
   * The parts of the collection that may be watched by themselves: each by a field of the records, such as `'boardId'`, or by several together, such as
   * `['tenantId', 'boardId']`. Whoever watches a slice hears of the records in it and of no others, and that they enter and leave it.
   *
   * @default none
   */
  slices?: ReadonlyArray<string | readonly string[]>;
  /**
   * How many records' slices each process remembers, of those that it told of or that were read through it. By that it knows which slice a record leaves, where a
   * change does not say what the record was (`previous`).
   *
   * @default 10000
   */
  rememberedSlices?: number;
  /**
   * A rule of its own about who may be subscribed by reading: a class that the application provides, or that can be made of what is global, or an object. It is asked
   * about every record, slice or collection that a read would lead to, also about records of this resource that stand, populated, in others. Whoever is
   * refused has its answer all the same, and is told `revoked`. What code subscribes, by a channel, is not asked about.
   *
   * @default none: to read is to be subscribed
   */
  authorize?: Type<SubscriptionPolicy> | SubscriptionPolicy;
  /**
   * The shape in which records are sent, whoever changed them: a class of class-transformer, a Standard Schema, or a function. A class or a schema says by itself
   * which fields may be sent, and is given the record as the handler returned it; a function is given what the response shows. Both get plain JSON data.
   *
   * @default what the response shows; from code, what is given
   */
  view?: View;
  /** The shapes for those who see more than others, by the name of their audience, from the richest to the plainest. */
  views?: Readonly<Record<string, View>>;
  /**
   * Which of the `views` a user sees, by `socket.data.user`: the name of one, or of several, of which the richest counts. Asked when a socket subscribes, and when it has
   * authenticated again. Must answer at once.
   *
   * @default none of them: everybody sees `view`
   */
  audience?: Audience;
}

/** What each option must be, in the words of the error. */
const RULES: Record<keyof ResourceOptions, readonly [expected: string, holds: (value: unknown) => boolean]> = {
  id: ["a field's name", (value) => typeof value === 'string' && value !== ''],
  idType: ["'number' or 'string'", (value) => value === 'number' || value === 'string'],
  relations: [
    "an object of relations by attribute, such as { owner: belongsTo('user', 'pets') }",
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ],
  autosubscribe: ['true, false or an array of verbs', (value) => typeof value === 'boolean' || Array.isArray(value)],
  verbs: ['an array of verbs', Array.isArray],
  slices: [
    "an array of fields, or of arrays of fields, each once, such as ['boardId', ['tenantId', 'boardId']]",
    areSlices,
  ],
  authorize: ['a class, or an object, that has a method canSubscribe(user, target)', isPolicyOrClass],
  rememberedSlices: ['a whole number of records, or 0', (value) => Number.isInteger(value) && (value as number) >= 0],
  view: ['a class, a Standard Schema or a function', isView],
  views: [
    'an object of views by audience, such as { admin: AdminUser }; a name is made of letters, digits, "_", "-" and ".", and begins with a letter',
    areViews,
  ],
  audience: [
    'a function that gives the audience of a user, such as (user) => user.role',
    (value) => typeof value === 'function',
  ],
};

function isPolicyOrClass(value: unknown): boolean {
  return isPolicy(value) || (typeof value === 'function' && isPolicy(value.prototype));
}

function areViews(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const views = Object.entries(value);
  return views.length > 0 && views.every(([name, view]) => isResourceName(name) && isView(view));
}

function areSlices(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const slices = value.map((slice: unknown) => (Array.isArray(slice) ? (slice as unknown[]) : [slice]));
  const areFields = slices.every((fields) => fields.length > 0 && fields.every(isField) && areUnique(fields));
  return areFields && areUnique(slices.map((fields) => JSON.stringify((fields as string[]).toSorted())));
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
