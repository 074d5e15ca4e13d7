import type { Resource } from '../resource.js';
import type { Relation } from './relation.js';

/** One end of a relation, with the other end found: what `resource.attribute` holds, and which attribute points back. */
export interface Association {
  readonly attribute: string;
  readonly kind: Relation['kind'];
  /** Holds many records, not one. */
  readonly plural: boolean;
  readonly other: Resource;
  /** The other end, if the relation has one. */
  readonly inverse?: { readonly attribute: string; readonly plural: boolean };
}
