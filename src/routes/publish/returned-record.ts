import type { RecordId } from '../../protocol/resource-message.js';
import { thenSync, tryCatch } from '../../common/promises.js';
import { isObject } from '../../common/type-guards.js';
import type { Resource } from '../../resources/definition/resource.js';
import { recordOf, type RouteResult } from '../request/route-result.js';
import type { RecordOptions } from '../request/record-finder.js';
import { selectIn } from '../request/selection.js';

type FoundRecord = Record<string, unknown>;

/**
 * Finds the record as the handler returned it, before any serializer could leave something out: where the response has
 * it, or else by its id, as the value itself, an element of a list, or in a field of an envelope. Returns `undefined`
 * if more than one could be it.
 */
export async function returnedRecord(
  { context }: RouteResult,
  id: RecordId,
  resource: Resource,
  options: RecordOptions,
): Promise<FoundRecord | undefined> {
  const { returnedJson: returned } = context;
  const isIt = (one: unknown): one is FoundRecord =>
    isObject(one) && isSame(idIn(one, resource, options), id, resource);
  const selected = await selectReturned(returned, resource, options, context);
  return (
    only(listOf(selected).filter(isIt)) ??
    only(
      Object.values(recordOf(returned) ?? {})
        .flatMap(listOf)
        .filter(isIt),
    )
  );
}

/** Selects the records in what a handler returned as a decorator, or its resource, says it for the response. */
export function selectReturned(
  returned: unknown,
  resource: Resource,
  options: RecordOptions,
  context: RouteResult['context'],
): unknown {
  const select = (): unknown => thenSync(selectIn(returned, options, [resource], context), ({ value }) => value);
  // A function is written for the response, which may look different.
  return tryCatch(select, () => undefined);
}

/** Returns the id that a record has as a decorator says it, or as its resource does. */
export function idIn(record: FoundRecord, resource: Resource, { id }: RecordOptions): RecordId | undefined {
  const named = typeof id === 'string' ? resource.findIdOf(record[id]) : undefined;
  return named ?? resource.findIdOf(record);
}

function isSame(found: RecordId | undefined, id: RecordId, { ids }: Resource): boolean {
  return found !== undefined && ids.isSame(found, id);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function only<T>(found: readonly T[]): T | undefined {
  return found.length === 1 ? found[0] : undefined;
}
