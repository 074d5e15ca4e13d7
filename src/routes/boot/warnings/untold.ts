import { HttpStatus } from '@nestjs/common';
import type { Resource } from '../../../resources/definition/resource.js';
import type { RoutePublication } from '../../publish/route-publication.js';
import { RouteSubscription } from '../../subscribe/route-subscription.js';
import type { RoomChange } from '../../subscribe/room-change.js';
import type { Route } from '../route.js';

/** A route, and what its decorators publish and subscribe to. */
interface ExploredRoute {
  route: Route;
  publications: readonly RoutePublication[];
  roomChanges: readonly RoomChange[];
}

/** One publishing decorator, and its route. */
interface Publisher {
  route: Route;
  publication: RoutePublication;
}

/** Warns of what routes publish without what those concerned need to know. There is one warning per resource. */
export function untoldWarnings(explored: readonly ExploredRoute[], severalServers: boolean): string[] {
  const publishers = explored.flatMap(({ route, publications }) =>
    publications.map((publication) => ({ route, publication })),
  );
  const read = new Set(
    explored
      .flatMap(({ roomChanges }) => roomChanges)
      .flatMap((change) => (change instanceof RouteSubscription ? [change.resource] : [])),
  );
  const isTextUnknown = (one: Publisher): boolean =>
    namesRecordByText(one) && (severalServers || !read.has(one.publication.resource));
  return [
    ...perResource(publishers.filter(hidesOtherSide), otherSideWarning),
    ...perResource(publishers.filter(tellsOnlyId), onlyIdWarning),
    ...perResource(publishers.filter(isTextUnknown), idTypeWarning),
  ];
}

function perResource(
  publishers: readonly Publisher[],
  warning: (resource: Resource, publishers: readonly Publisher[]) => string,
): string[] {
  const byResource = new Map<Resource, Publisher[]>();
  for (const one of publishers) {
    const { resource } = one.publication;
    byResource.set(resource, [...(byResource.get(resource) ?? []), one]);
  }
  return [...byResource].map(([resource, ofResource]) => warning(resource, ofResource));
}

/** Tells whether records that the changed one referred to may not hear that it no longer does. */
function hidesOtherSide({ route, publication }: Publisher): boolean {
  const { kind, options } = publication.metadata;
  if (options.previous !== undefined || options.noReverse || ownRelations(publication).length === 0) return false;
  return kind === 'updated' || (kind === 'destroyed' && isEmpty(route));
}

/** Returns the attributes of relations that the resource declares itself, and whose other side hears of changes. */
function ownRelations({ resource, associations }: RoutePublication): string[] {
  return associations
    .map(({ attribute }) => attribute)
    .filter((attribute) => Object.hasOwn(resource.relations, attribute));
}

function otherSideWarning({ name }: Resource, publishers: readonly Publisher[]): string {
  return (
    `"${name}" has the relations ${ownRelations(publishers[0].publication).join(', ')}, and when a record changes or ` +
    `is gone, it has to be known what it referred to: otherwise those records do not hear that they gained or lost ` +
    `it. Give the record as it was, by the option "previous", to ${namesOf(publishers)}; or say that nothing ` +
    `changes there, by { noReverse: true }.`
  );
}

/** Tells whether a record is read as it was, and then not shown to anybody. */
function tellsOnlyId({ route, publication }: Publisher): boolean {
  const { metadata, resource } = publication;
  const { kind, options } = metadata;
  const isViewed = options.view !== undefined || resource.views.any;
  return kind === 'destroyed' && options.previous !== undefined && isEmpty(route) && !isViewed;
}

function onlyIdWarning({ name }: Resource, publishers: readonly Publisher[]): string {
  return (
    `${namesOf(publishers)}: the response is empty (204), so it does not say what of the record as it was may be ` +
    `told, and nothing but its id will be. Answer the record, or declare what may be told: ` +
    `@Resourceful('${name}', { view: … }). If the id is meant: { view: ({ id }) => ({ id }) }.`
  );
}

/** Tells whether a record is published by an id that only the URL has, and that no pipe turns into one of any type. */
function namesRecordByText({ route, publication }: Publisher): boolean {
  const { metadata, resource, finder } = publication;
  const { type, areNumbersInRoutes } = resource.ids;
  if (type !== undefined || areNumbersInRoutes || finder.mayNameByKey) return false;
  if (metadata.kind !== 'destroyed' && !isEmpty(route)) return false;
  return finder.idParameters.some((parameter) => route.leavesText(parameter));
}

function idTypeWarning({ name, idField }: Resource, publishers: readonly Publisher[]): string {
  return (
    `${namesOf(publishers)}: only the URL says which "${name}" it is, as a text, and this process may not have seen ` +
    `by then whether the field "${idField}" of its records holds numbers, so clients that compare strictly may miss ` +
    `it. Say the type: @Resourceful('${name}', { idType: 'number' }), or 'uuid', or 'string'.`
  );
}

/** Tells whether the response has no body. */
function isEmpty({ httpCode }: Route): boolean {
  return httpCode === HttpStatus.NO_CONTENT || httpCode === HttpStatus.RESET_CONTENT;
}

function namesOf(publishers: readonly Publisher[]): string {
  return publishers.map(({ publication }) => publication.name).join(', ');
}
