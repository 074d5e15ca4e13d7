import { Inject, Injectable, type Provider } from '@nestjs/common';
import { SocketsServer } from '../server/sockets-server.js';
import { injectedNames, rememberInjection, resourceToken } from './injected-resources.js';
import { PublicationComposer } from './publication-composer.js';
import { Publisher, type PublicationCounters } from './publisher.js';
import { ResourceChannel } from './resource-channel.js';
import { assertResourceName } from './resource-name.js';
import { ResourceNamespaces } from './resource-namespaces.js';
import { ResourceRegistry } from './resource-registry.js';
import { PublicationViews } from './views/publication-views.js';

/**
 * Gives a channel for each resource.
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
@Injectable()
export class ResourcefulPubSub {
  private readonly channels = new Map<string, ResourceChannel<never>>();

  /** @internal */
  constructor(
    private readonly registry: ResourceRegistry,
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly publisher: Publisher,
    private readonly composer: PublicationComposer,
    private readonly views: PublicationViews,
  ) {}

  /**
   * The channel of a resource. A resource without options needs no other declaration than this.
   *
   * @throws InvalidResourceError when the name cannot be one
   */
  of<T = Record<string, unknown>>(name: string): ResourceChannel<T> {
    this.registry.get(name);
    return this.channel(name);
  }

  /** @internal The same for a provider, which every application has of every resource that any class of the process injects. */
  channel<T>(name: string): ResourceChannel<T> {
    const known = this.channels.get(name);
    if (known) return known;
    const resource = this.registry.mention(name);
    const channel = new ResourceChannel<T>(
      resource,
      this.server,
      this.namespaces,
      this.publisher,
      this.composer,
      this.views,
    );
    this.channels.set(name, channel);
    return channel;
  }

  /** What became of this process' publications since it started. */
  get counters(): Readonly<PublicationCounters> {
    return { ...this.publisher.counters };
  }
}

/**
 * Injects the channel of a resource.
 *
 * @throws InvalidResourceError when the name cannot be one
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { InjectResource, type ResourceChannel } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class UsersService {
 *   constructor(@InjectResource('user') private readonly users: ResourceChannel<{ id: number; name: string }>) {}
 *
 *   rename(id: number, name: string) {
 *     return this.users.publishUpdate(id, { name });
 *   }
 * }
 * ```
 */
export function InjectResource(name: string): ParameterDecorator & PropertyDecorator {
  // Here, for the class is in the stack trace; and a bad name must not reach the other applications of the process.
  assertResourceName(name);
  const inject = Inject(resourceToken(name));
  return (target: object, key: string | symbol | undefined, index?: number) => {
    rememberInjection(typeof target === 'function' ? target : target.constructor, name);
    (inject as ParameterDecorator)(target, key, index as number);
  };
}

/** A provider for each channel that some class of this process wants injected; `InjectedResources` knows which of them are about this application. */
export function resourceProviders(): Provider[] {
  return injectedNames().map((name) => ({
    provide: resourceToken(name),
    useFactory: (pubsub: ResourcefulPubSub) => pubsub.channel(name),
    inject: [ResourcefulPubSub],
  }));
}
