import type { RecordId } from '../../protocol/resource-message.js';
import { plain, Slice, written } from './slice.js';
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
  /** The fields by which it is not known where the record is, or, of a change, was: not even that it is nowhere. */
  unknown: string[];
  /** Where it is now, if others than this process may believe it elsewhere. */
  news?: SliceFields;
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

  get remembers(): boolean {
    return this.memory.most > 0;
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

  /** The key of the slice that has these fields and no others, if there is one and the values can be its own. */
  keyOf(values: unknown): string | undefined {
    if (typeof values !== 'object' || values === null) return undefined;
    return this.slices
      .find((slice) => slice.hasExactly(Object.keys(values)))
      ?.keyOf(values as Readonly<Record<string, unknown>>);
  }

  /** Of a record that somebody read, perhaps in a slice, whose values it need not show. */
  learn(id: RecordId, record: object, slice?: object): void {
    if (this.any) this.memory.learn(id, { ...this.fieldsOf(slice), ...this.fieldsOf(record) });
  }

  /** Of a record that another process has changed. */
  correct(id: RecordId, record: object): void {
    this.memory.correct(id, this.fieldsOf(record));
  }

  /** A new record is in the slices that it says. */
  placeCreated(id: RecordId, { given, record }: RecordSource): Placement {
    const now = { ...this.fieldsOf(record), ...this.fieldsOf(given) };
    if (this.any) this.memory.set(id, now);
    return this.staying(now);
  }

  /** What a change does not say of, has stayed; and of what was not known before, it is not known that it moved. */
  placeUpdated(id: RecordId, { given, record, previous }: RecordSource): Placement {
    const remembered = this.memory.find(id) ?? {};
    const told = this.fieldsOf(previous);
    const before: SliceFields = { ...remembered, ...told };
    const now: SliceFields = { ...before, ...this.fieldsOf(record), ...this.fieldsOf(given) };
    if (this.any) this.memory.set(id, now);
    const placement: Placement = { stays: [], left: [], entered: [], unknown: this.unknownIn(before) };
    if (this.remembers && this.fields.some((field) => written(remembered[field]) !== written(now[field])))
      placement.news = now;
    for (const slice of this.slices) {
      const to = slice.keyOf(now);
      // Where the two disagree, either may be the one that its watchers know of.
      const from = new Set([before, { ...told, ...remembered }].map((fields) => slice.keyOf(fields)));
      const isKnown = slice.fields.every((field) => Object.hasOwn(before, field));
      if ((from.size === 1 && from.has(to)) || !isKnown) {
        if (to !== undefined) placement.stays.push(to);
        continue;
      }
      placement.left.push(...[...from].filter((key) => key !== undefined && key !== to).map(String));
      if (to !== undefined) placement.entered.push(to);
    }
    return placement;
  }

  /** A record that is gone was where it was known to be. */
  placeDestroyed(id: RecordId, { given, record, previous }: RecordSource): Placement {
    const [shown, remembered] = [this.fieldsOf(record), this.memory.find(id)];
    const [told, said] = [this.fieldsOf(previous), this.fieldsOf(given)];
    this.memory.forget(id);
    const before = { ...shown, ...remembered, ...told, ...said };
    const asRemembered = { ...shown, ...told, ...remembered, ...said };
    const stays = new Set([...this.keysOf(before), ...this.keysOf(asRemembered)]);
    return { ...this.staying(before), stays: [...stays] };
  }

  /** Where records are of which nothing is said. */
  whereabouts(ids: readonly RecordId[]): Placement {
    const known = ids.map((id) => this.staying((this.any && this.memory.find(id)) || {}));
    const merged = (values: string[][]): string[] => [...new Set(values.flat())];
    return {
      stays: merged(known.map(({ stays }) => stays)),
      left: [],
      entered: [],
      unknown: merged(known.map(({ unknown }) => unknown)),
    };
  }

  private staying(fields: SliceFields): Placement {
    return { stays: this.keysOf(fields), left: [], entered: [], unknown: this.unknownIn(fields) };
  }

  private unknownIn(fields: SliceFields): string[] {
    return this.fields.filter((field) => !Object.hasOwn(fields, field));
  }

  private keysOf(fields: SliceFields): string[] {
    return this.slices.map((slice) => slice.keyOf(fields)).filter((key) => key !== undefined);
  }

  /** As far as it holds fields of slices. */
  fieldsOf(record: object = {}): SliceFields {
    const values = this.fields.map((field) => [field, valueIn(record, field)] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }
}

/** What a record says of a field of a slice; a populated record is not the value that stands there otherwise, and says as little as nothing. */
export function valueIn(record: object, field: string): unknown {
  // Inherited ones too: some ORMs give an entity's fields by getters of its class.
  const value = plain((record as Readonly<Record<string, unknown>>)[field]);
  return value === null || (typeof value !== 'object' && typeof value !== 'function') ? value : undefined;
}
