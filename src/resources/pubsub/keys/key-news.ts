import { debugLog } from '../../../common/log.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';
import { type NewsSource, RecordNews } from '../record-news.js';

const debug = debugLog('resources');

/**
 * Tells the other servers which key a record has now, or that it is gone: a server that remembers its old key would
 * take the next record of that name for this one.
 */
export class KeyNews {
  private readonly news: RecordNews;

  constructor(server: SocketsServer, registry: ResourceRegistry) {
    this.news = new RecordNews(server, registry, 'renamed');
  }

  listen(): void {
    this.news.listen(
      (resource, id, key, { place }) => {
        if (key !== null && typeof key !== 'string') return;
        debug?.(`another server has renamed ${resource.name} ${id}`);
        resource.keys.correct(id, key ?? undefined, place);
      },
      // The others may have been told otherwise.
      (resource, id) => this.repeat(resource, id),
    );
  }

  /** Tells the other servers what is remembered here, where they may have been told otherwise. */
  repeat(resource: Resource, id: RecordId): void {
    const { keys, versions } = resource;
    const known = keys.keyOf(id);
    if (known === undefined) return;
    const newest = versions.sent.newestOf(resource.ids.canonicalFormOf(id));
    this.tell(resource, id, known, newest ? { change: newest } : { place: keys.wordOf(id)?.place });
  }

  /**
   * @param key `undefined` if the record is gone
   * @param by what has said so, which others compare with what they have heard
   */
  tell(resource: Resource, id: RecordId, key: string | undefined, by: NewsSource): void {
    this.news.tell(resource, id, key ?? null, by);
  }
}
