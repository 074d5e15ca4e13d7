import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ResourceRegistry } from './resource-registry.js';

const INJECTS = 'nestjs-sockets:injects';

const TOKEN = 'nestjs-sockets:resource:';

/** The injection token of a resource's channel, for overriding it in a testing module. */
export function resourceToken(name: string): string {
  return TOKEN + name;
}

/** By a class: the resources whose channels it wants. */
export function rememberInjection(host: object, resource: string): void {
  Reflect.defineMetadata(INJECTS, [...injectionsOf(host), resource], host);
}

function injectionsOf(host: object): readonly string[] {
  return (Reflect.getMetadata(INJECTS, host) ?? []) as string[];
}

/** Declares the resources whose channels the classes of this application have injected. */
@Injectable()
export class InjectedResources {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly registry: ResourceRegistry,
  ) {}

  /** Guards, interceptors and the like are no providers, and want channels too. */
  declare(): void {
    for (const { providers, controllers, injectables } of this.modules.values()) {
      for (const { metatype, inject } of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
        const ofClass = typeof metatype === 'function' ? injectionsOf(metatype) : [];
        for (const resource of [...ofClass, ...ofFactory(inject)]) this.registry.get(resource);
      }
    }
  }
}

function ofFactory(inject: readonly unknown[] | null | undefined): string[] {
  const tokens = (inject ?? []).filter(
    (token): token is string => typeof token === 'string' && token.startsWith(TOKEN),
  );
  return tokens.map((token) => token.slice(TOKEN.length));
}
