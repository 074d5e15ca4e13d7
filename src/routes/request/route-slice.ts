import { isObject } from '../../common/type-guards.js';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import { nameOfSliceParts, WITHOUT_HEADER } from '../../protocol/subscription.js';
import type { Resource } from '../../resources/definition/resource.js';
import { holdsValue } from '../../resources/slices/slice-field.js';
import { type Slice, writtenForm } from '../../resources/slices/slice.js';
import type { Slices } from '../../resources/slices/slices.js';
import { Skipped, SkippedUnknown } from './skipped.js';
import type { PublishContext, ReadValue } from '../publish-context.js';

/** The most slices that one request may be about. */
const MAX_NAMED = 10_000;

/** A slice of a collection, with its key and the values of its fields. */
export interface KnownSlice {
  key: string;
  values: Readonly<Record<string, unknown>>;
}

/** A field of a slice, and where to read its value. */
export interface FieldSource {
  field: string;
  read: ReadValue;
  /** Whether it may be a list, so that the request is about the slices of all of its members. */
  mayBeList: boolean;
  /** Whether a function of the application says it. Then an empty list is meant. */
  isSaid: boolean;
  /** The name of the parameter that it is read from. */
  parameter?: string;
}

/** A slice that a route may be about, and where to read the values of its fields. */
export interface SliceSource {
  slice: Slice;
  fields: readonly FieldSource[];
}

/** Finds the slices of a collection that a request to one route is about. */
export class RouteSlice {
  /**
   * @param sources the possible slices: several where a query says which one
   * @param orAll whether a request that names none of them is about the whole collection
   */
  constructor(
    private readonly slices: Slices,
    private readonly sources: readonly SliceSource[],
    private readonly orAll = false,
  ) {}

  /** The fields of all slices that a request may be about. */
  get fields(): string[] {
    return [...new Set(this.sources.flatMap(({ slice }) => slice.fields))];
  }

  /**
   * Returns the slices, of the same fields; none if a list that is empty says so; or `undefined` for all records.
   *
   * @param records those in the response, which are in the slice
   * @throws Skipped if there is none, or more than one; SkippedUnknown if that cannot be known
   */
  async find(context: PublishContext, records: readonly object[] = []): Promise<readonly KnownSlice[] | undefined> {
    const read = await Promise.all(this.sources.map((source) => readSlices(source, context)));
    const isRead = context.knowsArguments || read.some((found) => found !== undefined);
    const found = isRead ? read : this.sources.map(({ slice }) => this.readCached(slice, context, records));
    const named = this.sources.flatMap(({ slice }, index) => {
      const slices = found[index];
      return slices === undefined ? [] : [{ size: slice.fields.length, slices }];
    });
    const most = Math.max(...named.map(({ size }) => size));
    const [first, ...others] = named.filter(({ size }) => size === most);
    // Each of them would be more than the client asked for.
    if (others.length > 0)
      throw new Skipped(
        `the request names more than one slice, so it watches none (there are ${this.names}); where it is to be ` +
          `those records that are in both, declare a slice of the fields together`,
      );
    return first?.slices ?? this.findWithoutName(context);
  }

  /** @returns `undefined`, which stands for all records */
  private findWithoutName(context: PublishContext): undefined {
    if (!context.knowsArguments && !(this.orAll && this.namesNothing(context)))
      throw new SkippedUnknown(
        `an interceptor answered in place of the handler, and the request and the records in the response do not ` +
          `name the same slice, so it is not known which one is meant (there are ${this.names})`,
      );
    if (this.orAll) return undefined;
    const severalIn = this.sources
      .flatMap(({ fields }) => fields)
      .find(({ read, mayBeList }) => !mayBeList && Array.isArray(read(context)))?.parameter;
    throw new Skipped(
      severalIn === undefined
        ? `the request names no slice, so it watches nothing (there are ${this.names})`
        : `the request says "${severalIn}" several times, which the handler does not expect, so it watches nothing; ` +
            `declare the argument as a list, such as ${severalIn}: string[], for the slices of all values`,
    );
  }

  /** Tells whether the URL gives none of the parameters that could name a slice, whatever a pipe makes of it. */
  private namesNothing({ params, query }: PublishContext): boolean {
    const inputs: unknown[] = [params, query];
    const given = inputs.flatMap((input) => (isObject(input) ? Object.keys(input).filter((name) => input[name]) : []));
    return this.sources
      .flatMap(({ fields }) => fields)
      .every(({ parameter }) => parameter !== undefined && !given.includes(parameter));
  }

  private get names(): string {
    return this.sources.map(({ slice }) => slice.name).join(', ');
  }

  /**
   * Reads the slice of an answer from a cache. The handler's arguments are not known, so the request has to name the
   * values, and all records of the answer have to show them: what a client writes into a URL is no proof by itself.
   */
  private readCached(
    slice: Slice,
    { params, query }: PublishContext,
    records: readonly object[],
  ): KnownSlice[] | undefined {
    if (records.length === 0) return undefined;
    const given: unknown[] = [params, query].flatMap((input: unknown) => (isObject(input) ? Object.values(input) : []));
    const values = Object.fromEntries(
      slice.fields.map((field) => {
        const held = this.slices.valueIn(records[0], field);
        const all: unknown[] = Array.isArray(held) ? held : [held];
        const named = all.filter(
          (value) =>
            given.includes(writtenForm(value)) &&
            records.every((record) => holdsValue(this.slices.valueIn(record, field), value)),
        );
        return [field, named.length === 1 ? named[0] : undefined];
      }),
    );
    const key = slice.keyOf(values);
    return key === undefined ? undefined : [{ key, values }];
  }
}

/** Returns the slices that a request names, or `undefined` if it names none. */
async function readSlices({ slice, fields }: SliceSource, context: PublishContext): Promise<KnownSlice[] | undefined> {
  const read = await Promise.all(
    fields.map(async (source) => [source.field, naming(await source.read(context), source)] as const),
  );
  if (read.some(([, value]) => value === undefined)) return undefined;
  const byKey = new Map<string, KnownSlice>();
  for (const values of slice.combinationsOf(Object.fromEntries(read), MAX_NAMED)) {
    const key = slice.keyOf(values);
    if (key !== undefined) byKey.set(key, { key, values });
  }
  return [...byKey.values()];
}

/** Returns what names a slice: a value, or a list of some; or else `undefined`. */
function naming(value: unknown, { mayBeList, isSaid }: FieldSource): unknown {
  if (!Array.isArray(value)) return writtenForm(value) === undefined ? undefined : value;
  if (!mayBeList) return undefined;
  if (value.length === 0) return isSaid ? value : undefined;
  const known = value.filter((one) => writtenForm(one) !== undefined);
  return known.length === 0 ? undefined : known;
}

/** Leaves out the slices that the client has ended since it first read them. */
export function withoutEnded(
  slices: readonly KnownSlice[],
  { name }: Resource,
  { request }: PublishContext,
): readonly KnownSlice[] {
  const { [WITHOUT_HEADER]: without } = (request as HttpRequest).headers;
  if (typeof without !== 'string') return slices;
  const ended = new Set(without.split(/, */));
  return slices.filter(({ key }) => !ended.has(nameOfSliceParts(name, key.split('&'))));
}

/** Returns the values in a form that can be sent to a client. */
export function plainValues({ values }: KnownSlice): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([field, value]) => [field, typeof value === 'bigint' ? String(value) : value]),
  );
}

/** The slices that a read is about: `undefined` for none, or all records. */
export type FoundSlices = readonly KnownSlice[] | SkippedUnknown | undefined;

/** What is known of slices; `undefined`, too, where the request is wrong about them. */
export function knownOf(slices: PromiseSettledResult<readonly KnownSlice[] | undefined>): FoundSlices {
  if (slices.status === 'fulfilled') return slices.value;
  return slices.reason instanceof SkippedUnknown ? slices.reason : undefined;
}

export function isKnown(slices: FoundSlices): slices is readonly KnownSlice[] {
  return Array.isArray(slices);
}

/** Returns the slices among those that were read of whose values a record contradicts none. */
export function holdingSlices(resource: Resource, record: object, slices: readonly KnownSlice[]): KnownSlice[] {
  const held = resource.slices.fieldsOf(record);
  const agrees = ([field, one]: [string, unknown]): boolean =>
    !Object.hasOwn(held, field) || holdsValue(held[field], one);
  return slices.filter(({ values }) => Object.entries(values).every(agrees));
}
