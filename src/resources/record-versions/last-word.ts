import { isBefore, type Standing } from '../../server/cluster/delivery/standing.js';

/** What a change has said last of a record, which its identity tells from what others have said. */
export interface LastWord {
  /** Where that stands in the journal that servers share, once it is known. */
  place?: Standing | undefined;
  /** Whether this server has said it. */
  isOwn?: boolean;
}

/**
 * Tells whether something was said of a record after a publication of it whose place was not known at first.
 *
 * @param before the last word when it was made
 * @param place that of the publication
 */
export function wasSaidSince(before: LastWord | undefined, now: LastWord | undefined, place: Standing): boolean {
  return now !== undefined && now !== before && !isBefore(now.place, place);
}
