import type { RecordId } from '../../protocol/resource-message.js';
import { isRecord } from '../../common/type-guards.js';
import { hearOtherServers, type MessageName, tellOtherServers } from '../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { readStanding, type Standing } from '../../server/cluster/delivery/standing.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { VersionedChange } from '../record-versions/newest-versions.js';
import type { Resource } from '../definition/resource.js';

/** What has said a piece of news: plain JSON. */
export interface NewsSource {
  /** Which version of the record, if it has versions. */
  readonly change?: VersionedChange | undefined;
  /** Where that stands in the journal that servers share, if it is known. */
  readonly place?: Standing | undefined;
  /** The server that tells it, where they share no journal. */
  readonly by?: string;
  /** The slices whose watchers were told of the move, where servers share no journal. */
  readonly told?: readonly string[] | undefined;
}

/** What another server has said of what has told it the news: but for the place, it may be anything. */
export interface HeardSource {
  readonly place: Standing | undefined;
  readonly [more: string]: unknown;
}

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
    receive: (resource: Resource, id: RecordId, told: unknown, source: HeardSource) => void,
    outdated: (resource: Resource, id: RecordId) => void = () => undefined,
  ): void {
    hearOtherServers(this.server.namespace('/'), this.name, (name, id, told, by) => {
      const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
      const known = resource?.ids.find(typeof id === 'object' ? undefined : id);
      if (!resource || known === undefined) return;
      const source = isRecord(by) ? by : {};
      if (resource.versions.hasNewer(source.change)) outdated(resource, known);
      else receive(resource, known, told, { ...source, place: readStanding(source.place) });
    });
  }

  tell({ name }: Resource, id: RecordId, told: unknown, source?: NewsSource): void {
    if (this.server.exists) tellOtherServers(this.server.namespace('/'), this.name, [name, id, told, source]);
  }
}
