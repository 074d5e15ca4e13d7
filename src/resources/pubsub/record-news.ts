import { LineLogger, logFailure } from '../../common/log.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { emitToOtherServers, listenToServers } from '../../server/cluster/server-events.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';

/** Tells the other servers one kind of thing about records, and hears it from them. The servers do not answer. */
export class RecordNews {
  private readonly logger = new LineLogger('ResourcefulPubSub');

  /** @param subjectOf says what is told of a record of the named resource, for the log */
  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly event: string,
    private readonly subjectOf: (resource: string) => string,
  ) {}

  /** @param receive is given what another server has told; nothing says that it is what it should be */
  listen(receive: (resource: Resource, id: RecordId, told: unknown) => void): void {
    listenToServers(this.server.namespace('/'), this.event, (name, id, told) => {
      const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
      const known = resource?.ids.find(typeof id === 'object' ? undefined : id);
      if (resource && known !== undefined) receive(resource, known, told);
    });
  }

  tell({ name }: Resource, id: RecordId, told: unknown): void {
    if (!this.server.exists) return;
    try {
      emitToOtherServers(this.server.namespace('/'), this.event, [name, id, told]);
    } catch (error) {
      logFailure(this.logger, `Other servers could not be told ${this.subjectOf(name)}.`, error);
    }
  }
}
