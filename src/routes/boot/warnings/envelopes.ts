import { declaredProperties } from '../../../common/serializers/declared-properties.js';
import { isConstructor } from '../../../common/type-guards.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import { linesFor } from '../../request/envelopes/envelope-check.js';
import { envelopeOfType } from '../../request/envelopes/envelope-types.js';
import { RouteSubscription } from '../../subscribe/route-subscription.js';
import type { RoomChange } from '../../subscribe/room-change.js';
import type { Route } from '../route.js';

interface ActingRoute {
  route: Route;
  publications: readonly RoutePublication[];
  roomChanges: readonly RoomChange[];
}

/** A decorator that takes the answer of its route for a record. */
interface RecordRoute {
  resource: Resource;
  name: string;
  route: Route;
}

/**
 * Warns of routes whose answers are envelopes by their type, while nothing says where in them the record is. There is
 * one warning per resource and field.
 */
export function envelopeWarnings(explored: readonly ActingRoute[]): string[] {
  const found = new Map<string, { resource: Resource; path: string; names: string[] }>();
  for (const { resource, name, route } of explored.flatMap(recordRoutesOf)) {
    const envelope = route.responseTypes.map((type) => findIn(type, resource)).find((one) => one !== undefined);
    if (!envelope) continue;
    const key = JSON.stringify([resource.name, envelope.path]);
    const same = found.get(key) ?? { resource, path: envelope.path, names: [] };
    found.set(key, { ...same, names: [...same.names, `${name} (${envelope.type})`] });
  }
  return [...found.values()].map(
    ({ resource, path, names }) =>
      `${names.join(', ')}: by its type, the response is no "${resource.name}", but holds it in the field "${path}"; ` +
      `${linesFor(resource, path)}.`,
  );
}

function recordRoutesOf({ route, publications, roomChanges }: ActingRoute): RecordRoute[] {
  const publishing = publications.filter(
    ({ publishesRecord, metadata: { options } }) =>
      publishesRecord && options.select === undefined && options.view === undefined,
  );
  const reading = roomChanges.flatMap((change) =>
    change instanceof RouteSubscription && !change.selectsPart ? [change] : [],
  );
  return [...publishing, ...reading]
    .filter(({ resource }) => resource.select === undefined)
    .map(({ resource, name }) => ({ resource, name, route }));
}

function findIn(type: unknown, resource: Resource): { path: string; type: string } | undefined {
  if (!isConstructor(type)) return undefined;
  const path = envelopeOfType(declaredProperties(type), resource, declaredProperties);
  return path === undefined ? undefined : { path, type: type.name };
}
