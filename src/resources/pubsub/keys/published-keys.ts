import type { Standing } from '../../../server/cluster/delivery/standing.js';
import { type LastWord, wasSaidSince } from '../../record-versions/last-word.js';
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

  /**
   * Remembers them here.
   *
   * @returns whether other servers may remember another one
   */
  remember(publication: Publication): boolean {
    return this.rememberAt(publication);
  }

  /** Tells the other servers which key the record has now, if the publication says so. */
  tell(publication: Publication): void {
    const { resource, id } = publication;
    const changed = changedKeyOf(publication);
    if (changed && id !== undefined)
      this.news.tell(resource, id, changed.now, { change: versionedChangeOf(publication) });
  }

  /**
   * Remembers them once it is known where the publication stands, by which the other servers have heard of them.
   *
   * @param before what had been said last of the record's key when it was made
   */
  settle(publication: Publication, before: LastWord | undefined, place: Standing): void {
    const { resource, id, verb } = publication;
    const word = id === undefined ? undefined : resource.keys.wordOf(id);
    if (verb === 'destroyed' || !wasSaidSince(before, word, place)) {
      this.rememberAt(publication, place);
    } else {
      learnMember(publication);
      // Others go by the place of what was said since, if it has one, or will have.
      if (!word?.place && !word?.isOwn) this.tellOtherwise(publication);
    }
  }

  /** Tells the other servers the key of the record, if it is not what they have heard by its publication. */
  tellOtherwise(publication: Publication): void {
    const { resource, id, verb } = publication;
    const told = changedKeyOf(publication)?.now;
    const known = id === undefined ? undefined : resource.keys.keyOf(id);
    if (id === undefined || known === undefined || told === undefined || verb === 'created') return;
    if (known !== told) this.news.repeat(resource, id);
  }

  private rememberAt(publication: Publication, place?: Standing): boolean {
    const { resource, id, verb, keys: read, isReverse } = publication;
    learnMember(publication);
    if (id === undefined || isReverse) return false;
    const changed = changedKeyOf(publication);
    // No other server can remember another key of a new record.
    if (changed) return resource.keys.set(id, changed.now, place) && verb !== 'created';
    // A change that does not show the key has not changed it.
    if (read?.previous !== undefined) resource.keys.learnKey(id, read.previous);
    return false;
  }
}

/** Learns the key of the record that was added to another one, or removed from it. */
function learnMember({ member }: Publication): void {
  member?.resource.keys.learnKey(member.id, member.key);
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
