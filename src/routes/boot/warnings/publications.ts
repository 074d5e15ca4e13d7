import { isDeepStrictEqual } from 'node:util';
import type { Resource } from '../../../resources/definition/resource.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import type { Route } from '../route.js';

/**
 * Warns of routes that say that a record changed or is gone, but not where it was, although this process may not know
 * that itself. There is one warning per resource.
 */
export function missingPreviousWarnings(publications: readonly RoutePublication[], severalServers: boolean): string[] {
  const byResource = new Map<Resource, RoutePublication[]>();
  for (const publication of publications.filter((one) => lacksPrevious(one, severalServers))) {
    byResource.set(publication.resource, [...(byResource.get(publication.resource) ?? []), publication]);
  }
  return [...byResource].map(([{ name, slices, locations }, routes]) => {
    const why = locations.remembers
      ? 'other servers of the cluster may have moved it, or told of it first'
      : 'with rememberedSlices: 0 it is not remembered';
    return (
      `"${name}" has the slices ${slices.names}, and when a record changes or is gone, it has to be known ` +
      `which slice it was in: ${why}. Give the record as it was, ` +
      `by the option "previous", to ${routes.map((route) => route.name).join(', ')}; otherwise watchers of a ` +
      `slice may not hear that a record has left it.`
    );
  });
}

function lacksPrevious(
  { resource: { slices, locations }, metadata }: RoutePublication,
  severalServers: boolean,
): boolean {
  const { kind, options } = metadata;
  if (!slices.any || options.previous !== undefined) return false;
  if (locations.remembers && !severalServers) return false;
  // A slice that is given for a record that is gone is the one where it was.
  return kind === 'updated' || (kind === 'destroyed' && options.slice === undefined);
}

/* Nest's own metadata. */
const INTERCEPTORS = '__interceptors__';
const SERIALIZE_OPTIONS = 'class_serializer:options';

interface PublishingRoute {
  route: Route;
  publications: readonly RoutePublication[];
}

/** Routes that send their responses through the same serializers. */
interface Serialization {
  by: unknown;
  routes: string[];
}

/**
 * Warns of resources whose routes serialize records differently, while no view says how subscribers see them: what they
 * see depends on the route.
 */
export function serializerWarnings(explored: readonly PublishingRoute[]): string[] {
  return [...routesByResource(explored)].flatMap(([resource, routes]) => {
    const groups = serializationsOf(routes);
    if (groups.length < 2) return [];
    const named = groups.map((group) => group.routes[0]);
    return [
      `The routes of the resource "${resource.name}" serialize their responses differently, as ` +
        `${named.slice(0, -1).join(', ')} and ${named.at(-1)} do, so what ` +
        `subscribers see of a record depends on which of them changed it. Declare one shape: ` +
        `@Resourceful('${resource.name}', { view: … }).`,
    ];
  });
}

/** Groups the routes whose response is what subscribers see. */
function routesByResource(explored: readonly PublishingRoute[]): Map<Resource, Set<Route>> {
  const byResource = new Map<Resource, Set<Route>>();
  for (const { route, publications } of explored) {
    for (const { resource, publishesResponse } of publications) {
      if (publishesResponse) byResource.set(resource, (byResource.get(resource) ?? new Set()).add(route));
    }
  }
  return byResource;
}

function serializationsOf(routes: ReadonlySet<Route>): Serialization[] {
  const found: Serialization[] = [];
  for (const route of routes) {
    const by = serializersOf(route);
    const same = found.find((one) => isDeepStrictEqual(one.by, by));
    if (same) same.routes.push(route.name);
    else found.push({ by, routes: [route.name] });
  }
  return found;
}

function serializersOf({ handler, controller }: Route): unknown {
  const [ofHandler, ofClass] = [handler, controller].map(
    (host) => (Reflect.getMetadata(INTERCEPTORS, host) as unknown[] | undefined) ?? [],
  );
  const options = [handler, controller].map((host) => Reflect.getMetadata(SERIALIZE_OPTIONS, host) as unknown);
  return [options.find((one) => one !== undefined), [...ofClass, ...ofHandler].filter((one) => !isOurs(one))];
}

/** Tells whether an interceptor is the library's own, which an application may apply by hand. */
function isOurs(interceptor: unknown): boolean {
  const { name = '' } = interceptor as { name?: string };
  return name === 'ResourcefulPubSubInterceptor' || name === 'ResourcefulPubSub';
}
