/** A value that a field of a slice may have. `null` stands for none: such a record is in no slice by that field. */
export type SliceValue = string | number | bigint | boolean;

/**
 * The values that records of a slice have in common, by field: `{ boardId: 7 }`.
 *
 * @example
 * ```ts
 * import type { SliceOf } from 'nestjs-sockets';
 *
 * interface Card {
 *   id: number;
 *   boardId: number;
 * }
 *
 * export const ofBoard = (boardId: number): SliceOf<Card> => ({ boardId });
 * ```
 */
export type SliceOf<T> = {
  readonly [Field in keyof T]?: unknown extends T[Field] ? SliceValue : Extract<T[Field], SliceValue>;
};

/** The part of a collection whose records have equal values in these fields: the cards of one board. */
export class Slice {
  constructor(readonly fields: readonly string[]) {}

  /**
   * Returns the key of the part that these values belong to, or `undefined` if they belong to none. Two values are the
   * same if their written forms are.
   */
  keyOf(values: Readonly<Record<string, unknown>>): string | undefined {
    const parts = this.fields.map((field) => {
      const value = Object.hasOwn(values, field) ? writtenForm(values[field]) : undefined;
      return value === undefined ? undefined : `${encode(field)}=${encode(value)}`;
    });
    return parts.includes(undefined) ? undefined : parts.join('&');
  }

  /** Whether these are its fields, and no others. */
  hasExactly(fields: readonly string[]): boolean {
    return fields.length === this.fields.length && fields.every((field) => this.fields.includes(field));
  }

  get name(): string {
    return this.fields.join(' + ');
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

function encode(part: string): string {
  return encodeURIComponent(part);
}
