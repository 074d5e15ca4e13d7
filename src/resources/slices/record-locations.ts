import type { RecordId } from '../../protocol/resource-message.js';
import { written } from './slice.js';
import { SliceMemory } from './slice-memory.js';
import type { SliceFields, Slices } from './slices.js';

/** What is said of the slices that a record is in, and was in, by the source that says it. */
export interface SliceEvidence<T> {
  /** Said by the option `slice` of a route, since the record does not show it. */
  given?: T;
  /** The record, or what changed of it. */
  record?: T;
  /** The record as it was. */
  previous?: T;
}

/** Where a change took a record: the keys of the slices that it stays in, that it left, and that it entered. */
export interface Placement {
  stays: string[];
  left: string[];
  entered: string[];
  /**
   * The fields of which it is not known what value the record has, or, before a change, had: not even that it has none.
   */
  unknown: string[];
  /** Where the record is now, if other servers may remember it elsewhere. */
  news?: SliceFields;
}

/** How many records' slices are remembered. */
const MOST_REMEMBERED = 10_000;

/**
 * Knows in which slices the records of one resource are, and were before a change: from what is said of them, and from
 * what is remembered of earlier changes and reads.
 */
export class RecordLocations {
  private memory = new SliceMemory(MOST_REMEMBERED);

  constructor(private readonly slices: Slices) {}

  remember(most: number): void {
    this.memory = new SliceMemory(most);
  }

  get remembers(): boolean {
    return this.memory.most > 0;
  }

  /**
   * Remembers a record that was read.
   *
   * @param slice the values of the slice that it was read in, which the record need not show
   */
  learn(id: RecordId, record: object, slice?: object): void {
    if (!this.slices.any) return;
    this.memory.learn(id, firstToSay(this.slices.fieldsOf(record), this.slices.fieldsOf(slice)));
  }

  /** Corrects what is remembered of a record that another server has changed. */
  correct(id: RecordId, record: object): void {
    this.memory.correct(id, this.slices.fieldsOf(record));
  }

  /** Places a new record. */
  created(id: RecordId, { given, record }: SliceEvidence<SliceFields>): Placement {
    const now = firstToSay(given, record);
    this.memory.set(id, now);
    return { stays: this.slices.keysOf(now), left: [], entered: [], unknown: this.unknownIn(now) };
  }

  /** Places a changed record: where the change does not say, it is where it was. */
  updated(id: RecordId, { given, record, previous }: SliceEvidence<SliceFields>): Placement {
    const remembered = this.memory.find(id);
    const before = firstToSay(previous, remembered);
    // Where the two disagree, watchers may know the record from either slice.
    const beforeAsRemembered = firstToSay(remembered, previous);
    const now = firstToSay(given, record, before);
    this.memory.set(id, now);

    const placement: Placement = { stays: [], left: [], entered: [], unknown: this.unknownIn(before) };
    for (const slice of this.slices.all) {
      const from = new Set([slice.keyOf(before), slice.keyOf(beforeAsRemembered)]);
      const to = slice.keyOf(now);
      const isWhereItWas = from.size === 1 && from.has(to);
      // If it was not known where the record was, it is not known that it moved.
      const wasKnown = slice.fields.every((field) => Object.hasOwn(before, field));
      if (isWhereItWas || !wasKnown) {
        if (to !== undefined) placement.stays.push(to);
        continue;
      }
      for (const key of from) if (key !== undefined && key !== to) placement.left.push(key);
      if (to !== undefined) placement.entered.push(to);
    }
    return this.isNews(remembered, now) ? { ...placement, news: now } : placement;
  }

  /** Places a record that is gone where it was last, and forgets it. */
  destroyed(id: RecordId, { given, record, previous }: SliceEvidence<SliceFields>): Placement {
    const remembered = this.memory.find(id);
    const last = firstToSay(given, previous, remembered, record);
    const lastAsRemembered = firstToSay(given, remembered, previous, record);
    this.memory.forget(id);
    const stays = distinct([...this.slices.keysOf(last), ...this.slices.keysOf(lastAsRemembered)]);
    return { stays, left: [], entered: [], unknown: this.unknownIn(last) };
  }

  /** Places records of which nothing is said where they are remembered. */
  lastKnown(ids: readonly RecordId[]): Placement {
    const known = ids.map((id) => this.memory.find(id) ?? {});
    return {
      stays: distinct(known.flatMap((fields) => this.slices.keysOf(fields))),
      left: [],
      entered: [],
      unknown: distinct(known.flatMap((fields) => this.unknownIn(fields))),
    };
  }

  private unknownIn(fields: SliceFields): string[] {
    return this.slices.fields.filter((field) => !Object.hasOwn(fields, field));
  }

  /** Whether other servers may remember otherwise: they may, if this one did. */
  private isNews(remembered: SliceFields = {}, now: SliceFields): boolean {
    return this.remembers && this.slices.fields.some((field) => written(remembered[field]) !== written(now[field]));
  }
}

/** Returns, for each field, the value from the first source that says something of it. */
function firstToSay(...evidence: ReadonlyArray<SliceFields | undefined>): SliceFields {
  return Object.assign({}, ...evidence.toReversed()) as SliceFields;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
