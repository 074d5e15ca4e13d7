import { isObject } from '../../common/type-guards.js';
import { type Slice, writtenForm } from '../../resources/slices/slice.js';
import { valueIn } from '../../resources/slices/slices.js';
import { Skipped, SkippedUnknown } from './skipped.js';
import type { PublishContext, ReadValue } from '../publish-context.js';

/** A slice of a collection, with its key and the values of its fields. */
export interface KnownSlice {
  key: string;
  values: Readonly<Record<string, unknown>>;
}

/** A slice that a route may be about, and where to read the values of its fields. */
export interface SliceSource {
  slice: Slice;
  values: ReadonlyArray<readonly [field: string, read: ReadValue]>;
}

/** Finds the slice of a collection that a request to one route is about. */
export class RouteSlice {
  /** @param sources the possible slices: several where a query says which one */
  constructor(private readonly sources: readonly SliceSource[]) {}

  /**
   * @param records those in the response, which are in the slice
   * @throws Skipped if there is none, or more than one; SkippedUnknown if that cannot be known
   */
  async find(context: PublishContext, records: readonly object[] = []): Promise<KnownSlice> {
    const read = await Promise.all(this.sources.map((source) => readSlice(source, context)));
    const isRead = context.knowsArguments || read.some((slice) => slice !== undefined);
    const found = isRead ? read : this.sources.map(({ slice }) => readCachedSlice(slice, context, records));
    const known = found.filter((slice) => slice !== undefined);
    const most = Math.max(...known.map(({ values }) => Object.keys(values).length));
    const [first, ...others] = known.filter(({ values }) => Object.keys(values).length === most);
    const names = this.sources.map(({ slice }) => slice.name).join(', ');
    if (!first && !context.knowsArguments)
      throw new SkippedUnknown(
        `an interceptor answered in place of the handler, and the request and the records in the response do not ` +
          `name the same slice, so it is not known which one is meant (there are ${names})`,
      );
    if (!first) throw new Skipped(`the request names no slice, so it watches nothing (there are ${names})`);
    // Each of them would be more than the client asked for.
    if (others.length > 0)
      throw new Skipped(`the request names more than one slice, so it watches none (there are ${names})`);
    return first;
  }
}

/**
 * Reads the slice of an answer from a cache. The handler's arguments are not known, so the request has to name the
 * values, and all records of the answer have to show them: what a client writes into a URL is no proof by itself.
 */
function readCachedSlice(
  slice: Slice,
  { params, query }: PublishContext,
  records: readonly object[],
): KnownSlice | undefined {
  if (records.length === 0) return undefined;
  const values = Object.fromEntries(slice.fields.map((field) => [field, valueIn(records[0], field)]));
  const key = slice.keyOf(values);
  const given: unknown[] = [params, query].flatMap((input: unknown) => (isObject(input) ? Object.values(input) : []));
  const isGiven = Object.values(values).every((value) => given.includes(writtenForm(value)));
  const isShared = records.every((record) =>
    slice.fields.every((field) => isSame(valueIn(record, field), values[field])),
  );
  return key !== undefined && isGiven && isShared ? { key, values } : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return writtenForm(one) === writtenForm(other);
}

async function readSlice({ slice, values }: SliceSource, context: PublishContext): Promise<KnownSlice | undefined> {
  const read = await Promise.all(values.map(async ([field, value]) => [field, await value(context)] as const));
  const known = Object.fromEntries(read);
  const key = slice.keyOf(known);
  return key === undefined ? undefined : { key, values: known };
}
