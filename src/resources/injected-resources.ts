import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ResourceRegistry } from './resource-registry.js';

const TOKEN = 'nestjs-sockets:resource:';

/** The classes of this process that want a resource's channel injected, by the resource; and those of them that some application has. */
const hostsByResource = new Map<string, Set<object>>();
const placed = new WeakSet<object>();

/** The injection token of a resource's channel, for overriding it in a testing module. */
export function resourceToken(name: string): string {
  return TOKEN + name;
}

/** A decorator runs before there is an application, so this is about all of them. */
export function rememberInjection(host: object, resource: string): void {
  const hosts = hostsByResource.get(resource) ?? new Set();
  hostsByResource.set(resource, hosts.add(host));
}

/** What any class of this process wants injected. */
export function injectedNames(): string[] {
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
