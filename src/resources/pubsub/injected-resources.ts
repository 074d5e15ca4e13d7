import { type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ResourceRegistry } from '../definition/resource-registry.js';
import { hostsByResource, resourceToken, TOKEN } from './decorators/inject-resource.decorator.js';
import { ResourceChannels } from './resource-channels.js';
import { ResourcefulPubSub } from './resourceful-pubsub.js';

/** The classes with an injected channel that are known to belong to an application of this process. */
const knownHosts = new WeakSet<object>();

/** Nest's own metadata: the types of a constructor's parameters. */
const PARAMETER_TYPES = 'design:paramtypes';

/** Declares the resources whose channels this application's classes inject. */
export class InjectedResources {
  /** The resources whose channels a class of this application injects. */
  readonly names = new Set<string>();
  /** Whether a class of this application injects what opens the channel of any resource. */
  opensChannels = false;
  private readonly hosts = new Set<string>();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly registry: ResourceRegistry,
  ) {}

  /**
   * Also looks at guards, interceptors and the like, which are not providers. Middleware, and classes that a test has
   * overridden, are in no module at all, so a class that belongs to no known application may belong to this one.
   */
  declare(): void {
    const own = new Set<object>();
    for (const { providers, controllers, injectables } of this.modules.values()) {
      for (const { metatype, inject, name } of [
        ...providers.values(),
        ...controllers.values(),
        ...injectables.values(),
      ]) {
        const types = lineageOf(metatype);
        for (const type of types) own.add(type);
        const resources = resourcesInjectedInto(inject);
        for (const resource of resources) this.use(resource);
        if (types.some(injectsPubSub) || tokensOf(inject).includes(ResourcefulPubSub)) this.opensChannels = true;
        if (resources.length > 0 || types.some(injectsChannels)) this.hosts.add(String(name));
      }
    }
    for (const type of own) knownHosts.add(type);
    for (const [resource, hosts] of hostsByResource) {
      if ([...hosts].some((host) => own.has(host))) this.use(resource);
      else if ([...hosts].some((host) => !knownHosts.has(host))) this.registry.get(resource);
    }
  }

  private use(resource: string): void {
    this.registry.get(resource);
    this.names.add(resource);
  }

  /** The providers and controllers of this application that can publish from code, by name. */
  get publishers(): string[] {
    return [...this.hosts];
  }
}

function injectsPubSub(type: object): boolean {
  const types = (Reflect.getMetadata(PARAMETER_TYPES, type) as unknown[] | undefined) ?? [];
  return types.includes(ResourcefulPubSub);
}

/** Whether a class injects the channel of a resource, or what opens channels. */
function injectsChannels(type: object): boolean {
  return injectsPubSub(type) || [...hostsByResource.values()].some((hosts) => hosts.has(type));
}

/** Returns a class and those that it extends. */
function lineageOf(type: unknown): object[] {
  return typeof type === 'function' && type !== Function.prototype
    ? [type, ...lineageOf(Object.getPrototypeOf(type))]
    : [];
}

function tokensOf(inject: readonly unknown[] | null | undefined): unknown[] {
  return (inject ?? []).map((one) => (one as { token?: unknown } | null)?.token ?? one);
}

function resourcesInjectedInto(inject: readonly unknown[] | null | undefined): string[] {
  return tokensOf(inject).flatMap((token) =>
    typeof token === 'string' && token.startsWith(TOKEN) ? [token.slice(TOKEN.length)] : [],
  );
}

/**
 * Makes a provider for each channel that a class of this process injects; `InjectedResources` knows which of them this
 * application needs.
 */
export function resourceProviders(): Provider[] {
  return [...hostsByResource.keys()].map((name) => ({
    provide: resourceToken(name),
    useFactory: (channels: ResourceChannels) => channels.of(name),
    inject: [ResourceChannels],
  }));
}
