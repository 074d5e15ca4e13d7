import type { RecordId } from '../../../protocol/resource-message.js';
import type { LastWord } from '../../record-versions/last-word.js';

/** How long a change outweighs a read, which may have begun before it, in milliseconds. */
const CHANGE_PRECEDENCE = 10_000;

interface Known {
  id: RecordId;
  /** Absent for a record that is gone. */
  key: string | undefined;
  /** When a change, rather than a read, last said so; in milliseconds. */
  changedAt: number;
  /** What a change has said last, if one has. */
  word?: LastWord | undefined;
}

/**
 * Remembers which keys records had when they were last changed, or read. It holds a limited number of records, and
 * forgets the one that was used least recently.
 */
export class KeyMemory {
  /** By the canonical form of the id; the one that was used last is at the end. */
  private readonly known = new Map<string, Known>();
  /** The canonical forms of the ids of all records that have a key. */
  private readonly holders = new Map<string, Set<string>>();

  constructor(readonly most: number) {}

  /** Returns the id of the record that has this key; nothing if none is known, or if several have it. */
  find(key: string): RecordId | undefined {
    const [form, ...others] = this.holders.get(key) ?? [];
    const known = form === undefined || others.length > 0 ? undefined : this.known.get(form);
    if (known) this.put(form, known);
    return known?.id;
  }

  /** Whether several records have this key. */
  isShared(key: string): boolean {
    return (this.holders.get(key)?.size ?? 0) > 1;
  }

  /** Whether any record has this key. */
  hasKey(key: string): boolean {
    return this.holders.has(key);
  }

  /** Whether the record is remembered, even as one that is gone. */
  has(form: string): boolean {
    return this.known.has(form);
  }

  keyOf(form: string): string | undefined {
    return this.known.get(form)?.key;
  }

  /** Returns what a change has said last of the record's key. */
  wordOf(form: string): LastWord | undefined {
    return this.known.get(form)?.word;
  }

  /** Whether a change, rather than a read, has said that the record has this key. */
  hasChangedTo(form: string, key: string): boolean {
    const known = this.known.get(form);
    return known?.key === key && known.changedAt !== -Infinity;
  }

  /**
   * Remembers what a change says. Without a key, the record is gone.
   *
   * @param word that change
   */
  set(form: string, id: RecordId, key: string | undefined, word: LastWord): void {
    if (this.most > 0) this.put(form, { id, key, changedAt: performance.now(), word });
  }

  /** Remembers what a read says, which may be older than a recent change, and then does not count. */
  learn(form: string, id: RecordId, key: string): void {
    if (this.most <= 0) return;
    const before = this.known.get(form);
    const isSame = before?.key === key;
    if (before && !isSame && performance.now() - before.changedAt < CHANGE_PRECEDENCE) return;
    this.put(form, { id, key, changedAt: isSame ? before.changedAt : -Infinity, word: before?.word });
  }

  private put(form: string, known: Known): void {
    this.drop(form);
    this.known.set(form, known);
    if (known.key !== undefined) {
      const holders = this.holders.get(known.key) ?? new Set();
      this.holders.set(known.key, holders.add(form));
    }
    if (this.known.size > this.most) this.forgetOldest();
  }

  /** Forgets all records that share the oldest one's key: otherwise it would seem to be that of a single record. */
  private forgetOldest(): void {
    const [[form, { key }]] = this.known;
    const holders = key === undefined ? [form] : [...(this.holders.get(key) ?? [form])];
    for (const one of holders) this.drop(one);
  }

  private drop(form: string): void {
    const { key } = this.known.get(form) ?? {};
    this.known.delete(form);
    const holders = key === undefined ? undefined : this.holders.get(key);
    holders?.delete(form);
    if (key !== undefined && holders?.size === 0) this.holders.delete(key);
  }
}
