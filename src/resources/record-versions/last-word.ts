import type { Place } from '../../server/cluster/journal/journal.js';

/** What a change has said last of a record, which its identity tells from what others have said. */
export interface LastWord {
  /** Where that stands in the journal that servers share, once it is known. */
  place?: Place | undefined;
}

/**
 * Tells whether something was said of a record after a publication of it whose place was not known at first.
 *
 * @param before the last word when it was made
 * @param place that of the publication
 */
export function wasSaidSince(
  before: LastWord | undefined,
  now: LastWord | undefined,
  { epoch, position }: Place,
): boolean {
  if (!now || now === before) return false;
  const isOlder = now.place?.epoch.id === epoch.id && now.place.position < position;
  return !isOlder;
}
