import { type Publication, versionedChangeOf } from '../publication.js';
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

  /** Remembers them, here and on the other servers. */
  remember(publication: Publication): void {
    const { resource, id, verb } = publication;
    const changed = this.rememberHere(publication);
    // No other server can remember another key of a new record.
    if (changed && id !== undefined && verb !== 'created')
      this.news.tell(resource, id, changed.now, versionedChangeOf(publication));
  }

  /**
   * Remembers them here, of a publication by which the other servers have heard of them.
   *
   * @param before the key that was remembered when it was made: what others have said since is newer
   */
  rememberLate(publication: Publication, before: string | undefined): void {
    const { resource, id, verb } = publication;
    const isNewest = verb === 'destroyed' || id === undefined || resource.keys.keyOf(id) === before;
    if (isNewest) this.rememberHere(publication);
  }

  /** @returns the key that the record has now, if other servers may remember another one */
  private rememberHere(publication: Publication): { now: string | undefined } | undefined {
    const { resource, id, keys: read, member, isReverse } = publication;
    member?.resource.keys.learnKey(member.id, member.key);
    if (id === undefined || isReverse) return undefined;
    const changed = changedKeyOf(publication);
    if (changed) return resource.keys.set(id, changed.now) ? changed : undefined;
    // A change that does not show the key has not changed it.
    if (read?.previous !== undefined) resource.keys.learnKey(id, read.previous);
    return undefined;
  }
}

/** Returns which key the record has after a publication, if that says so: none if the record is gone. */
export function changedKeyOf({
  resource,
  verb,
  keys,
  isReverse,
}: Publication): { now: string | undefined } | undefined {
  // A move shows the key that its own change does, which may be outdated where the move is not.
  if (isReverse || verb === 'left' || verb === 'entered' || resource.keys.field === undefined) return undefined;
  if (verb === 'destroyed') return { now: undefined };
  return keys?.record === undefined ? undefined : { now: keys.record };
}
