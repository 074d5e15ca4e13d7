import type { RecordId } from '../../wire/resource-message.js';
import { Slice } from './slice.js';
import { SliceMemory, type SliceFields } from './slice-memory.js';

/** What is known of where a record is: what is said of it expressly, itself, and what it was. */
export interface RecordSource {
  /** Fields that the record does not show. */
  given?: object;
  record?: object;
  previous?: object;
}

/** Where a change took a record: the keys of the slices that it is in still, that it has left, and that it has entered. */
export interface Placement {
  stays: string[];
  left: string[];
  entered: string[];
}

/** How many records' slices are remembered. */
const MOST_REMEMBERED = 10_000;

/** The slices of a resource, and which records are in them. */
export class Slices {
  private slices: readonly Slice[] = [];
  private memory = new SliceMemory(MOST_REMEMBERED);

  /** Each slice by its field or fields. */
  declare(slices: ReadonlyArray<string | readonly string[]>): void {
    this.slices = slices.map((fields) => new Slice(typeof fields === 'string' ? [fields] : fields));
  }

  remember(most: number): void {
    this.memory = new SliceMemory(most);
  }

  get any(): boolean {
    return this.slices.length > 0;
  }

  get all(): readonly Slice[] {
    return this.slices;
  }

  /** Of all slices together. */
  get fields(): string[] {
    return [...new Set(this.slices.flatMap(({ fields }) => fields))];
  }

  /** In words, for errors. */
  get names(): string {
    return this.slices.map(({ name }) => name).join(', ');
  }

  /** The slice that has these fields. */
  find(fields: readonly string[]): Slice | undefined {
    return this.slices.find((slice) => slice.hasExactly(fields));
  }

  /** Of a record that somebody read. */
  learn(id: RecordId, record: object): void {
    if (this.any) this.memory.learn(id, this.fieldsOf(record));
  }

  /** A new record is in the slices that it says. */
  placeCreated(id: RecordId, { given, record }: RecordSource): Placement {
    const now = { ...this.fieldsOf(record), ...this.fieldsOf(given) };
    if (this.any) this.memory.set(id, now);
    return { stays: this.keysOf(now), left: [], entered: [] };
  }

  /** What a change does not say of, has stayed; and of what was not known before, it is not known that it moved. */
  placeUpdated(id: RecordId, { given, record, previous }: RecordSource): Placement {
    const before: SliceFields = { ...this.memory.find(id), ...this.fieldsOf(previous) };
    const now: SliceFields = { ...before, ...this.fieldsOf(record), ...this.fieldsOf(given) };
    if (this.any) this.memory.set(id, now);
    const placement: Placement = { stays: [], left: [], entered: [] };
    for (const slice of this.slices) {
      const [from, to] = [slice.keyOf(before), slice.keyOf(now)];
      const isKnown = slice.fields.every((field) => field in before);
      if (from === to || !isKnown) {
        if (to !== undefined) placement.stays.push(to);
        continue;
      }
      if (from !== undefined) placement.left.push(from);
      if (to !== undefined) placement.entered.push(to);
    }
    return placement;
  }

  /** A record that is gone was where it was known to be. */
  placeDestroyed(id: RecordId, { given, record, previous }: RecordSource): Placement {
    const before = {
      ...this.fieldsOf(record),
      ...this.memory.find(id),
      ...this.fieldsOf(previous),
      ...this.fieldsOf(given),
    };
    this.memory.forget(id);
    return { stays: this.keysOf(before), left: [], entered: [] };
  }

  /** Where records are of which nothing is said. */
  whereabouts(ids: readonly RecordId[]): Placement {
    const known = this.any ? ids.flatMap((id) => this.keysOf(this.memory.find(id) ?? {})) : [];
    return { stays: [...new Set(known)], left: [], entered: [] };
  }

  private keysOf(fields: SliceFields): string[] {
    return this.slices.map((slice) => slice.keyOf(fields)).filter((key) => key !== undefined);
  }

  /** As far as it holds fields of slices. */
  private fieldsOf(record: object | undefined): SliceFields {
    const held = record as SliceFields | undefined;
    return Object.fromEntries(
      this.fields
        .filter((field) => held && Object.hasOwn(held, field) && held[field] !== undefined)
        .map((field) => [field, held?.[field]]),
    );
  }
}
