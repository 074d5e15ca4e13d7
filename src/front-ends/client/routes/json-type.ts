/**
 * What JSON makes of a value, and so what a client receives: a `Date` is a string, whatever has `toJSON()` is what that
 * returns, methods and fields that are `undefined` are left out, and `null` in a list.
 *
 * Types show nothing of what serializers leave out, such as `@Exclude` of class-transformer.
 *
 * @example
 * ```ts
 * import type { Json } from 'nestjs-sockets/client';
 *
 * class Card {
 *   id = 1;
 *   due: Date | null = null;
 *   isDue() {
 *     return this.due !== null;
 *   }
 * }
 *
 * const card: Json<Card> = { id: 1, due: '2027-01-01T00:00:00.000Z' };
 * console.log(card);
 * ```
 */
export type Json<T> = unknown extends T
  ? T
  : T extends Serializable<infer Shown>
    ? Json<Shown>
    : T extends string | number | boolean | null
      ? T
      : T extends Unwritten
        ? undefined
        : T extends Streamed
          ? unknown
          : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
            ? Record<string, never>
            : T extends readonly unknown[]
              ? { [Index in keyof T]: JsonItem<T[Index]> }
              : JsonObject<T>;

/** A value that says itself what JSON makes of it, such as a date. */
interface Serializable<Shown> {
  toJSON(...args: never[]): Shown;
}

/** Values that JSON leaves out. */
type Unwritten = undefined | void | symbol | bigint | ((...args: never[]) => unknown);

/** Nest's `StreamableFile`, whose content nobody knows. */
interface Streamed {
  getStream(): unknown;
  getHeaders(): unknown;
}

type JsonItem<T> = T extends Unwritten ? null : Json<T>;

/** Optional fields stay optional. Fields that are left out always have no name any more. */
type JsonObject<T> = {
  [Key in keyof T as Key extends symbol ? never : [T[Key]] extends [Unwritten] ? IfAny<T[Key], Key> : Key]: Json<
    T[Key]
  >;
};

type IfAny<T, Key> = unknown extends T ? Key : never;
