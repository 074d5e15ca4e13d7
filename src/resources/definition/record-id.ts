import type { RecordId } from '../../protocol/resource-message.js';

/**
 * The type of all ids of a resource. Without one, `1` and `'1'` are the same record, and ids are published as given.
 */
export type RecordIdType = 'number' | 'string';

/**
 * Returns the canonical form of an id, or `undefined` if the value is not an id. Two ids identify the same record
 * exactly if their written forms are equal.
 */
export function canonicalRecordId(value: unknown, type?: RecordIdType): RecordId | undefined {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined;
    // As a string, -0 is 0.
    return type === 'string' ? String(value) : value + 0;
  }
  // A lone surrogate would turn into another character on its way to another server, and so into another id.
  if (typeof value !== 'string' || value === '' || !isWellFormed(value)) return undefined;
  if (type !== 'number') return value;
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? number : undefined;
}

export function isSame(id: RecordId, other: RecordId): boolean {
  return String(id) === String(other);
}

/** Returns each id once, in the order of first appearance. */
export function uniqueIds(ids: readonly RecordId[]): RecordId[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size < seen.add(String(id)).size);
}

/** Returns the ids that are not among the others. */
export function without(ids: readonly RecordId[], others: readonly RecordId[]): RecordId[] {
  const written = new Set(others.map(String));
  return ids.filter((id) => !written.has(String(id)));
}

function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}
