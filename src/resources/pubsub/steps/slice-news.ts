import { Logger } from '@nestjs/common';
import { debugLog, logFailure } from '../../../common/log.js';
import { isRecord } from '../../../common/type-guards.js';
import { emitToOtherServers, listenToServers } from '../../../server/cluster/server-events.js';
import { SocketsServer } from '../../../server/sockets-server.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';
import type { SliceFields } from '../../slices/slices.js';

const debug = debugLog('resources');

const PLACED = 'nestjs-sockets:placed';

/**
 * Tells the other servers which slices a record is in now, when that has changed: a server that remembers it in another
 * slice would go on publishing it there. The servers do not answer.
 */
export class SliceNews {
  private readonly logger = new Logger('ResourcefulPubSub');

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
  ) {}

  listen(): void {
    listenToServers(this.server.namespace('/'), PLACED, (name, id, fields) => this.receive(name, id, fields));
  }

  tell({ name }: Resource, id: RecordId, fields: SliceFields): void {
    if (!this.server.exists) return;
    try {
      emitToOtherServers(this.server.namespace('/'), PLACED, [name, id, writable(fields)]);
    } catch (error) {
      logFailure(this.logger, `Other servers could not be told in which slice a record of "${name}" is.`, error);
    }
  }

  private receive(name: unknown, id: unknown, fields: unknown): void {
    const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
    const known = resource?.ids.find(typeof id === 'object' ? undefined : id);
    if (!resource || known === undefined || !isRecord(fields)) return;
    debug?.(`another server placed ${resource.name} ${known}`);
    resource.locations.correct(known, fields);
  }
}

/** Replaces bigints, which a look-up may return but no adapter accepts. */
function writable(fields: SliceFields): SliceFields {
  const write = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  const values = Object.entries(fields).map(([field, value]) => [
    field,
    Array.isArray(value) ? value.map(write) : write(value),
  ]);
  return Object.fromEntries(values) as SliceFields;
}
