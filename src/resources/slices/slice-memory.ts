import type { RecordId } from '../../wire/resource-message.js';

/** The fields of slices, as far as they are known; `null` is known to be none. */
export type SliceFields = Readonly<Record<string, unknown>>;

/** In which slices records were when they were last told of, or read: of as many as it may hold, those of the latest. */
export class SliceMemory {
  /** By written id, the one that was used last at the end. */
  private readonly known = new Map<string, SliceFields>();

  constructor(readonly most: number) {}

  find(id: RecordId): SliceFields | undefined {
    const key = String(id);
    const fields = this.known.get(key);
    if (fields) this.put(key, fields);
    return fields;
  }

  /** What happened to a record. */
  set(id: RecordId, fields: SliceFields): void {
    if (this.most > 0) this.put(String(id), fields);
  }

  /** What somebody read may be older than what happened meanwhile. */
  learn(id: RecordId, fields: SliceFields): void {
    this.set(id, { ...fields, ...this.known.get(String(id)) });
  }

  /** What another process tells, if it is about a record that is known here. */
  correct(id: RecordId, fields: SliceFields): void {
    const known = this.known.get(String(id));
    if (known) this.set(id, { ...known, ...fields });
  }

  forget(id: RecordId): void {
    this.known.delete(String(id));
  }

  private put(key: string, fields: SliceFields): void {
    this.known.delete(key);
    this.known.set(key, fields);
    if (this.known.size > this.most) this.known.delete(this.known.keys().next().value as string);
  }
}
