import { Logger } from '@nestjs/common';
import { debugLog, logFailure } from '../../../common/log.js';
import { emitToOtherServers, listenToServers } from '../../../server/cluster/server-events.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import { readId } from '../../definition/record-id.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';

const debug = debugLog('resources');

const RENAMED = 'nestjs-sockets:renamed';

/**
 * Tells the other servers which key a record has now, or that it is gone: a server that remembers its old key would
 * take the next record of that name for this one. The servers do not answer.
 */
export class KeyNews {
  private readonly logger = new Logger('ResourcefulPubSub');

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
  ) {}

  listen(): void {
    listenToServers(this.server.namespace('/'), RENAMED, (name, id, key) => this.receive(name, id, key));
  }

  /** @param key `undefined` if the record is gone */
  tell({ name }: Resource, id: RecordId, key: string | undefined): void {
    if (!this.server.exists) return;
    try {
      emitToOtherServers(this.server.namespace('/'), RENAMED, [name, id, key ?? null]);
    } catch (error) {
      logFailure(this.logger, `Other servers could not be told which key a record of "${name}" has.`, error);
    }
  }

  private receive(name: unknown, id: unknown, key: unknown): void {
    const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
    const known = typeof id === 'object' ? undefined : resource?.ids.find(readId(id));
    if (!resource || known === undefined || !(key === null || typeof key === 'string')) return;
    debug?.(`another server has renamed ${resource.name} ${known}`);
    resource.keys.correct(known, key ?? undefined);
  }
}
