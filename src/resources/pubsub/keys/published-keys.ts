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

  /** Remembers them, here and on the other servers. */
  remember({ resource, id, verb, keys: read, member, isReverse }: Publication): void {
    member?.resource.keys.learnKey(member.id, member.key);
    if (id === undefined || isReverse) return;
    if (verb === 'destroyed') this.set(resource, id, undefined);
    else if (read?.record !== undefined) this.set(resource, id, read.record, verb === 'created');
    // A change that does not show the key has not changed it.
    else if (read?.previous !== undefined) resource.keys.learnKey(id, read.previous);
  }

  /** @param isNew whether no other server can remember another key of the record */
  private set(
    resource: Publication['resource'],
    id: NonNullable<Publication['id']>,
    key?: string,
    isNew = false,
  ): void {
    const isNews = resource.keys.set(id, key);
    if (isNews && !isNew) this.news.tell(resource, id, key);
  }
}
