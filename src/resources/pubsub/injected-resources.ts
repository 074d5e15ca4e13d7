import { type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ResourceRegistry } from '../definition/resource-registry.js';
import { hostsByResource, resourceToken, TOKEN } from './decorators/inject-resource.decorator.js';
import { ResourcefulPubSub } from './resourceful-pubsub.js';

/** The classes with an injected channel that are known to belong to an application of this process. */
const knownHosts = new WeakSet<object>();

/** Declares the resources whose channels this application's classes inject. */
export class InjectedResources {
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
      for (const { metatype, inject } of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
        for (const type of lineageOf(metatype)) own.add(type);
        for (const resource of resourcesInjectedInto(inject)) this.registry.get(resource);
      }
    }
    for (const type of own) knownHosts.add(type);
    for (const [resource, hosts] of hostsByResource) {
      if ([...hosts].some((host) => own.has(host) || !knownHosts.has(host))) this.registry.get(resource);
    }
  }
}

/** Returns a class and those that it extends. */
function lineageOf(type: unknown): object[] {
  return typeof type === 'function' && type !== Function.prototype
    ? [type, ...lineageOf(Object.getPrototypeOf(type))]
    : [];
}

function resourcesInjectedInto(inject: readonly unknown[] | null | undefined): string[] {
  const tokens = (inject ?? []).map((one) => (one as { token?: unknown } | null)?.token ?? one);
  return tokens.flatMap((token) =>
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
    useFactory: (pubsub: ResourcefulPubSub) => pubsub.channel(name),
    inject: [ResourcefulPubSub],
  }));
}
