import { isObject } from '../../../common/type-guards.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { PublisherMetadata } from '../../decorators/decorator-metadata.js';
import type { RouteResult } from '../route-result.js';
import type { Selection } from '../selection.js';
import { Skipped } from '../skipped.js';
import { readCountList, readListedWriteResult, readWriteResult, type WriteResult } from './write-result.js';

/** What a request has changed, as far as the handler's value and the response tell. */
export interface ReportedChange {
  /** Whether they tell that nothing was changed. */
  readonly isNothing: boolean;
  /** How many records were changed, where the handler tells that instead of showing them. */
  readonly count?: number;
  /** The record, or the records; `undefined` where none is shown. */
  readonly shown: unknown;
}

const NOTHING: ReportedChange = { isNothing: true, shown: undefined };

/**
 * Reads what a request has changed. What the handler returned counts, whatever interceptors have made of it, and so
 * does the part of the response that the decorator selects: `{ affected: 0 }`, `null` and `false` are what libraries
 * say of a record that was not there, and `undefined` is what a handler says that is done.
 *
 * @param selection the part of the response that the decorator, or its resource, selects
 */
export function reportedChange(
  { context: { returned } }: RouteResult,
  { value: selected, by }: Selection,
  { idField, keys }: Resource,
  metadata: PublisherMetadata,
): ReportedChange {
  const { kind, options } = metadata;
  // Without a record nothing can be published of a creation, and the log says so.
  if (kind === 'created') return { isNothing: false, shown: selected };
  const isSelected = by !== undefined;
  if (isMissing(returned) || (isSelected && isMissing(selected))) return NOTHING;

  const idFields = [idField, keys.field, typeof options.id === 'string' ? options.id : undefined].filter(
    (field) => field !== undefined,
  );
  // `{ count: 5 }` may well be what an application's own verb has to tell.
  const recordFields = kind === 'custom' ? [...idFields, 'count'] : idFields;
  const ofHandler = readReturned(returned, metadata, recordFields);
  const ofResponse = readWriteResult(selected, recordFields);
  // A replacement takes several writes, and the count of the last one says nothing of the others.
  const count = kind === 'replaced' ? undefined : (ofHandler?.count ?? ofResponse?.count);
  if (count === 0) return NOTHING;

  const isOfHandler = isSelected || (isObjectOrList(returned) && !ofHandler) || !isObjectOrList(selected);
  const isShown = !ofResponse && (isOfHandler || showsRecord(selected, idFields));
  return { isNothing: false, count, shown: isShown ? selected : undefined };
}

/**
 * Throws if fewer records were changed than are about to be published, since it is not known which.
 *
 * @throws Skipped
 */
export function assertAllChanged({ count }: ReportedChange, records: readonly unknown[]): void {
  const { size } = new Set(records);
  if (count === undefined || count >= size) return;
  throw new Skipped(
    `the handler says that ${count} of ${size} records were changed, but not which; return those that were, and ` +
      `select them`,
  );
}

/** Tells whether a value says that there is no such record. */
export function isMissing(value: unknown): boolean {
  return value === null || value === false;
}

function readReturned(
  returned: unknown,
  { kind, options }: PublisherMetadata,
  recordFields: readonly string[],
): WriteResult | undefined {
  // A number may be the id itself.
  const mayCount = kind !== 'custom' && (options.select !== undefined || typeof options.id !== 'function');
  if (typeof returned === 'number' || typeof returned === 'bigint')
    return mayCount ? { count: Number(returned) } : undefined;
  if (!Array.isArray(returned)) return readWriteResult(returned, recordFields);
  const isOfRecord = kind === 'updated' || kind === 'destroyed';
  return (
    readListedWriteResult(returned, recordFields) ?? (mayCount && isOfRecord ? readCountList(returned) : undefined)
  );
}

function showsRecord(value: unknown, idFields: readonly string[]): boolean {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.some((one) => isObject(one) && idFields.some((field) => one[field] !== undefined));
}

function isObjectOrList(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
