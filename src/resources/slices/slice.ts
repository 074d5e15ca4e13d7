/** A value that a field of a slice may have. `null` stands for none: such a record is in no slice by that field. */
export type SliceValue = string | number | bigint | boolean;

/** The most slices of the same fields that one record is in; those of further members of a list are left out. */
export const MAX_SLICES = 256;

/** The value, or the values, of a field by which records may be told apart: those of its members, if it is a list. */
type Member<Value> = Value extends SliceValue | null | undefined
  ? Value
  : Value extends Iterable<infer One>
    ? One
    : Value;

/** The record, or records, that a field holds, if it holds any. */
type RecordIn<Value> = Exclude<
  Member<NonNullable<Value>>,
  SliceValue | null | undefined | Date | ((...args: never) => unknown)
>;

/** The fields of a record and, by paths such as `author.username`, of the records in it, down to the third level. */
type PathOf<T, Level extends readonly unknown[] = []> = {
  [Field in keyof T & string]-?: unknown extends T[Field]
    ? Field
    : Level['length'] extends 2
      ? Field
      : | Field
        | (RecordIn<T[Field]> extends infer Held
            ? Held extends object
              ? PathWithin<Field, Held, Level>
              : never
            : never);
}[keyof T & string];

type PathWithin<
  Field extends string,
  Held,
  Level extends readonly unknown[],
> = `${Field}.${PathOf<Held, [...Level, 0]>}`;

type ValueAt<T, Path extends string> = T extends unknown
  ? Path extends keyof T
    ? unknown extends T[Path]
      ? SliceValue
      : Extract<Member<T[Path]>, SliceValue>
    : Path extends `${infer Field}.${infer Rest}`
      ? Field extends keyof T
        ? ValueAt<RecordIn<T[Field]>, Rest>
        : never
      : never
  : never;

/**
 * The values that records of a slice have in common, by field or path: `{ boardId: 7 }`, or `{ 'author.username':
 * 'ada' }`. If the field is a list, it is the value of one of its members.
 *
 * @example
 * ```ts
 * import type { SliceOf } from 'nestjs-sockets';
 *
 * interface Article {
 *   id: number;
 *   author: { username: string };
 *   tagList: string[];
 * }
 *
 * export const by = (username: string): SliceOf<Article> => ({ 'author.username': username });
 * export const tagged = (tag: string): SliceOf<Article> => ({ tagList: tag });
 * ```
 */
export type SliceOf<T> = {
  readonly [Path in PathOf<T>]?: ValueAt<T, Path>;
};

/**
 * The parts of a collection whose records have equal values in these fields: the cards of one board. A record whose
 * field is a list is in the part of each member.
 */
export class Slice {
  private readonly prefixes: readonly string[];

  constructor(readonly fields: readonly string[]) {
    this.prefixes = fields.map((field) => `${encodeURIComponent(field)}=`);
  }

  /**
   * Returns the key of the part that these values belong to, or `undefined` if they belong to none. Two values are the
   * same if their written forms are.
   */
  keyOf(values: Readonly<Record<string, unknown>>): string | undefined {
    let key: string | undefined;
    for (const [index, field] of this.fields.entries()) {
      const value = Object.hasOwn(values, field) ? writtenForm(values[field]) : undefined;
      if (value === undefined) return undefined;
      const part = this.prefixes[index] + encodeURIComponent(value);
      key = key === undefined ? part : `${key}&${part}`;
    }
    return key;
  }

  /** Returns the keys of all parts that a record with these values is in, of which a list may hold several. */
  keysOf(values: Readonly<Record<string, unknown>>): string[] {
    if (!this.hasList(values)) {
      const key = this.keyOf(values);
      return key === undefined ? [] : [key];
    }
    return this.combinationsOf(values, MAX_SLICES).flatMap((combination) => this.keyOf(combination) ?? []);
  }

  /** Returns the values of each part that values belong to: one of each list, in every combination, at most so many. */
  combinationsOf(values: Readonly<Record<string, unknown>>, most: number): Array<Readonly<Record<string, unknown>>> {
    let all: Array<Readonly<Record<string, unknown>>> = [{}];
    for (const field of this.fields) {
      const value: unknown = Object.hasOwn(values, field) ? values[field] : undefined;
      const members: readonly unknown[] = Array.isArray(value) ? value : [value];
      const longer: typeof all = [];
      for (const shorter of all) {
        // A client may have named many values of each.
        for (const member of members.slice(0, most - longer.length)) longer.push({ ...shorter, [field]: member });
      }
      all = longer;
    }
    return all;
  }

  /** Tells whether a record with these values would be in more parts than count. */
  hasTooMany(values: Readonly<Record<string, unknown>>): boolean {
    const counts = this.fields.map((field) => (Array.isArray(values[field]) ? values[field].length : 1));
    return counts.reduce((product, count) => product * count, 1) > MAX_SLICES;
  }

  /** Whether these are its fields, and no others. */
  hasExactly(fields: readonly string[]): boolean {
    return fields.length === this.fields.length && fields.every((field) => this.fields.includes(field));
  }

  get name(): string {
    return this.fields.join(' + ');
  }

  private hasList(values: Readonly<Record<string, unknown>>): boolean {
    return this.fields.some((field) => Array.isArray(values[field]));
  }
}

/** Returns the value as JSON has it: an `ObjectId` or a `Date` is the string that clients see. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value, '') as unknown) : value;
}

/** Returns the one written form of a value, or `undefined` if no slice can have it. */
export function writtenForm(given: unknown): string | undefined {
  const value = plain(given);
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value) ? value : undefined;
}

function byText(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other);
}

/** Returns a form that is equal for equal values, and for lists of the same members in any order. */
export function comparableForm(value: unknown): string | undefined {
  return Array.isArray(value)
    ? JSON.stringify([...new Set(value.map(writtenForm))].toSorted(byText))
    : writtenForm(value);
}
