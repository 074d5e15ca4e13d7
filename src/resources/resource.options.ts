import { InvalidResourceError } from './errors/invalid-resource.error.js';
import type { RecordIdType } from './record-id.js';
import type { Relation } from './relations/relation.js';

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
};

/** @throws InvalidResourceError that names the option and what it may be */
export function assertResourceOptions(options: object, where: string): void {
  for (const [option, value] of Object.entries(options)) {
    const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof ResourceOptions] : undefined;
    const expected = rule?.[0] ?? `left out: there is none of that name. There are ${Object.keys(RULES).join(', ')}`;
    if (rule && (value === undefined || rule[1](value))) continue;
    throw new InvalidResourceError(`${where}: the option "${option}" must be ${expected}.`);
  }
}
