import { isBefore, type Standing } from '../../server/cluster/delivery/standing.js';
import type { RecordVersion } from '../record-versions/record-version.js';
import { comparableForm } from './slice.js';
import type { SliceFields } from './slices.js';

/** How long a change outweighs a read, which may have begun before it, in milliseconds. */
const CHANGE_PRECEDENCE = 10_000;

/** The change that has said where a record is. */
export interface WordSource {
  /** Where it stands in the journal that servers share, if that is known. */
  readonly place?: Standing | undefined;
  /** The server that has told of it, if that is another one. */
  readonly teller?: string | undefined;
  /** The version of the record, if it has one. */
  readonly version?: RecordVersion | undefined;
}

interface Known {
  fields: SliceFields;
  /** When a change, rather than a read, last said so; in milliseconds. */
  changedAt: number;
  /** When a change last moved it, as far as is known; in milliseconds. */
  movedAt: number;
  /** What has said so. */
  by: WordSource;
}

const UNKNOWN: Known = { fields: {}, changedAt: -Infinity, movedAt: -Infinity, by: {} };

/**
 * Remembers which slices records were in when they were last changed, or read. It holds a limited number of records,
 * and forgets the one that was used least recently.
 */
export class SliceMemory {
  /** By the key of the id; the one that was used last is at the end. */
  private readonly known = new Map<string, Known>();
  /** Where records were known to be before this server has missed something. */
  private readonly doubted = new Map<string, SliceFields>();
  /** Whether anything may change unheard. */
  private isUnheard = false;

  constructor(readonly most: number) {}

  find(key: string): SliceFields | undefined {
    const known = this.known.get(key);
    if (known) this.put(key, known);
    return known?.fields;
  }

  /**
   * Remembers what a change says.
   *
   * @param age how long ago it was so, in milliseconds
   */
  set(key: string, fields: SliceFields, age = 0, by: WordSource = {}): void {
    if (this.most <= 0) return;
    const changedAt = performance.now() - age;
    const known = this.known.get(key);
    const isSame = (field: string): boolean =>
      known !== undefined && Object.hasOwn(known.fields, field) && !contradict(known.fields, fields, field);
    const isMoved = !known || !Object.keys(fields).every(isSame);
    // Who has changed something else has not moved it.
    const source = isMoved ? by : { ...by, teller: known.by.teller, place: by.place ?? known.by.place };
    this.put(key, { fields, changedAt, movedAt: isMoved ? changedAt : known.movedAt, by: source });
  }

  /**
   * Remembers what a read says. A read may be older than a recent change, and then does not count where the two
   * disagree; where it disagrees with something older, neither is known to be right any longer.
   */
  learn(key: string, fields: SliceFields): void {
    if (this.most <= 0) return;
    const { fields: known, ...rest } = this.known.get(key) ?? UNKNOWN;
    const isRecent = performance.now() - rest.changedAt < CHANGE_PRECEDENCE;
    const entries = Object.entries({ ...fields, ...known }).filter(
      ([field]) => isRecent || !contradict(known, fields, field),
    );
    this.put(key, { ...rest, fields: Object.fromEntries(entries) });
  }

  /**
   * Remembers what another server says, if the record is known here. What was moved since does not count, but is not
   * known to be right any longer: nobody can tell which of the two came last.
   *
   * @param age how long ago it was so, in milliseconds
   */
  correct(key: string, fields: SliceFields, age: number, by: WordSource): void {
    const known = this.known.get(key) ?? (this.doubted.has(key) ? UNKNOWN : undefined);
    if (!known || isBefore(by.place, known.by.place)) return;
    const isLater = age > 0 && performance.now() - known.movedAt < age;
    if (!isLater) return this.set(key, { ...known.fields, ...fields }, age, by);
    const entries = Object.entries(known.fields).filter(([field]) => !contradict(known.fields, fields, field));
    this.put(key, { ...known, fields: Object.fromEntries(entries) });
  }

  /**
   * Notes where the change stands that has said last where a record is.
   *
   * @param fields what that has said
   * @returns whether it was that
   */
  confirm(key: string, fields: SliceFields, place: Standing | undefined): boolean {
    const known = this.known.get(key);
    if (known?.fields !== fields) return false;
    known.by = { ...known.by, place };
    return true;
  }

  /** Returns what has said last where it is. */
  sourceOf(key: string): WordSource {
    return this.known.get(key)?.by ?? {};
  }

  /** Whether a change has moved it in so many milliseconds. */
  isMoved(key: string, within: number): boolean {
    return performance.now() - (this.known.get(key)?.movedAt ?? -Infinity) < within;
  }

  forget(key: string): void {
    this.known.delete(key);
    this.doubted.delete(key);
  }

  /**
   * Takes nothing for certain any more of what is remembered, since it may have changed unheard.
   *
   * @param isForGood whether of what is learnt from now on, either
   */
  doubtAll(isForGood: boolean): void {
    for (const [key, { fields }] of this.known) this.doubt(key, fields);
    this.known.clear();
    this.isUnheard ||= isForGood;
  }

  /** Takes a record to be somewhere, but not for certain. */
  doubt(key: string, fields: SliceFields): void {
    if (this.most <= 0) return;
    const before = this.doubted.get(key);
    this.doubted.delete(key);
    this.doubted.set(key, { ...before, ...fields });
    if (this.doubted.size > this.most) this.doubted.delete(this.doubted.keys().next().value as string);
  }

  /** Returns where a record may be, as far as nothing newer says where it is. */
  doubtedOf(key: string): SliceFields | undefined {
    const known = this.known.get(key)?.fields ?? {};
    const rest = Object.entries(this.doubted.get(key) ?? {}).filter(([field]) => !Object.hasOwn(known, field));
    return rest.length > 0 ? Object.fromEntries(rest) : undefined;
  }

  private put(key: string, known: Known): void {
    if (this.isUnheard) return this.doubt(key, known.fields);
    this.known.delete(key);
    this.known.set(key, known);
    if (this.doubted.has(key) && !this.doubtedOf(key)) this.doubted.delete(key);
    if (this.known.size > this.most) this.known.delete(this.known.keys().next().value as string);
  }
}

/** Whether two sources say different things of a field. */
export function contradict(one: SliceFields, other: SliceFields, field: string): boolean {
  const isInBoth = Object.hasOwn(one, field) && Object.hasOwn(other, field);
  return isInBoth && comparableForm(one[field]) !== comparableForm(other[field]);
}
