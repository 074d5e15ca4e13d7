import type { InjectionToken } from '@nestjs/common';
import { DiscoveryService, type ModuleRef } from '@nestjs/core';
import { types } from 'node:util';

/** What was found, each instance once, and the name of the first token without a provider. */
interface Found<T> {
  readonly found: readonly T[];
  readonly missing?: string;
}

/**
 * Finds instances of a class that the application provides: those of some tokens, or all that there are.
 *
 * @param isInstance recognizes them; the class itself would be of one copy of its package only
 */
export function findInstances<T>(
  providers: ModuleRef,
  tokens: readonly InjectionToken[] | undefined,
  isInstance: (instance: unknown) => instance is T,
): Found<T> {
  if (!tokens) {
    const all = providers.get(DiscoveryService, { strict: false }).getProviders();
    const instances = new Set(all.map(({ instance }) => instance as unknown));
    // A proxy may throw whatever it is asked, as those of nestjs-cls do outside of requests.
    return { found: [...instances].filter((instance) => !types.isProxy(instance)).filter(isInstance) };
  }
  const found = new Set<T>();
  for (const token of tokens) {
    const instance = provided(providers, token);
    if (!isInstance(instance)) return { found: [], missing: nameOf(token) };
    found.add(instance);
  }
  return { found: [...found] };
}

function provided(providers: ModuleRef, token: InjectionToken): unknown {
  try {
    return providers.get<unknown>(token, { strict: false });
  } catch {
    return undefined;
  }
}

const nameOf = (token: InjectionToken): string => (typeof token === 'function' ? token.name : String(token));
