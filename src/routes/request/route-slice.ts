import type { Slice } from '../../resources/slices/slice.js';
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

  /** @throws Skipped if there is none, or more than one; SkippedUnknown if that cannot be known */
  async find(context: PublishContext): Promise<KnownSlice> {
    const found = await Promise.all(this.sources.map((source) => readSlice(source, context)));
    const known = found.filter((slice) => slice !== undefined);
    const most = Math.max(...known.map(({ values }) => Object.keys(values).length));
    const [first, ...others] = known.filter(({ values }) => Object.keys(values).length === most);
    const names = this.sources.map(({ slice }) => slice.name).join(', ');
    if (!first && !context.knowsArguments)
      throw new SkippedUnknown(
        `an interceptor answered in place of the handler, so it is not known which slice is meant (there are ${names})`,
      );
    if (!first) throw new Skipped(`the request names no slice, so it watches nothing (there are ${names})`);
    // Each of them would be more than the client asked for.
    if (others.length > 0)
      throw new Skipped(`the request names more than one slice, so it watches none (there are ${names})`);
    return first;
  }
}

async function readSlice({ slice, values }: SliceSource, context: PublishContext): Promise<KnownSlice | undefined> {
  const read = await Promise.all(values.map(async ([field, value]) => [field, await value(context)] as const));
  const known = Object.fromEntries(read);
  const key = slice.keyOf(known);
  return key === undefined ? undefined : { key, values: known };
}
