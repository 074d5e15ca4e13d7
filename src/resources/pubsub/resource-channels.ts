import { SocketsServer } from '../../server/sockets-server.js';
import type { Transactions } from '../../transactions/transactions.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import type { PublicationCounters, PublicationPipeline } from './publication-pipeline.js';
import { ResourceChannel } from './resource-channel.js';

/** Holds the channels of one application. */
export class ResourceChannels {
  private readonly channels = new Map<string, ResourceChannel<never>>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly pipeline: PublicationPipeline,
    private readonly transactions: Transactions,
  ) {}

  /** Returns the channel of a resource, and declares the resource. */
  open<T>(name: string): ResourceChannel<T> {
    this.registry.get(name);
    return this.of(name);
  }

  /**
   * Returns the channel for a provider, without declaring the resource: each application has one for each resource that
   * any class of the process injects.
   */
  of<T>(name: string): ResourceChannel<T> {
    const known = this.channels.get(name);
    if (known) return known;
    const resource = this.registry.mention(name);
    const channel = new ResourceChannel<T>(resource, this.server, this.namespaces, this.pipeline, this.transactions);
    this.channels.set(name, channel);
    return channel;
  }

  get counters(): Readonly<PublicationCounters> {
    return { ...this.pipeline.counters };
  }
}
