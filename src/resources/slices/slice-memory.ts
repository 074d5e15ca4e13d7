import type { Place } from '../../server/cluster/journal/journal.js';
import type { LastWord } from '../record-versions/last-word.js';
import { comparableForm } from './slice.js';
import type { SliceFields } from './slices.js';

/** How long a change outweighs a read, which may have begun before it, in milliseconds. */
const CHANGE_PRECEDENCE = 10_000;

interface Known {
  fields: SliceFields;
  /** When a change, rather than a read, last said so; in milliseconds. */
  changedAt: number;
  /** When a change last moved it, as far as is known; in milliseconds. */
  movedAt: number;
  /** What a change has said last, if one has. */
  word?: LastWord | undefined;
}

const UNKNOWN: Known = { fields: {}, changedAt: -Infinity, movedAt: -Infinity };

/**
 * Remembers which slices records were in when they were last changed, or read. It holds a limited number of records,
 * and forgets the one that was used least recently.
 */
export class SliceMemory {
  /** By the key of the id; the one that was used last is at the end. */
  private readonly known = new Map<string, Known>();

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
   * @param place where it stands in the journal that servers share, if that is known
   */
  set(key: string, fields: SliceFields, age = 0, place?: Place): void {
    if (this.most <= 0) return;
    const changedAt = performance.now() - age;
    const known = this.known.get(key);
    const isSame = (field: string): boolean =>
      known !== undefined && Object.hasOwn(known.fields, field) && !contradict(known.fields, fields, field);
    const isMoved = !known || !Object.keys(fields).every(isSame);
    this.put(key, { fields, changedAt, movedAt: isMoved ? changedAt : known.movedAt, word: { place } });
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
   * @param place where it stands in the journal that servers share, if that is known
   */
  correct(key: string, fields: SliceFields, age: number, place?: Place): void {
    const known = this.known.get(key);
    if (!known) return;
    const isLater = age > 0 && performance.now() - known.movedAt < age;
    if (!isLater) return this.set(key, { ...known.fields, ...fields }, age, place);
    const entries = Object.entries(known.fields).filter(([field]) => !contradict(known.fields, fields, field));
    this.put(key, { ...known, fields: Object.fromEntries(entries) });
  }

  /** Returns what a change has said last of where it is. */
  wordOf(key: string): LastWord | undefined {
    return this.known.get(key)?.word;
  }

  forget(key: string): void {
    this.known.delete(key);
  }

  private put(key: string, known: Known): void {
    this.known.delete(key);
    this.known.set(key, known);
    if (this.known.size > this.most) this.known.delete(this.known.keys().next().value as string);
  }
}

/** Whether two sources say different things of a field. */
export function contradict(one: SliceFields, other: SliceFields, field: string): boolean {
  const isInBoth = Object.hasOwn(one, field) && Object.hasOwn(other, field);
  return isInBoth && comparableForm(one[field]) !== comparableForm(other[field]);
}
