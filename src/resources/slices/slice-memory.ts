import { comparableForm } from './slice.js';
import type { SliceFields } from './slices.js';

/** How long a change outweighs a read, which may have begun before it, in milliseconds. */
const CHANGE_PRECEDENCE = 10_000;

interface Known {
  fields: SliceFields;
  /** When a change, rather than a read, last said so; in milliseconds. */
  changedAt: number;
}

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

  /** Remembers what a change says. */
  set(key: string, fields: SliceFields): void {
    if (this.most > 0) this.put(key, { fields, changedAt: performance.now() });
  }

  /**
   * Remembers what a read says. A read may be older than a recent change, and then does not count where the two
   * disagree; where it disagrees with something older, neither is known to be right any longer.
   */
  learn(key: string, fields: SliceFields): void {
    if (this.most <= 0) return;
    const { fields: known, changedAt } = this.known.get(key) ?? { fields: {}, changedAt: -Infinity };
    const isRecent = performance.now() - changedAt < CHANGE_PRECEDENCE;
    const entries = Object.entries({ ...fields, ...known }).filter(
      ([field]) => isRecent || !contradict(known, fields, field),
    );
    this.put(key, { fields: Object.fromEntries(entries), changedAt });
  }

  /**
   * Remembers what another server says, if the record is known here. What was changed since does not count, but is not
   * known to be right any longer: nobody can tell which of the two came last.
   *
   * @param age how long ago it was so, in milliseconds
   */
  correct(key: string, fields: SliceFields, age: number): void {
    const known = this.known.get(key);
    if (!known) return;
    const isLater = age > 0 && performance.now() - known.changedAt < age;
    if (!isLater) return this.set(key, { ...known.fields, ...fields });
    const entries = Object.entries(known.fields).filter(([field]) => !contradict(known.fields, fields, field));
    this.put(key, { ...known, fields: Object.fromEntries(entries) });
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
function contradict(one: SliceFields, other: SliceFields, field: string): boolean {
  const isInBoth = Object.hasOwn(one, field) && Object.hasOwn(other, field);
  return isInBoth && comparableForm(one[field]) !== comparableForm(other[field]);
}
