import { Inject, Injectable, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SocketsServer } from '../../server/sockets-server.js';
import { assertResourceName } from '../resource-name.js';
import { ResourceRegistry } from '../resource-registry.js';
import { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import { PublicationComposer } from './publication-composer.js';
import { PublicationViews } from './publication-views.js';
import { type PublicationCounters, Publisher } from './publisher.js';
import { ResourceChannel } from './resource-channel.js';

const TOKEN = 'nestjs-sockets:resource:';

/** The classes of this process that want a resource's channel injected, by the resource; and those of them that some application has. */
const hostsByResource = new Map<string, Set<object>>();
const placed = new WeakSet<object>();

/** The injection token of a resource's channel, for overriding it in a testing module. */
export function resourceToken(name: string): string {
  return TOKEN + name;
}

/** A decorator runs before there is an application, so this is about all of them. */
function rememberInjection(host: object, resource: string): void {
  const hosts = hostsByResource.get(resource) ?? new Set();
  hostsByResource.set(resource, hosts.add(host));
}

/** What any class of this process wants injected. */
function injectedNames(): string[] {
  return [...hostsByResource.keys()];
}

/** Declares the resources whose channels the classes of this application have injected. */
@Injectable()
export class InjectedResources {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly registry: ResourceRegistry,
  ) {}

  /**
   * Guards, interceptors and the like are no providers, and want channels too. Middleware, and whatever a test puts another thing in the place of, is in no
   * module at all; so what no application is known to have may be this one's.
   */
  declare(): void {
    const own = new Set<object>();
    for (const { providers, controllers, injectables } of this.modules.values()) {
      for (const { metatype, inject } of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
        for (const type of lineageOf(metatype)) own.add(type);
        for (const resource of ofFactory(inject)) this.registry.get(resource);
      }
    }
    for (const type of own) placed.add(type);
    for (const [resource, hosts] of hostsByResource) {
      if ([...hosts].some((host) => own.has(host) || !placed.has(host))) this.registry.get(resource);
    }
  }
}

/** A class, and those that it extends. */
function lineageOf(type: unknown): object[] {
  return typeof type === 'function' && type !== Function.prototype
    ? [type, ...lineageOf(Object.getPrototypeOf(type))]
    : [];
}

function ofFactory(inject: readonly unknown[] | null | undefined): string[] {
  const tokens = (inject ?? []).map((one) => (one as { token?: unknown } | null)?.token ?? one);
  return tokens.flatMap((token) =>
    typeof token === 'string' && token.startsWith(TOKEN) ? [token.slice(TOKEN.length)] : [],
  );
}

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
