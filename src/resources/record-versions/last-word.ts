import { isRecord } from '../../common/type-guards.js';
import type { Place } from '../../server/cluster/journal/journal.js';

/** Where a publication stands in the journal that servers share, as they tell each other: plain JSON. */
export interface WordPlace {
  readonly epoch: string;
  readonly position: number;
}

/** What a change has said last of a record, which its identity tells from what others have said. */
export interface LastWord {
  /** Where that stands, once it is known. */
  place?: WordPlace | undefined;
  /** Whether this server has said it. */
  isOwn?: boolean;
}

export function wordPlaceOf({ epoch, position }: Place): WordPlace {
  return { epoch: epoch.id, position };
}

/** Reads what another server has told, which may be anything. */
export function readWordPlace(told: unknown): WordPlace | undefined {
  if (!isRecord(told) || typeof told.epoch !== 'string' || typeof told.position !== 'number') return undefined;
  return { epoch: told.epoch, position: told.position };
}

/** Whether one is known to stand before the other. */
export function isBefore(one: WordPlace | undefined, other: WordPlace | undefined): boolean {
  return one !== undefined && one.epoch === other?.epoch && one.position < other.position;
}

/**
 * Tells whether something was said of a record after a publication of it whose place was not known at first.
 *
 * @param before the last word when it was made
 * @param place that of the publication
 */
export function wasSaidSince(before: LastWord | undefined, now: LastWord | undefined, place: WordPlace): boolean {
  return now !== undefined && now !== before && !isBefore(now.place, place);
}
