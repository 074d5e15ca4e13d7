import { SocketsServer } from '../../server/sockets-server.js';
import type { Transactions } from '../../transactions/transactions.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import type { PublicationCounters, PublicationPipeline } from './publication-pipeline.js';
import { ResourceChannel } from './resource-channel.js';

/**
 * Opens the channels of resources.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { ResourcefulPubSub } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class Janitor {
 *   constructor(private readonly pubsub: ResourcefulPubSub) {}
 *
 *   async remove(id: number) {
 *     await this.pubsub.of<{ id: number }>('user').publishDestroy(id);
 *   }
 * }
 * ```
 */
export class ResourcefulPubSub {
  private readonly channels = new Map<string, ResourceChannel<never>>();

  /** @internal */
  constructor(
    private readonly registry: ResourceRegistry,
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly pipeline: PublicationPipeline,
    private readonly transactions: Transactions,
  ) {}

  /**
   * Returns the channel of a resource. A resource without options needs no other declaration than this.
   *
   * @throws InvalidResourceError when the name cannot be one
   */
  of<T = Record<string, unknown>>(name: string): ResourceChannel<T> {
    this.registry.get(name);
    return this.channel(name);
  }

  /**
   * @internal Returns the channel for a provider: each application has one for each resource that any class of the
   *   process injects.
   */
  channel<T>(name: string): ResourceChannel<T> {
    const known = this.channels.get(name);
    if (known) return known;
    const resource = this.registry.mention(name);
    const channel = new ResourceChannel<T>(resource, this.server, this.namespaces, this.pipeline, this.transactions);
    this.channels.set(name, channel);
    return channel;
  }

  /** Counts what became of this process's publications since it started. */
  get counters(): Readonly<PublicationCounters> {
    return { ...this.pipeline.counters };
  }
}
