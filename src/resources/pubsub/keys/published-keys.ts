import type { Publication } from '../publication.js';
import type { KeyNews } from './key-news.js';

/**
 * Remembers by which keys the outside names published records. The keys are read with the message, and remembered when
 * it is sent: what is rolled back has renamed nothing.
 */
export class PublishedKeys {
  constructor(private readonly news: KeyNews) {}

  /** Reads the keys from objects that the application may change afterwards. */
  read(publication: Publication): Publication {
    const { resource, evidence } = publication;
    if (!evidence) return publication;
    const { keys } = resource;
    return { ...publication, keys: { record: keys.in(evidence.record), previous: keys.in(evidence.previous) } };
  }

  /**
   * Remembers them, here and on the other servers.
   *
   * @param areTold whether the others have been told
   */
  remember(publication: Publication, areTold = false): void {
    const { resource, id, verb, keys: read, member, isReverse } = publication;
    member?.resource.keys.learnKey(member.id, member.key);
    if (id === undefined || isReverse) return;
    const changed = changedKeyOf(publication);
    // A change that does not show the key has not changed it.
    if (!changed) return read?.previous === undefined ? undefined : resource.keys.learnKey(id, read.previous);
    const isNews = resource.keys.set(id, changed.now);
    // No other server can remember another key of a new record.
    if (isNews && !areTold && verb !== 'created') this.news.tell(resource, id, changed.now);
  }
}

/** Returns which key the record has after a publication, if that says so: none if the record is gone. */
export function changedKeyOf({
  resource,
  verb,
  keys,
  isReverse,
}: Publication): { now: string | undefined } | undefined {
  if (isReverse || resource.keys.field === undefined) return undefined;
  if (verb === 'destroyed') return { now: undefined };
  return keys?.record === undefined ? undefined : { now: keys.record };
}
