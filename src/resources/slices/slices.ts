import { Slice } from './slice.js';
import { SliceField, UNFIT } from './slice-field.js';

/**
 * Values of fields of slices, as far as they are known: `null` means that there is known to be none, and a list that
 * there are several.
 */
export type SliceFields = Readonly<Record<string, unknown>>;

/** Stands for where a destroyed record is. */
export const GONE = Symbol('gone');

/** Where a record is. */
export type RecordLocation = SliceFields | typeof GONE;

/** The slices that a resource declares. */
export class Slices {
  private slices: readonly Slice[] = [];
  private compiled: readonly SliceField[] = [];
  /** The fields of all slices together. */
  fields: readonly string[] = [];

  /** @param isRelation tells whether a field holds another record, or its id */
  constructor(private readonly isRelation: (field: string) => boolean = () => false) {}

  /** Each slice by its field or fields. */
  declare(slices: ReadonlyArray<string | readonly string[]>): void {
    this.slices = slices.map((fields) => new Slice(typeof fields === 'string' ? [fields] : fields));
    this.fields = [...new Set(this.slices.flatMap(({ fields }) => fields))];
    this.compiled = this.fields.map((field) => new SliceField(field, () => this.isRelation(field)));
  }

  get any(): boolean {
    return this.slices.length > 0;
  }

  get all(): readonly Slice[] {
    return this.slices;
  }

  /** The names of all slices, for errors. */
  get names(): string {
    return this.slices.map(({ name }) => name).join(', ');
  }

  /**
   * Returns the key of the slice that has exactly these fields, if there is one and the values can be those of a slice.
   */
  keyOf(values: unknown): string | undefined {
    if (typeof values !== 'object' || values === null) return undefined;
    return this.slices
      .find((slice) => slice.hasExactly(Object.keys(values)))
      ?.keyOf(values as Readonly<Record<string, unknown>>);
  }

  /** Returns the keys of the slices that a record with these values is in. */
  keysOf(values: SliceFields): string[] {
    return this.slices.flatMap((slice) => slice.keysOf(values));
  }

  /** Groups keys by the fields of their slices. */
  byFields(keys: readonly string[]): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const key of keys) {
      const fields = fieldsOfKey(key);
      groups.set(fields, [...(groups.get(fields) ?? []), key]);
    }
    return groups;
  }

  /** Returns the names of the slices of which a record with these values would be in more parts than count. */
  excessIn(values: SliceFields): string[] {
    if (!this.compiled.some(({ isList }) => isList)) return [];
    return this.slices.filter((slice) => slice.hasTooMany(values)).map(({ name }) => name);
  }

  /**
   * Reads a record, as far as it holds fields of slices.
   *
   * @param unfit takes the fields where it holds something that is not a value
   */
  fieldsOf(record: object = {}, unfit: string[] = []): SliceFields {
    const known: Array<readonly [string, unknown]> = [];
    for (const field of this.compiled) {
      const value = field.read(record);
      if (value === UNFIT) unfit.push(field.name);
      else if (value !== undefined) known.push([field.name, value]);
    }
    return Object.fromEntries(known);
  }

  /** Reads the values of a slice in which a record was read, as far as they say all that the record holds there. */
  fieldsOfSlice(slice: object | undefined): SliceFields {
    const isWhole = ([name]: readonly [string, unknown]): boolean =>
      !this.compiled.some((field) => field.name === name && field.isList);
    return Object.fromEntries(Object.entries(this.fieldsOf(slice)).filter(isWhole));
  }

  /** Returns what a record holds in one of the fields, as far as that can be the value of a slice. */
  valueIn(record: object, field: string): unknown {
    const value = this.compiled.find(({ name }) => name === field)?.read(record);
    return value === UNFIT ? undefined : value;
  }
}

/** Returns what the keys of one slice's parts have in common: values are written without these signs. */
function fieldsOfKey(key: string): string {
  return key.replace(/=[^&]*/g, '');
}
