import type { RecordId } from '../../protocol/resource-message.js';
import { isBefore, type Standing } from '../../server/cluster/delivery/standing.js';
import type { RecordVersion } from '../record-versions/record-version.js';
import { type Crossing, OpenChange, OpenChanges } from './open-changes.js';
import { comparableForm } from './slice.js';
import { contradict, SliceMemory, type WordSource } from './slice-memory.js';
import type { Placement, SliceEvidence } from './placement.js';
import { GONE, type RecordLocation, type SliceFields, type Slices } from './slices.js';

/** Another server, where it does not matter which one. */
export const ANOTHER_SERVER = 'another server';

/** A change of which it is known now where it stands. */
export interface Ended extends Crossing {
  /** Whether what counts is decided when another one ends. */
  readonly isDecidedLater: boolean;
  /** Whether it may have crossed with what this server has missed. */
  readonly isDoubted: boolean;
}

/** How many records' slices are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Knows which slices the records of one resource are in, and were in before a change, from the evidence of the change
 * itself and from what it remembers of earlier changes and reads.
 */
export class RecordLocations {
  private memory = new SliceMemory(MAX_REMEMBERED);
  private readonly open = new OpenChanges();
  private hasPlaced = false;

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
   */
  correct(id: RecordId, record: object, age: number, by: WordSource): void {
    const form = this.canonicalFormOf(id);
    const now = this.slices.fieldsOf(record);
    const isDecidedLater = this.open.note(form, { now, place: by.place }) && by.place !== undefined;
    if (!isDecidedLater) this.memory.correct(form, now, age, by);
  }

  /** Notes where an older version of a record has taken it: that counts for nothing but who has heard it. */
  noteOutdated(id: RecordId, record: object, place?: Standing): void {
    this.open.note(this.canonicalFormOf(id), { now: this.slices.fieldsOf(record), place, isOutdated: true });
  }

  /** Forgets where a record was that another server has destroyed. */
  remove(id: RecordId): void {
    const form = this.canonicalFormOf(id);
    this.open.note(form, { now: GONE });
    this.memory.forget(form);
  }

  /** Forgets where a record was, since that is not known to be right any longer. */
  forget(id: RecordId): void {
    this.memory.forget(this.canonicalFormOf(id));
  }

  /**
   * Takes nothing for certain any more of where records are, since others may have moved them unheard.
   *
   * @param isForGood whether of what is learnt from now on, either
   * @returns whether this server has placed records by that since it was in doubt before, and whether it is not known
   *   yet where some of these changes stand
   */
  doubtAll(isForGood = false): { hasPlaced: boolean; hasOpen: boolean } {
    const { hasPlaced } = this;
    this.hasPlaced = false;
    this.memory.doubtAll(isForGood);
    return { hasPlaced, hasOpen: this.open.doubtAll() };
  }

  /** Notes that this server goes by what is remembered. */
  notePlaced(): void {
    this.hasPlaced = true;
  }

  /** Returns where a record may be, by what was known before others may have moved it. */
  doubtedOf(id: RecordId): SliceFields | undefined {
    return this.memory.doubtedOf(this.canonicalFormOf(id));
  }

  /**
   * Begins to note what is said of where a record is, since it is not known yet where a change stands.
   *
   * @param before where it was remembered when the change was made
   * @param isRemembered whether it is remembered already where that takes the record
   */
  begin(id: RecordId, before: SliceFields | undefined, isRemembered: boolean): OpenChange {
    const change = new OpenChange(before, isRemembered);
    this.open.add(this.canonicalFormOf(id), change);
    return change;
  }

  /** @param place where the change stands; absent if nothing that was said is to be taken for older */
  end(id: RecordId, change: OpenChange, place: Standing | undefined): Ended {
    const isDecidedLater = this.open.end(this.canonicalFormOf(id), change);
    return { ...change.compare(place), isDecidedLater, isDoubted: change.isDoubted };
  }

  /**
   * Remembers where a record is after a change that has ended.
   *
   * @param now where the change has taken it; absent if it does not say so
   */
  conclude(
    id: RecordId,
    { was, since, isDecidedLater, isDoubted }: Ended,
    now: RecordLocation | undefined,
    place: Standing | undefined,
  ): void {
    const form = this.canonicalFormOf(id);
    if (was !== undefined && now !== undefined) this.open.noteCrossed(form, { now, place });
    if (isDoubted && now !== undefined && now !== GONE && since?.now !== GONE) return this.memory.doubt(form, now);
    if (isDecidedLater || since?.isOwn) return;
    if (!since && now !== undefined && now !== GONE && this.memory.confirm(form, now, place)) return;
    const last = since && now !== GONE ? unite(now, since.now) : now;
    const by = since && now !== GONE ? { place: since.place, teller: ANOTHER_SERVER } : { place };
    if (last === undefined || isBefore(by.place, this.memory.sourceOf(form).place)) return;
    if (last === GONE) this.memory.forget(form);
    else this.memory.set(form, { ...this.memory.find(form), ...last }, 0, by);
  }

  /**
   * Leaves open where a record is after a change that has ended, since what others have said before does not come.
   *
   * @param now where the change has taken it; absent if it does not say so
   */
  giveUp(id: RecordId, now: RecordLocation | undefined): void {
    if (now === undefined || now === GONE) return;
    const form = this.canonicalFormOf(id);
    if (this.memory.find(form) === now) this.memory.forget(form);
    this.memory.doubt(form, now);
  }

  /** Returns where a record was last known to be. */
  find(id: RecordId): SliceFields | undefined {
    return this.memory.find(this.canonicalFormOf(id));
  }

  /** Returns what has said last where a record is. */
  sourceOf(id: RecordId): WordSource {
    return this.memory.sourceOf(this.canonicalFormOf(id));
  }

  /** Whether a change has moved a record in so many milliseconds. */
  isMoved(id: RecordId, within: number): boolean {
    return this.memory.isMoved(this.canonicalFormOf(id), within);
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
   * Remembers where a change of this server took a record.
   *
   * @param version that of the record, if it has one
   */
  set(id: RecordId, now: RecordLocation, version?: RecordVersion): void {
    const form = this.canonicalFormOf(id);
    this.open.note(form, { now, isOwn: true });
    if (now === GONE) this.memory.forget(form);
    else this.memory.set(form, now, 0, { version });
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
    const changed = this.changedIn(now, remembered, { ...now, ...previous });
    const isNews = this.remembers && changed.length > 0;
    const excess = this.slices.excessIn(now);
    const placement: Placement = { stays: [], left: [], entered: [], unknown, excess, now, isNews, changed };
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

  /** Returns the fields of which something else was known: other servers may remember that if this one did. */
  private changedIn(now: SliceFields, ...before: ReadonlyArray<SliceFields | undefined>): string[] {
    return this.slices.fields.filter((field) =>
      before.some((known) => comparableForm(known?.[field]) !== comparableForm(now[field])),
    );
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

/** Returns where a record is after a change that may say a part of that. */
function unite(before: SliceFields | undefined, now: RecordLocation): RecordLocation {
  return now === GONE ? GONE : { ...before, ...now };
}
