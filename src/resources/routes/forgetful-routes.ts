import type { Resource } from '../resource.js';
import type { RoutePublication } from './route-publication.js';

/**
 * Which routes say that a record changed or is gone, and not where it was, though this process may not know that itself: one warning for each resource.
 *
 * @param severalServers others may have created the record, or moved it
 */
export function warningsOfForgetfulRoutes(
  publications: readonly RoutePublication[],
  severalServers: boolean,
): string[] {
  const byResource = new Map<Resource, RoutePublication[]>();
  for (const publication of publications.filter((one) => isForgetful(one, severalServers))) {
    byResource.set(publication.resource, [...(byResource.get(publication.resource) ?? []), publication]);
  }
  return [...byResource].map(([{ name, slices }, routes]) => {
    const why = slices.remembers
      ? 'other servers of the cluster may have moved it, or told of it first'
      : 'with rememberedSlices: 0 it is not remembered';
    return (
      `"${name}" has the slices ${slices.names}, and of a record that changes or is gone it has to be known in which slice it was: ${why}. Give the record as it was, ` +
      `by the option "previous", to ${routes.map((route) => route.name).join(', ')}; otherwise whoever watches a slice may not hear that a record has left it.`
    );
  });
}

function isForgetful({ resource: { slices }, metadata }: RoutePublication, severalServers: boolean): boolean {
  const { kind, options } = metadata;
  if (!slices.any || options.previous !== undefined) return false;
  if (slices.remembers && !severalServers) return false;
  // What is said of a record that is gone, is said of where it was.
  return kind === 'updated' || (kind === 'destroyed' && options.slice === undefined);
}
