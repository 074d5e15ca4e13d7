import type { RecordId } from '../../protocol/resource-message.js';
import { written } from './slice.js';
import type { SliceFields } from './slices.js';

/** How long what happened counts for more than what is read, which may have been asked for before, in milliseconds. */
const OLDEST_READ = 10_000;

interface Known {
  fields: SliceFields;
  /** When it was told, rather than read; in milliseconds. */
  toldAt: number;
}

/** In which slices records were when they were last told of, or read: of as many as it may hold, those of the latest. */
export class SliceMemory {
  /** By written id, the one that was used last at the end. */
  private readonly known = new Map<string, Known>();

  constructor(readonly most: number) {}

  find(id: RecordId): SliceFields | undefined {
    const key = String(id);
    const known = this.known.get(key);
    if (known) this.put(key, known);
    return known?.fields;
  }

  /** What happened to a record. */
  set(id: RecordId, fields: SliceFields): void {
    if (this.most > 0) this.put(String(id), { fields, toldAt: performance.now() });
  }

  /** What somebody read may be older than what happened meanwhile; otherwise, what it contradicts is not known any more. */
  learn(id: RecordId, fields: SliceFields): void {
    if (this.most <= 0) return;
    const { fields: known, toldAt } = this.known.get(String(id)) ?? { fields: {}, toldAt: -Infinity };
    const isRecent = performance.now() - toldAt < OLDEST_READ;
    const contradicts = (field: string): boolean =>
      Object.hasOwn(known, field) && Object.hasOwn(fields, field) && written(known[field]) !== written(fields[field]);
    const entries = Object.entries({ ...fields, ...known }).filter(([field]) => isRecent || !contradicts(field));
    this.put(String(id), { fields: Object.fromEntries(entries), toldAt });
  }

  /** What another process tells, if it is about a record that is known here. */
  correct(id: RecordId, fields: SliceFields): void {
    const known = this.known.get(String(id));
    if (known) this.set(id, { ...known.fields, ...fields });
  }

  forget(id: RecordId): void {
    this.known.delete(String(id));
  }

  private put(key: string, known: Known): void {
    this.known.delete(key);
    this.known.set(key, known);
    if (this.known.size > this.most) this.known.delete(this.known.keys().next().value as string);
  }
}
