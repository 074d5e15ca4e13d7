import { isUuid } from '../../protocol/canonical-id.js';
import type { RecordId } from '../../protocol/resource-message.js';

/** What an id looks like. */
export type IdKind = 'number' | 'UUID' | 'ObjectId' | 'text';

/**
 * What an id in a record says about the form of the others, from the weakest to the strongest: a read that repeats what
 * the request said, a record that was published, and a record that was read.
 */
export const EVIDENCE = ['echo', 'publication', 'read'] as const;

export type IdEvidence = (typeof EVIDENCE)[number];

const WHOLE_NUMBER = /^(?:0|-?[1-9]\d*)$/;
const OBJECT_ID = /^[\da-f]{24}$/i;

export function kindOf(id: RecordId): IdKind {
  if (typeof id === 'number') return 'number';
  if (isUuid(id)) return 'UUID';
  if (OBJECT_ID.test(id)) return 'ObjectId';
  return WHOLE_NUMBER.test(id) ? 'number' : 'text';
}

/** Knows what the ids of one resource look like, as its records show them. The strongest evidence counts. */
export class IdKinds {
  private readonly kinds = new Set<IdKind>();
  private strength = -1;

  get areKnown(): boolean {
    return this.kinds.size > 0;
  }

  /** Whether the ids may be any text, so that nothing tells them from other texts. */
  get mayBeAnyText(): boolean {
    return this.kinds.has('text');
  }

  has(kind: IdKind): boolean {
    return this.kinds.has(kind);
  }

  /**
   * Whether no record that was read has an id that looks like this one. Where ids may be any text, only a number
   * differs.
   */
  areUnlike(id: RecordId): boolean {
    if (this.strength < EVIDENCE.indexOf('read')) return false;
    const kind = kindOf(id);
    return !this.kinds.has(kind) && (kind === 'number' || !this.mayBeAnyText);
  }

  /** Returns what they look like, such as "numbers". */
  get written(): string {
    return [...this.kinds].map((kind) => (kind === 'text' ? 'texts' : `${kind}s`)).join(' or ');
  }

  learn(id: RecordId, evidence: IdEvidence): void {
    const strength = EVIDENCE.indexOf(evidence);
    if (strength < this.strength) return;
    if (strength > this.strength) this.kinds.clear();
    this.strength = strength;
    this.kinds.add(kindOf(id));
  }
}
