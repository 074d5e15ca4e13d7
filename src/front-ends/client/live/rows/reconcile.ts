import type { RecordId } from '../../../../protocol/resource-message.js';
import { isRecord } from '../../assertions.js';
import type { Row, Rows } from './rows.js';

/** The rows that have come, changed and gone, by their ids. */
export interface LiveChange {
  readonly added: readonly RecordId[];
  readonly changed: readonly RecordId[];
  readonly removed: readonly RecordId[];
}

/** Returns `after`, made of those parts of `before` that are the same: what is equal stays identical. */
export function reconcile<T>(before: unknown, after: T): T {
  return merged(before, after) as T;
}

function merged(before: unknown, after: unknown): unknown {
  if (Object.is(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after)) return mergedList(before, after);
  if (!isRecord(before) || !isRecord(after)) return after;
  const fields = Object.keys(after);
  const result = Object.fromEntries(fields.map((field) => [field, merged(before[field], after[field])]));
  const isSame = fields.length === Object.keys(before).length && fields.every((one) => result[one] === before[one]);
  return isSame && fields.every((field) => Object.hasOwn(before, field)) ? before : result;
}

function mergedList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const known = new Map(before.map((member) => [keyOf(member), member]));
  const result = after.map((member, index) => {
    const key = keyOf(member);
    return merged(key === undefined ? before[index] : known.get(key), member);
  });
  return result.length === before.length && result.every((member, index) => member === before[index]) ? before : result;
}

function keyOf(member: unknown): string | undefined {
  const id = isRecord(member) ? (member.id ?? member._id) : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

/** Compares the rows of two bodies, of which equal ones are identical. */
export function changeBetween(before: Rows | undefined, after: Rows | undefined): LiveChange {
  const [old, now] = [byId(before), byId(after)];
  return {
    added: [...now.keys()].filter((id) => !old.has(id)),
    changed: [...now].filter(([id, row]) => old.has(id) && old.get(id) !== row).map(([id]) => id),
    removed: [...old.keys()].filter((id) => !now.has(id)),
  };
}

function byId(rows: Rows | undefined): Map<RecordId, Row> {
  return new Map((rows?.all ?? []).map((row) => [rows?.idOf(row) as RecordId, row]));
}
