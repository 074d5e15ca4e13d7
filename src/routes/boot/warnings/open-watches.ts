import type { ApplicationConfig } from '@nestjs/core';
import type { ConnectionOptions } from '../../../connections/connection.options.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { RoomChange } from '../../subscribe/room-change.js';
import { RouteSubscription } from '../../subscribe/route-subscription.js';
import type { Route } from '../route.js';

/** What shows that an application knows its users. */
export interface UserEvidence {
  options: Pick<ConnectionOptions, 'authenticate' | 'handshakeMiddleware' | 'userId'>;
  config: Pick<ApplicationConfig, 'getGlobalGuards' | 'getGlobalRequestGuards'>;
  /** The controllers that Nest makes for each request, since they inject it, or something that does. */
  requestScoped: ReadonlySet<object>;
}

interface ReadingRoute {
  route: Route;
  roomChanges: readonly RoomChange[];
}

/**
 * Warns of routes whose readers watch a whole resource, in an application that knows who reads: if the answer depends
 * on that, the publications do not. There is one warning per resource.
 */
export function openWatchWarnings(explored: readonly ReadingRoute[], evidence: UserEvidence): string[] {
  const byResource = new Map<Resource, Array<{ name: string; because: string }>>();
  for (const { route, roomChanges } of explored) {
    for (const change of roomChanges) {
      if (!(change instanceof RouteSubscription) || !change.watchesUnasked) continue;
      const because = whyUsersAreKnown(route, evidence);
      if (because === undefined) continue;
      byResource.set(change.resource, [...(byResource.get(change.resource) ?? []), { name: change.name, because }]);
    }
  }
  return [...byResource].map(([{ name }, routes]) => {
    const watching = routes.map((route) => `${route.name} (${route.because})`).join(', ');
    return (
      `Whoever may call the following is told of every "${name}" from then on, also of those that the answer leaves ` +
      `out for them: ${watching}. Say which holds. If readers may know a part of the records, declare which: ` +
      `@Resourceful('${name}', { slices: ['ownerId'] }). If it takes a rule, give it: @Resourceful('${name}', { ` +
      `authorize: Policy }). If all who may call the route may know all records, say so: @SubscribeOnRead({ watch: ` +
      `'all' }), or { slice: false } where "watch" names verbs.`
    );
  });
}

/** Says what shows that the answer of a route may depend on who asks, if anything does. */
function whyUsersAreKnown(route: Route, { options, config, requestScoped }: UserEvidence): string | undefined {
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
