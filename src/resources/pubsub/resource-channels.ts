import { LineLogger } from '../../common/log.js';
import { nearestName } from '../../protocol/nearest-name.js';
import { SocketsServer } from '../../server/sockets-server.js';
import type { Transactions } from '../../transactions/transactions.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import type { RelationGraph } from '../relations/relation-graph.js';
import { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import type { PublicationCounters, PublicationPipeline } from './pipeline/publication-pipeline.js';
import { ChannelPublisher } from './pipeline/channel-publisher.js';
import { ResourceChannel } from './resource-channel.js';

/** Holds the channels of one application. */
export class ResourceChannels {
  /** The names that code has opened. */
  readonly opened = new Set<string>();
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly channels = new Map<string, ResourceChannel<never>>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly pipeline: PublicationPipeline,
    private readonly relations: RelationGraph,
    private readonly transactions: Transactions,
  ) {}

  /** Returns the channel of a resource that code names, and declares the resource. */
  open<T>(name: string): ResourceChannel<T> {
    const isUnknown = this.registry.isComplete && !this.registry.find(name);
    this.registry.get(name);
    if (isUnknown) this.warnOfUnknown(name);
    this.opened.add(name);
    return this.of(name);
  }

  /** Warns of a name that nothing else has named while the application booted. It is known from then on. */
  private warnOfUnknown(name: string): void {
    const others = this.registry.all().filter((resource) => resource.name !== name);
    const known = others.map((resource) => resource.name);
    const near = nearestName(name, known);
    if (near === undefined && !others.some(({ isDeclared }) => isDeclared)) return;
    this.logger.warn(
      `ResourcefulPubSub.of('${name}'): no controller is about "${name}", and nothing subscribes to it by a ` +
        `decorator.${near === undefined ? '' : ` Did you mean "${near}"?`} There are ` +
        `${known.map((one) => `"${one}"`).join(', ')}. If that is meant, say so: ` +
        `SocketsModule.forRoot({ resources: { ${JSON.stringify(name)}: {} } }).`,
    );
  }

  /**
   * Returns the channel for a provider, without declaring the resource: each application has one for each resource that
   * any class of the process injects.
   */
  of<T>(name: string): ResourceChannel<T> {
    const known = this.channels.get(name);
    if (known) return known;
    const resource = this.registry.mention(name);
    const publisher = new ChannelPublisher(resource, this.pipeline, this.relations, this.transactions);
    const channel = new ResourceChannel<T>(resource, this.server, this.namespaces, publisher);
    this.channels.set(name, channel);
    return channel;
  }

  get counters(): Readonly<PublicationCounters> {
    return { ...this.pipeline.counters };
  }
}
