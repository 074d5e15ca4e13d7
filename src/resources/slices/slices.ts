import { plain, Slice } from './slice.js';

/** Values of fields of slices, as far as they are known; `null` means that there is known to be none. */
export type SliceFields = Readonly<Record<string, unknown>>;

/** The slices that a resource declares. */
export class Slices {
  private slices: readonly Slice[] = [];

  /** Each slice by its field or fields. */
  declare(slices: ReadonlyArray<string | readonly string[]>): void {
    this.slices = slices.map((fields) => new Slice(typeof fields === 'string' ? [fields] : fields));
  }

  get any(): boolean {
    return this.slices.length > 0;
  }

  get all(): readonly Slice[] {
    return this.slices;
  }

  /** The fields of all slices together. */
  get fields(): string[] {
    return [...new Set(this.slices.flatMap(({ fields }) => fields))];
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
    return this.slices.map((slice) => slice.keyOf(values)).filter((key) => key !== undefined);
  }

  /** Reads a record, as far as it holds fields of slices. */
  fieldsOf(record: object = {}): SliceFields {
    const values = this.fields.map((field) => [field, valueIn(record, field)] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }
}

/** Returns the value that a record shows for a field of a slice. A populated record in that field shows none. */
export function valueIn(record: object, field: string): unknown {
  // Inherited fields, too: some ORMs give an entity's fields by getters of its class.
  const value = plain((record as Readonly<Record<string, unknown>>)[field]);
  return value === null || (typeof value !== 'object' && typeof value !== 'function') ? value : undefined;
}
