import { debugLog } from '../../../common/log.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { VersionedChange } from '../../record-versions/newest-versions.js';
import type { Resource } from '../../definition/resource.js';
import { RecordNews } from '../record-news.js';

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
      (resource, id, key) => {
        if (key !== null && typeof key !== 'string') return;
        debug?.(`another server has renamed ${resource.name} ${id}`);
        resource.keys.correct(id, key ?? undefined);
      },
      (resource, id) => {
        // The others may have been told otherwise.
        const known = resource.keys.keyOf(id);
        if (known !== undefined) this.tell(resource, id, known);
      },
    );
  }

  /**
   * @param key `undefined` if the record is gone
   * @param change says which version of the record has it, if that is known
   */
  tell(resource: Resource, id: RecordId, key: string | undefined, change?: VersionedChange): void {
    this.news.tell(resource, id, key ?? null, change);
  }
}
