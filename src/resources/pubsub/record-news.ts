import type { RecordId } from '../../protocol/resource-message.js';
import { hearOtherServers, type MessageName, tellOtherServers } from '../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';

/** Tells the other servers one kind of thing about records, and hears it from them. The servers do not answer. */
export class RecordNews {
  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly name: MessageName,
  ) {}

  /** @param receive is given what another server has told; nothing says that it is what it should be */
  listen(receive: (resource: Resource, id: RecordId, told: unknown) => void): void {
    hearOtherServers(this.server.namespace('/'), this.name, (name, id, told) => {
      const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
      const known = resource?.ids.find(typeof id === 'object' ? undefined : id);
      if (resource && known !== undefined) receive(resource, known, told);
    });
  }

  tell({ name }: Resource, id: RecordId, told: unknown): void {
    if (this.server.exists) tellOtherServers(this.server.namespace('/'), this.name, [name, id, told]);
  }
}
