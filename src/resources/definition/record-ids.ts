import { LineLogger } from '../../common/log.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { isUuid, canonicalId } from '../../protocol/canonical-id.js';
import { EVIDENCE, type IdEvidence, IdKinds, kindOf } from './id-kinds.js';
import { numberIn, readId } from './record-id.js';

/**
 * The type of all ids of a resource. With a function, an id is what it returns: it is given an id in any spelling, and
 * returns the one form of it, or `undefined` for what is not an id. It must return its own results unchanged.
 */
export type RecordIdType = 'number' | 'uuid' | 'string' | ((id: RecordId) => RecordId | undefined);

const INEXACT = 'the id is an integer beyond 2^53, which a number cannot hold exactly';

/** One property of ids that the records of a resource have in common. The stronger evidence counts. */
class Learnt<Value> {
  /** Absent as long as it is not known, or if records of equal evidence differ. */
  value: Value | undefined;
  private strength = -1;

  /** Returns false if this contradicts evidence that is as strong. */
  learn(value: Value, evidence: IdEvidence): boolean {
    const strength = EVIDENCE.indexOf(evidence);
    if (strength < this.strength) return true;
    if (strength > this.strength) {
      this.strength = strength;
      this.value = value;
      return true;
    }
    if (this.value === value) return true;
    this.value = undefined;
    return false;
  }
}

/**
 * Knows the one form that the ids of a resource have: as the resource declares it, or else as its records show it. The
 * form says in which type and spelling an id is published. It never says which record an id belongs to: that depends
 * only on the id itself and on what is declared, so that all servers agree, and nothing that is learnt can lead a
 * message to readers of another record.
 */
export class RecordIds {
  /** What the resource declares. */
  type: RecordIdType | undefined;
  /** Whether a route declares its id parameter a number, which counts for less than any record. */
  areNumbersInRoutes = false;
  /** What the ids in records look like. */
  readonly kinds = new IdKinds();
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly learntType = new Learnt<'number' | 'string'>();
  private readonly learntSpelling = new Learnt<'lower' | 'upper'>();
  private hasWarned = false;

  constructor(private readonly resource: string) {}

  /** Whether it is known by now in which form ids are published. */
  get areKnown(): boolean {
    return this.type !== undefined || this.impliedType !== undefined;
  }

  /**
   * Returns an id in the form of the resource's ids, or `undefined` if the value is not an id. Values that JSON turns
   * into a string or a number, such as an `ObjectId`, are ids, too.
   */
  find(value: unknown): RecordId | undefined {
    const id = readId(value);
    if (id === undefined) return undefined;
    const { type } = this;
    if (type === undefined) return this.inLearntForm(id);
    if (typeof type === 'function') return applyType(type, id);
    if (type === 'number') return typeof id === 'number' ? id : numberIn(id);
    if (type === 'string') return String(id);
    return typeof id === 'string' && isUuid(id) ? (this.spelled(id) ?? id.toLowerCase()) : undefined;
  }

  /**
   * Whether a text may be an id at all, by its form: as it is declared, or as records have shown it. Before any of that
   * is known, only numbers, UUIDs and ObjectIds may be.
   */
  mayBe(text: string): boolean {
    if (this.type !== undefined) return this.find(text) !== undefined;
    const kind = kindOf(text);
    if (this.kinds.areKnown) return this.kinds.mayBeAnyText || this.kinds.has(kind);
    return this.areNumbersInRoutes ? kind === 'number' : kind !== 'text';
  }

  /** Whether nothing tells ids from other texts. */
  get mayBeAnyText(): boolean {
    return this.type === 'string' || typeof this.type === 'function' || this.kinds.mayBeAnyText;
  }

  /** Returns the id of a record whose resource is not known: of the declared type if it can be, or else as it is. */
  findElsewhere(value: unknown): RecordId | undefined {
    const id = readId(value);
    if (id === undefined) return undefined;
    const isNumber = this.type === 'number' || (this.type === undefined && this.areNumbersInRoutes);
    const typed = isNumber ? numberIn(String(id)) : this.type === undefined ? undefined : this.find(id);
    return typed ?? id;
  }

  /** What an id is, for errors. */
  get expected(): string {
    const { type } = this;
    if (typeof type === 'function') return 'what its idType accepts';
    if (type === 'number') return 'a number';
    return type === 'uuid' ? 'a UUID' : 'a non-empty string or a number';
  }

  /** Returns why a value that looks like an id is none; nothing if it does not even look like one. */
  problemWith(value: unknown): string | undefined {
    const inexact = this.inexactnessOf(value);
    if (inexact !== undefined) return inexact;
    const id = readId(value);
    if (id === undefined || this.find(id) !== undefined) return undefined;
    const declared = typeof this.type === 'function' ? 'a function' : `'${this.type}'`;
    return `the id is not one that "${this.resource}" can have, which is declared with idType: ${declared}`;
  }

  /** Returns why a value is no id if it is an integer that a number cannot hold. */
  inexactnessOf(value: unknown): string | undefined {
    const isRounded = typeof value === 'number' && Number.isFinite(value) && readId(value) === undefined;
    if (isRounded) return `${INEXACT}, so it may be that of another record. Use a string or a BigInt`;
    const isTooLong = this.type === 'number' && typeof value === 'string' && /^-?[1-9]\d{15,}$/.test(value);
    if (!isTooLong || this.find(value) !== undefined) return undefined;
    return `${INEXACT}, and "${this.resource}" is declared with idType: 'number'. Say idType: 'string'`;
  }

  /** Returns what tells ids apart, and rooms: equal for all spellings of one id, on every server. */
  canonicalFormOf(id: RecordId): string {
    return this.type === 'string' || typeof this.type === 'function' ? String(id) : canonicalId(id);
  }

  isSame(id: RecordId, other: RecordId): boolean {
    return this.canonicalFormOf(id) === this.canonicalFormOf(other);
  }

  /** Returns each id once, in the order of first appearance. */
  unique(ids: readonly RecordId[]): RecordId[] {
    const seen = new Set<string>();
    return ids.filter((id) => seen.size < seen.add(this.canonicalFormOf(id)).size);
  }

  /** Returns the ids that are not among the others. */
  without(ids: readonly RecordId[], others: readonly RecordId[]): RecordId[] {
    const keys = new Set(others.map((id) => this.canonicalFormOf(id)));
    return ids.filter((id) => !keys.has(this.canonicalFormOf(id)));
  }

  /** Learns from the id in a record which form ids have. It remembers that form, and no id. */
  learn(value: unknown, evidence: IdEvidence): void {
    const id = readId(value);
    if (id === undefined) return;
    this.kinds.learn(id, evidence);
    if (this.type !== undefined && this.type !== 'uuid') return;
    const isConsistent = this.learntType.learn(typeof id === 'number' ? 'number' : 'string', evidence);
    const spelling = typeof id === 'string' && isUuid(id) ? spellingOf(id) : undefined;
    if (spelling) this.learntSpelling.learn(spelling, evidence);
    if (!isConsistent && this.type === undefined) this.warnOnce();
  }

  private inLearntForm(id: RecordId): RecordId {
    const type = this.impliedType;
    if (typeof id === 'number') return type === 'string' ? String(id) : id;
    return (type === 'number' ? numberIn(id) : this.spelled(id)) ?? id;
  }

  private get impliedType(): 'number' | 'string' | undefined {
    return this.learntType.value ?? (this.areNumbersInRoutes ? 'number' : undefined);
  }

  /** Returns a UUID as the records spell theirs, if that is known. */
  private spelled(id: string): string | undefined {
    const { value } = this.learntSpelling;
    if (value === undefined || !isUuid(id)) return undefined;
    return value === 'upper' ? id.toUpperCase() : id.toLowerCase();
  }

  private warnOnce(): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(
      `Some records of "${this.resource}" have a number as their id, and some a string, so an id from elsewhere, ` +
        `such as a URL, is published as it is there, and clients that compare strictly may miss it. Say which is ` +
        `right: @Resourceful('${this.resource}', { idType: 'number' }). (Logged once.)`,
    );
  }
}

function applyType(type: (id: RecordId) => RecordId | undefined, id: RecordId): RecordId | undefined {
  try {
    return readId(type(id));
  } catch {
    // It may well throw on what is not an id, as BigInt() does.
    return undefined;
  }
}

/** Returns how the letters of a UUID are written; nothing if it has none, or mixes both. */
function spellingOf(uuid: string): 'lower' | 'upper' | undefined {
  const [isLower, isUpper] = [uuid === uuid.toLowerCase(), uuid === uuid.toUpperCase()];
  if (isLower === isUpper) return undefined;
  return isLower ? 'lower' : 'upper';
}
