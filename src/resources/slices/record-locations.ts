import type { RecordId } from '../../protocol/resource-message.js';
import { written } from './slice.js';
import { SliceMemory } from './slice-memory.js';
import type { SliceFields, Slices } from './slices.js';

/** What is said of the slices that a record is in, by who says it. */
export interface SliceEvidence<T> {
  /** What the route or the caller says expressly, since the record does not show it. */
  given?: T;
  /** The record, or what changed of it. */
  record?: T;
  /** The record as it was. */
  previous?: T;
}

/** Where a change took a record: the keys of the slices that it is in still, that it has left, and that it has entered. */
export interface Placement {
  stays: string[];
  left: string[];
  entered: string[];
  /** The fields by which it is not known where the record is, or, of a change, was: not even that it is nowhere. */
  unknown: string[];
  /** Where the record is now, if other servers may believe it elsewhere. */
  news?: SliceFields;
}

/** How many records' slices are remembered. */
const MOST_REMEMBERED = 10_000;

/** Knows in which slices the records of one resource are, and were: by what is said of them, and by what was said or read before. */
export class RecordLocations {
  private memory = new SliceMemory(MOST_REMEMBERED);

  constructor(private readonly slices: Slices) {}

  remember(most: number): void {
    this.memory = new SliceMemory(most);
  }

  get remembers(): boolean {
    return this.memory.most > 0;
  }

  /** Learns of a record that somebody read, perhaps in a slice, whose values the record need not show. */
  learn(id: RecordId, record: object, slice?: object): void {
    if (!this.slices.any) return;
    this.memory.learn(id, firstToSay(this.slices.fieldsOf(record), this.slices.fieldsOf(slice)));
  }

  /** Corrects where a record is believed to be that another server has changed. */
  correct(id: RecordId, record: object): void {
    this.memory.correct(id, this.slices.fieldsOf(record));
  }

  /** A new record is in the slices that are said. */
  created(id: RecordId, { given, record }: SliceEvidence<SliceFields>): Placement {
    const now = firstToSay(given, record);
    this.memory.set(id, now);
    return { stays: this.slices.keysOf(now), left: [], entered: [], unknown: this.unknownIn(now) };
  }

  /** A changed record is where the change says, and otherwise where it was. */
  updated(id: RecordId, { given, record, previous }: SliceEvidence<SliceFields>): Placement {
    const remembered = this.memory.find(id);
    const before = firstToSay(previous, remembered);
    // Where the two disagree, either may be the one that the watchers of slices know of.
    const beforeAsRemembered = firstToSay(remembered, previous);
    const now = firstToSay(given, record, before);
    this.memory.set(id, now);

    const placement: Placement = { stays: [], left: [], entered: [], unknown: this.unknownIn(before) };
    for (const slice of this.slices.all) {
      const from = new Set([slice.keyOf(before), slice.keyOf(beforeAsRemembered)]);
      const to = slice.keyOf(now);
      const isWhereItWas = from.size === 1 && from.has(to);
      // Of a record of which it was not known where it was, it is not known that it moved.
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

  /** A record that is gone was where it was known to be. */
  destroyed(id: RecordId, { given, record, previous }: SliceEvidence<SliceFields>): Placement {
    const remembered = this.memory.find(id);
    const last = firstToSay(given, previous, remembered, record);
    const lastAsRemembered = firstToSay(given, remembered, previous, record);
    this.memory.forget(id);
    const stays = distinct([...this.slices.keysOf(last), ...this.slices.keysOf(lastAsRemembered)]);
    return { stays, left: [], entered: [], unknown: this.unknownIn(last) };
  }

  /** Where records are of which nothing is said. */
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

  /** Another server may remember of the record what this one does. */
  private isNews(remembered: SliceFields = {}, now: SliceFields): boolean {
    return this.remembers && this.slices.fields.some((field) => written(remembered[field]) !== written(now[field]));
  }
}

/** For each field, what the first of these says that says something of it. */
function firstToSay(...evidence: ReadonlyArray<SliceFields | undefined>): SliceFields {
  return Object.assign({}, ...evidence.toReversed()) as SliceFields;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
