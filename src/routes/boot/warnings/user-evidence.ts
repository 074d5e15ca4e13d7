import type { ApplicationConfig } from '@nestjs/core';
import type { ConnectionOptions } from '../../../connections/connection.options.js';
import type { Route } from '../route.js';

/** What shows that an application knows its users. */
export interface UserEvidence {
  options: Pick<ConnectionOptions, 'authenticate' | 'handshakeMiddleware' | 'userId'>;
  config: Pick<ApplicationConfig, 'getGlobalGuards' | 'getGlobalRequestGuards'>;
  /** The controllers that Nest makes for each request, since they inject it, or something that does. */
  requestScoped: ReadonlySet<object>;
}

/** Says what shows that the answer of a route may depend on who asks, if anything does. */
export function whyUsersAreKnown(route: Route, { options, config, requestScoped }: UserEvidence): string | undefined {
  const option = (['authenticate', 'userId', 'handshakeMiddleware'] as const).find((one) => options[one] !== undefined);
  const global = [...config.getGlobalGuards(), ...config.getGlobalRequestGuards().map(({ metatype }) => metatype)];
  const guards = [...route.guards, ...global].filter((guard) => !isThrottler(guard));
  if (guards.length > 0) return `guarded by ${nameOf(guards[0])}`;
  const [argument] = route.callerArguments;
  if (argument !== undefined) return `takes ${argument}`;
  if (requestScoped.has(route.controller)) return 'made for each request';
  return option && `the module has the option "${option}"`;
}

/** Recognizes the guards of @nestjs/throttler, which count requests and know nobody. */
function isThrottler(guard: unknown): boolean {
  for (let type: unknown = classOf(guard); typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    if (type.name.includes('Throttler')) return true;
  }
  return false;
}

function nameOf(guard: unknown): string {
  const type = classOf(guard);
  return typeof type === 'function' && type.name !== '' ? type.name : 'a guard';
}

function classOf(guard: unknown): unknown {
  return typeof guard === 'function' ? guard : (guard as object | null | undefined)?.constructor;
}
