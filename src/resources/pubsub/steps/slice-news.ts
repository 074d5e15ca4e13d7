import { debugLog } from '../../../common/log.js';
import { isRecord } from '../../../common/type-guards.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';
import type { SliceFields } from '../../slices/slices.js';
import { RecordNews } from '../record-news.js';

const debug = debugLog('resources');

/**
 * Tells the other servers which slices a record is in now, when that has changed: a server that remembers it in another
 * slice would go on publishing it there.
 */
export class SliceNews {
  private readonly news: RecordNews;

  constructor(server: SocketsServer, registry: ResourceRegistry) {
    this.news = new RecordNews(server, registry, 'placed');
  }

  listen(): void {
    this.news.listen((resource, id, fields) => {
      if (!isRecord(fields)) return;
      debug?.(`another server placed ${resource.name} ${id}`);
      resource.locations.correct(id, fields);
    });
  }

  tell(resource: Resource, id: RecordId, fields: SliceFields): void {
    this.news.tell(resource, id, writableFields(fields));
  }
}

/** Replaces bigints, which a look-up may return but JSON does not have. */
export function writableFields(fields: SliceFields): SliceFields {
  const write = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  const values = Object.entries(fields).map(([field, value]) => [
    field,
    Array.isArray(value) ? value.map(write) : write(value),
  ]);
  return Object.fromEntries(values) as SliceFields;
}
