import type { RecordId } from '../../protocol/resource-message.js';
import type { Place } from '../../server/cluster/journal/journal.js';
import type { LastWord } from '../record-versions/last-word.js';
import { comparableForm } from './slice.js';
import { contradict, SliceMemory } from './slice-memory.js';
import type { SliceFields, Slices } from './slices.js';

/** The evidence of which slices a record is in, and was in, by its source. */
export interface SliceEvidence<T> {
  /** Given by the option `slice` of a route, since the record does not show it. */
  given?: T;
  /** The record, or what changed of it. */
  record?: T;
  /** The record as it was. */
  previous?: T;
}

/** The slices that a record left, by their keys. */
export interface LeftSlices {
  keys: readonly string[];
  /** Those of the same fields that it stays in: who watches one of them, too, still has it. */
  stays: readonly string[];
}

/** Where a change took a record. Nothing remembers it before `RecordLocations.set()`. */
export interface Placement {
  /** The keys of the slices that it stays in, and that it entered. */
  stays: string[];
  entered: string[];
  left: LeftSlices[];
  /**
   * The fields whose value in the record is not known, or was not known before a change. A value that is known to be
   * absent is not among them.
   */
  unknown: string[];
  /** The names of slices of which the record is in more parts than count. */
  excess: string[];
  /** Where the record is now; `GONE` if it is in no slice any longer, and absent if that is as unknown as before. */
  now?: SliceFields | typeof GONE;
  /** Whether other servers may remember it elsewhere. */
  isNews: boolean;
}

/** Stands for where a destroyed record is. */
export const GONE = Symbol('gone');

/** How many records' slices are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Knows which slices the records of one resource are in, and were in before a change, from the evidence of the change
 * itself and from what it remembers of earlier changes and reads.
 */
export class RecordLocations {
  private memory = new SliceMemory(MAX_REMEMBERED);

  /** @param canonicalFormOf returns what tells the ids of the resource apart */
  constructor(
    private readonly slices: Slices,
    private readonly canonicalFormOf: (id: RecordId) => string,
  ) {}

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
    const known = firstKnown(this.slices.fieldsOf(record), this.slices.fieldsOfSlice(slice));
    this.memory.learn(this.canonicalFormOf(id), known);
  }

  /**
   * Corrects what is remembered of a record that another server has changed.
   *
   * @param age how long ago that was at most, in milliseconds
   * @param place where the change stands in the journal that servers share, if that is known
   */
  correct(id: RecordId, record: object, age = 0, place?: Place): void {
    this.memory.correct(this.canonicalFormOf(id), this.slices.fieldsOf(record), age, place);
  }

  /** Returns where a record was last known to be. */
  find(id: RecordId): SliceFields | undefined {
    return this.memory.find(this.canonicalFormOf(id));
  }

  /** Returns what a change has said last of where a record is. */
  wordOf(id: RecordId): LastWord | undefined {
    return this.memory.wordOf(this.canonicalFormOf(id));
  }

  /** Whether two sources say different things of where a record is. */
  differ(one: SliceFields = {}, other: SliceFields = {}): boolean {
    return this.slices.fields.some((field) => contradict(one, other, field));
  }

  /** Whether these fields say all about which slices a record is in. */
  isWhole(fields: SliceFields = {}): boolean {
    return this.unknownIn(fields).length === 0;
  }

  /**
   * Remembers where a change took a record.
   *
   * @param place where the change stands in the journal that servers share, if that is known
   */
  set(id: RecordId, now: SliceFields | typeof GONE, place?: Place): void {
    if (now === GONE) this.memory.forget(this.canonicalFormOf(id));
    else this.memory.set(this.canonicalFormOf(id), now, 0, place);
  }

  /** Places a new record. */
  created({ given, record }: SliceEvidence<SliceFields>): Placement {
    const now = firstKnown(given, record);
    return {
      stays: this.slices.keysOf(now),
      left: [],
      entered: [],
      unknown: this.unknownIn(now),
      excess: this.slices.excessIn(now),
      now,
      isNews: false,
    };
  }

  /**
   * Places a changed record. As far as the change does not say where it is, it is where it was.
   *
   * @param remembered where it was last known to be
   */
  updated({ given, record, previous }: SliceEvidence<SliceFields>, remembered: SliceFields | undefined): Placement {
    const before = firstKnown(previous, remembered);
    // Where the two disagree, watchers may know the record from either slice.
    const beforeAsRemembered = firstKnown(remembered, previous);
    const now = firstKnown(given, record, before);

    const unknown = this.unknownIn(before);
    const isNews = this.isNews(remembered, now) || this.isNews({ ...now, ...previous }, now);
    const excess = this.slices.excessIn(now);
    const placement: Placement = { stays: [], left: [], entered: [], unknown, excess, now, isNews };
    for (const slice of this.slices.all) {
      const to = slice.keysOf(now);
      // Unless it was known where the record was, nothing shows that it moved.
      const wasKnown = slice.fields.every((field) => Object.hasOwn(before, field));
      if (wasKnown) move(placement, [slice.keysOf(before), slice.keysOf(beforeAsRemembered)], to);
      else placement.stays.push(...to);
    }
    return placement;
  }

  /** Places a destroyed record where it was last. */
  destroyed({ given, record, previous }: SliceEvidence<SliceFields>, remembered: SliceFields | undefined): Placement {
    const last = firstKnown(given, previous, remembered, record);
    const lastAsRemembered = firstKnown(given, remembered, previous, record);
    const stays = distinct([...this.slices.keysOf(last), ...this.slices.keysOf(lastAsRemembered)]);
    const unknown = this.unknownIn(last);
    return { stays, left: [], entered: [], unknown, excess: [], now: GONE, isNews: this.remembers };
  }

  /** Places records without any evidence where they are remembered. */
  lastKnown(remembered: ReadonlyArray<SliceFields | undefined>): Placement {
    const known = remembered.map((fields) => fields ?? {});
    return {
      stays: distinct(known.flatMap((fields) => this.slices.keysOf(fields))),
      left: [],
      entered: [],
      unknown: distinct(known.flatMap((fields) => this.unknownIn(fields))),
      excess: [],
      isNews: false,
    };
  }

  private unknownIn(fields: SliceFields): string[] {
    return this.slices.fields.filter((field) => !Object.hasOwn(fields, field));
  }

  /** Whether other servers may remember something else: they may if this one did. */
  private isNews(remembered: SliceFields = {}, now: SliceFields): boolean {
    const differs = (field: string): boolean => comparableForm(remembered[field]) !== comparableForm(now[field]);
    return this.remembers && this.slices.fields.some(differs);
  }
}

/**
 * Adds the parts of one slice that a record stays in, has left and has entered.
 *
 * @param from those that it was in, by each source: watchers of any of them may know it
 */
function move({ stays, left, entered }: Placement, from: readonly [string[], string[]], to: readonly string[]): void {
  const kept = to.filter((key) => from.every((keys) => keys.includes(key)));
  const keys = distinct(from.flat()).filter((key) => !to.includes(key));
  stays.push(...kept);
  entered.push(...to.filter((key) => !kept.includes(key)));
  if (keys.length > 0) left.push({ keys, stays: kept });
}

/** Returns, for each field, the value from the first source that knows it. */
function firstKnown(...evidence: ReadonlyArray<SliceFields | undefined>): SliceFields {
  return Object.assign({}, ...evidence.toReversed()) as SliceFields;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
