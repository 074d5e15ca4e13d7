import type { Resource } from '../../../resources/definition/resource.js';
import type { RoomChange } from '../../subscribe/room-change.js';
import { RouteSubscription } from '../../subscribe/route-subscription.js';
import type { Route } from '../route.js';
import { type UserEvidence, whyUsersAreKnown } from './user-evidence.js';

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
