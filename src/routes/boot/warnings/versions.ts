import type { Resource } from '../../../resources/definition/resource.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import type { Route } from '../route.js';

interface PublishingRoute {
  route: Route;
  publications: readonly RoutePublication[];
}

/**
 * Warns of resources that are published by several versions of routes, while no view says in which shape: readers of
 * each version receive what the others answer. There is one warning per resource.
 */
export function versionWarnings(explored: readonly PublishingRoute[]): string[] {
  const byResource = new Map<Resource, Map<string, string>>();
  for (const { route, publications } of explored) {
    for (const { resource, name, publishesResponse } of publications) {
      if (!publishesResponse || route.version === undefined) continue;
      const versions = byResource.get(resource) ?? new Map<string, string>();
      byResource.set(resource, versions);
      if (!versions.has(route.version)) versions.set(route.version, name);
    }
  }
  return [...byResource]
    .filter(([, versions]) => versions.size > 1)
    .map(
      ([{ name }, versions]) =>
        `Several versions of routes publish "${name}": ${[...versions.values()].join(', ')}. Readers of one version ` +
        `receive what the others answer. Declare one shape: @Resourceful('${name}', { view: … }).`,
    );
}
