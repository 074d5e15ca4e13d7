import type { RecordId } from '../../protocol/resource-message.js';
import { hearOtherServers, type MessageName, tellOtherServers } from '../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { VersionedChange } from '../record-versions/newest-versions.js';
import type { Resource } from '../definition/resource.js';

/** Tells the other servers one kind of thing about records, and hears it from them. The servers do not answer. */
export class RecordNews {
  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly name: MessageName,
  ) {}

  /**
   * @param receive is given what another server has told; nothing says that it is what it should be
   * @param outdated is called instead where a newer version of the record was sent
   */
  listen(
    receive: (resource: Resource, id: RecordId, told: unknown) => void,
    outdated: (resource: Resource, id: RecordId) => void = () => undefined,
  ): void {
    hearOtherServers(this.server.namespace('/'), this.name, (name, id, told, change) => {
      const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
      const known = resource?.ids.find(typeof id === 'object' ? undefined : id);
      if (!resource || known === undefined) return;
      if (resource.versions.hasNewer(change)) outdated(resource, known);
      else receive(resource, known, told);
    });
  }

  /** @param change says which version of the record tells this, if it has versions */
  tell({ name }: Resource, id: RecordId, told: unknown, change?: VersionedChange): void {
    if (this.server.exists) tellOtherServers(this.server.namespace('/'), this.name, [name, id, told, change]);
  }
}
