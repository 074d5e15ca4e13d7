import { isObject } from '../../common/type-guards.js';
import { Fields } from './fields.js';

/**
 * Returns the fields that all of these values show. Of a list, its elements are looked at together. What is `null` or
 * empty says nothing about the fields that others have in its place.
 */
export function shownInAll(values: readonly unknown[]): Fields {
  const objects = values.flat(Infinity).filter(isObject);
  if (objects.length === 0) return Fields.NONE;
  const [first, ...others] = objects;
  const common = Object.keys(first).filter((name) => others.every((other) => Object.hasOwn(other, name)));
  return new Fields(new Map(common.map((name) => [name, shownInAll(objects.map((object) => object[name]))])));
}

/**
 * Returns the fields that had a value in what a handler returned, and have none in the answer; `undefined` if there are
 * none. Both are plain JSON data.
 */
export function keptBack(returned: unknown, answered: unknown): Fields | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (answered === undefined || answered === null) return Fields.NONE;
  if (Array.isArray(returned)) return keptBackInList(returned, answered);
  if (!isObject(returned) || !isObject(answered)) return undefined;
  const entries = Object.entries(returned).flatMap(([name, value]) => {
    const kept = keptBack(value, Object.hasOwn(answered, name) ? answered[name] : undefined);
    return kept ? [[name, kept] as const] : [];
  });
  return entries.length > 0 ? new Fields(new Map(entries)) : undefined;
}

/** Compares element by element. If an element is missing, it is not known which, so all of the list is kept back. */
function keptBackInList(returned: readonly unknown[], answered: unknown): Fields | undefined {
  if (!Array.isArray(answered) || answered.length > returned.length) return undefined;
  if (answered.length < returned.length) return Fields.NONE;
  return returned
    .map((one, index) => keptBack(one, answered[index]))
    .reduce<Fields | undefined>((all, kept) => uniteKept(all, kept), undefined);
}

/** Returns what one of two reads has kept back: a field as a whole, if one of them has. */
export function uniteKept(one: Fields | undefined, other: Fields | undefined): Fields | undefined {
  if (!one || !other) return one ?? other;
  if (one.isEmpty || other.isEmpty) return Fields.NONE;
  const inner = new Map(one.inner);
  for (const [name, fields] of other.inner) inner.set(name, uniteKept(inner.get(name), fields) ?? fields);
  return new Fields(inner);
}

/** Returns what was kept back of all records of a list; `undefined` if nothing was. */
export function keptBackOfAll(kept: ReadonlyArray<Fields | undefined>): Fields | undefined {
  if (kept.length === 0) return undefined;
  return kept.reduce((all, one) => (all && one ? intersectKept(all, one) : undefined));
}

function intersectKept(one: Fields, other: Fields): Fields | undefined {
  if (one.isEmpty) return other;
  if (other.isEmpty) return one;
  const entries = [...one.inner].flatMap(([name, fields]) => {
    const inOther = other.inner.get(name);
    const both = inOther && intersectKept(fields, inOther);
    return both ? [[name, both] as const] : [];
  });
  return entries.length > 0 ? new Fields(new Map(entries)) : undefined;
}
