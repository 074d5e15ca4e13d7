import type { RecordId } from '../../../protocol/resource-message.js';
import { isObject } from '../../../common/type-guards.js';
import { isBefore, type Standing } from '../../../server/cluster/delivery/standing.js';
import type { LastWord } from '../../record-versions/last-word.js';
import { readId } from '../record-id.js';
import type { RecordIds } from '../record-ids.js';
import { KeyMemory } from './key-memory.js';

/** How many records' keys are remembered. */
const MAX_REMEMBERED = 10_000;

/** A key, and the record that it leads to. */
export interface RememberedKey {
  key: string;
  id: RecordId;
}

/**
 * Knows which record of one resource a key leads to, as far as this process has seen it. Keys are how the outside names
 * records, such as slugs; rooms and messages know nothing but ids.
 */
export class RecordKeys {
  /** The field that holds a record's key; absent where the resource has none. */
  field: string | undefined;
  private memory = new KeyMemory(MAX_REMEMBERED);

  constructor(
    private readonly resource: string,
    private readonly ids: RecordIds,
    private readonly shownIdOf: (record: object) => RecordId | undefined,
  ) {}

  remember(most: number): void {
    this.memory = new KeyMemory(most);
  }

  get remembers(): boolean {
    return this.memory.most > 0;
  }

  /** Returns the key that a record shows. */
  in(record: object | undefined): string | undefined {
    // Inherited fields, too: some ORMs give an entity's fields by getters of its class.
    const value = this.field === undefined ? undefined : (record as Record<string, unknown> | undefined)?.[this.field];
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
    return isText ? readKey(value) : undefined;
  }

  /** Returns the id of the record that has this key, if exactly one is known. */
  find(key: string): RecordId | undefined {
    const id = this.memory.find(key);
    // The form of ids may have become known since.
    return id === undefined ? undefined : this.ids.find(id);
  }

  /**
   * Returns the id that a text stands for, which may be an id or a key. Nothing but the text's own form decides between
   * the two where it can: whoever chooses a key must not be able to catch what is meant for another record.
   */
  resolve(text: string): RecordId | undefined {
    const id = this.ids.find(text);
    if (this.field === undefined) return id;
    if (!this.ids.mayBe(text)) return this.find(text);
    if (!this.memory.hasKey(text)) return id;
    return this.isEither(text) ? undefined : this.find(text);
  }

  /** Returns every id that a value may stand for, where it does no harm to mean too many. */
  allOf(value: string | number): RecordId[] {
    const isId = this.field === undefined || typeof value === 'number' || this.ids.mayBe(value);
    const key = this.field === undefined ? undefined : readKey(value);
    const ids = [isId ? this.ids.find(value) : undefined, key === undefined ? undefined : this.find(key)];
    return ids.filter((id) => id !== undefined);
  }

  /**
   * Returns the id of the record that a key names, or a record by its key, from what else is known of it.
   *
   * @param known the record as it is, or was: the most certain first
   */
  findIn(known: ReadonlyArray<object | undefined>, keyOrRecord: unknown): RecordId | undefined {
    const isNamed = isObject(keyOrRecord) && this.shownIdOf(keyOrRecord) === undefined;
    const key = isNamed ? this.in(keyOrRecord) : keyOrRecord;
    if (typeof key !== 'string') return undefined;
    // The response may show the key alone, and the record as it was the id, too.
    const shown = known.filter((one) => one && this.shownIdOf(one) !== undefined);
    // A database may look keys up in upper case and in lower case alike.
    const record = shown.find((one) => this.in(one) === key) ?? shown.find((one) => isSameInAnyCase(this.in(one), key));
    return record && this.shownIdOf(record);
  }

  /** Returns the key by which a text, or a record without its id, names a record that is remembered. */
  remembered(keyOrRecord: unknown): RememberedKey | undefined {
    const isNamed = isObject(keyOrRecord) && this.shownIdOf(keyOrRecord) === undefined;
    const key = isNamed ? this.in(keyOrRecord) : keyOrRecord;
    const id = typeof key === 'string' ? this.find(key) : undefined;
    return id === undefined ? undefined : { key: key as string, id };
  }

  /** Whether a key that led to a record leads to another one by now. */
  hasMoved({ key, id }: RememberedKey): boolean {
    const now = this.find(key);
    return this.memory.isShared(key) || (now !== undefined && !this.ids.isSame(now, id));
  }

  /** Returns why a text, or a record without its id, leads to no record, if it is or has a key. */
  problemWith(keyOrRecord: unknown): string | undefined {
    const isNamed = isObject(keyOrRecord);
    const key = isNamed ? this.in(keyOrRecord) : keyOrRecord;
    const isKey = this.field !== undefined && typeof key === 'string' && readKey(key) !== undefined;
    return isKey ? this.problemOf(key, !isNamed) : undefined;
  }

  /** Returns why a key leads to no record. */
  problemOf(key: string, mayBeId: boolean): string {
    const { field, resource } = this;
    if (this.memory.isShared(key)) {
      return `several records of "${resource}" were seen with this ${field}, so it does not say which of them is meant`;
    }
    if (!mayBeId || !this.memory.hasKey(key)) {
      return `this process has not seen which record of "${resource}" has this ${field}`;
    }
    return `it may be the id of one record of "${resource}", and is the ${field} of another`;
  }

  /** Learns the key of a record that was read. */
  learn(id: RecordId, record: object): void {
    const key = this.in(record);
    if (key !== undefined) this.learnKey(id, key);
  }

  learnKey(id: RecordId, key: string): void {
    this.memory.learn(this.ids.canonicalFormOf(id), id, key);
  }

  /**
   * Remembers the key of a record that has changed; `undefined` if the record is gone.
   *
   * @param place where the change stands in the journal that servers share, if that is known
   * @returns whether other servers may remember another one
   */
  set(id: RecordId, key: string | undefined, place?: Standing): boolean {
    const isNews = this.isNews(id, key);
    this.memory.set(this.ids.canonicalFormOf(id), id, key, { place, isOwn: true });
    return isNews;
  }

  /** Whether other servers may remember another key of a record than this; `undefined` if the record is gone. */
  isNews(id: RecordId, key: string | undefined): boolean {
    // What was read only here, maybe before the change was published, no other server knows.
    return this.remembers && (key === undefined || !this.memory.hasChangedTo(this.ids.canonicalFormOf(id), key));
  }

  /** Returns the key that a record is remembered by. */
  keyOf(id: RecordId): string | undefined {
    return this.memory.keyOf(this.ids.canonicalFormOf(id));
  }

  /** Returns what a change has said last of a record's key. */
  wordOf(id: RecordId): LastWord | undefined {
    return this.memory.wordOf(this.ids.canonicalFormOf(id));
  }

  /**
   * Corrects what is remembered of a record that another server has changed.
   *
   * @param place where the change stands in the journal that servers share, if that is known
   */
  correct(id: RecordId, key: string | undefined, place?: Standing): void {
    const form = this.ids.canonicalFormOf(id);
    const concerns = this.memory.has(form) || (key !== undefined && this.memory.hasKey(key));
    if (concerns && !isBefore(place, this.memory.wordOf(form)?.place)) this.memory.set(form, id, key, { place });
  }

  /** Whether a text that is the key of one record may as well be the id of another. */
  private isEither(text: string): boolean {
    const found = this.find(text);
    if (found === undefined) return true;
    if (this.ids.isSame(found, text)) return false;
    return !this.ids.mayBeAnyText || this.memory.keyOf(this.ids.canonicalFormOf(text)) !== undefined;
  }
}

/** Whether two keys differ in upper and lower case at most. */
export function isSameInAnyCase(key: string | undefined, other: string): boolean {
  return key?.toLowerCase() === other.toLowerCase();
}

/** Returns a key as it is compared: as it is written. */
function readKey(value: string | number | bigint): string | undefined {
  const key = typeof value === 'bigint' ? String(value) : readId(value);
  return key === undefined ? undefined : String(key);
}
