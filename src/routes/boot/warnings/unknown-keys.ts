import { HttpStatus } from '@nestjs/common';
import type { Resource } from '../../../resources/definition/resource.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import type { Route } from '../route.js';

interface PublishingRoute {
  route: Route;
  publications: readonly RoutePublication[];
}

/**
 * Warns of routes that name a record by its key, and say nothing else of it, although this process may not have seen
 * which record that is. There is one warning per resource.
 */
export function unknownKeyWarnings(explored: readonly PublishingRoute[], severalServers: boolean): string[] {
  const byResource = new Map<Resource, string[]>();
  for (const { route, publications } of explored) {
    for (const publication of publications.filter((one) => namesByKeyAlone(route, one, severalServers))) {
      byResource.set(publication.resource, [...(byResource.get(publication.resource) ?? []), publication.name]);
    }
  }
  return [...byResource].map(([{ name, keys }, routes]) => {
    const why = keys.remembers
      ? 'another server of the cluster may be the only one that has seen it'
      : 'with rememberedKeys: 0 none is remembered';
    return (
      `${routes.join(', ')}: the path names a record of "${name}" by its ${keys.field}, and it has to be known which ` +
      `id that leads to: ${why}. Give the record as it was, by the option "previous"; otherwise nothing is published ` +
      `where it is not known.`
    );
  });
}

function namesByKeyAlone(
  { httpCode }: Route,
  { metadata: { kind, options }, resource, finder }: RoutePublication,
  severalServers: boolean,
): boolean {
  if (options.previous !== undefined || !(severalServers || !resource.keys.remembers)) return false;
  const isEmpty = httpCode === HttpStatus.NO_CONTENT || httpCode === HttpStatus.RESET_CONTENT;
  const mayShowRecord = kind !== 'destroyed' && kind !== 'addedTo' && kind !== 'removedFrom' && !isEmpty;
  return !mayShowRecord && finder.mayNameByKey;
}
