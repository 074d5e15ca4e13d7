import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { InvalidPublisherError } from '../errors/invalid-publisher.error.js';
import { PublicationComposer } from '../publication-composer.js';
import { ResourceRegistry } from '../resource-registry.js';
import type { Resource } from '../resource.js';
import { childParametersOf, idParametersOf } from './id-parameters.js';
import { CONVENTIONAL_METHODS, publishersOf, type PublisherMetadata } from './publisher-metadata.js';
import { resourcefulOf } from './resourceful.decorator.js';
import { Route } from './route.js';
import { RoutePublication } from './route-publication.js';
import { readView, type ApplyView } from './view.js';

/** Reads the publishing decorators of all controllers at boot, and refuses those that cannot work. */
@Injectable()
export class RouteExplorer {
  private readonly publications = new Map<object, Map<object, RoutePublication[]>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly registry: ResourceRegistry,
    private readonly composer: PublicationComposer,
  ) {}

  /** What a route publishes, if anything. */
  publicationsOf(controller: object, handler: object): RoutePublication[] | undefined {
    return this.publications.get(controller)?.get(handler);
  }

  /** @throws InvalidPublisherError, InvalidResourceError with the class, the method and what to do */
  explore(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (isClass(metatype)) this.exploreController(metatype);
    }
    for (const { metatype } of this.discovery.getProviders()) {
      if (isClass(metatype)) this.refuseOutsideControllers(metatype);
    }
  }

  private exploreController(controller: Type): void {
    const resourceful = resourcefulOf(controller);
    if (resourceful) {
      this.registry.get(resourceful.name).declare(resourceful.options, `@Resourceful on ${controller.name}`);
    }
    const routes = this.routesOf(controller);
    this.refuseIdleClassPublishers(controller, routes);
    const byHandler = new Map<object, RoutePublication[]>();
    for (const route of routes) {
      const resource = resourceful && this.registry.get(resourceful.name);
      if (resource && route.isRoute) this.learnIdType(route, resource);
      const publishers = publishersFor(route);
      refuseRepetition(route, publishers);
      const publications = publishers.map((publisher) => this.readPublisher(route, publisher, resource));
      if (publications.length > 0) byHandler.set(route.handler, publications);
    }
    this.publications.set(controller, byHandler);
  }

  private readPublisher(route: Route, publisher: PublisherMetadata, declared: Resource | undefined): RoutePublication {
    const { options, decorator } = publisher;
    const refuse = (problem: string): never => {
      throw new InvalidPublisherError(decorator, route.name, problem);
    };
    if (!route.isRoute)
      refuse('this method is no route. Put the decorator on a method with @Get(), @Post() or the like.');
    if (route.answersByItself) {
      refuse(
        'the handler takes @Res() or @Next() and answers by itself, so nothing is known of the response. Use @Res({ passthrough: true }).',
      );
    }
    if (route.isServerSentEvents)
      refuse('server-sent events are a stream, not a record. Publish through a ResourceChannel instead.');

    const name = options.resource ?? publisher.resource ?? declared?.name;
    if (name === undefined)
      return refuse(
        `no resource is named. Put @Resourceful('name') on ${route.controller.name}, or name it in the decorator.`,
      );
    const resource = this.registry.get(name);
    this.learnIdType(route, resource);
    if (publisher.verb !== undefined) resource.declareVerb(publisher.verb, `${decorator} on ${route.name}`);

    const ids = this.readIdParameters(route, publisher, resource, refuse);
    const children = this.readChildParameters(route, publisher, ids, refuse);
    return new RoutePublication(
      resource,
      publisher,
      `${decorator} on ${route.name}`,
      this.composer,
      ids,
      children,
      viewOf(publisher, refuse),
    );
  }

  private readIdParameters(
    route: Route,
    { kind, options }: PublisherMetadata,
    { name, idField }: Resource,
    refuse: Refuse,
  ): Array<string | undefined> {
    if (typeof options.id === 'function') return [];
    const ofCollection = kind === 'addedTo' || kind === 'removedFrom' || kind === 'replaced';
    const many = ofCollection && kind !== 'replaced';
    // The response to a creation is the record itself, and what stands in the path of such a route is usually its parent.
    const ids =
      kind === 'created' && options.id === undefined
        ? []
        : idParametersOf(route, { resource: name, idField, named: options.id, many });
    const inRoute = ids.length > 0 && ids.every((parameter) => parameter !== undefined);
    if (inRoute) return ids;

    if (isPrimitive(route.returnType)) {
      refuse(
        `the response is a ${(route.returnType as { name: string }).name.toLowerCase()}, which has no id. Answer the record, or say where the id is: { id: (record, { params }) => … }.`,
      );
    }
    const routeMustSay = ofCollection || (kind === 'destroyed' && options.id === undefined);
    if (routeMustSay) {
      refuse(
        `the route's path does not hold the id${options.id === undefined ? '' : ` as ":${options.id}"`}. Add it to the path as ":${options.id ?? idField}", ` +
          `or say where it is: { id: 'parameter or field' } or { id: (record, { params }) => … }.`,
      );
    }
    return ids;
  }

  private readChildParameters(
    route: Route,
    { kind, options: { child, select } }: PublisherMetadata,
    ids: ReadonlyArray<string | undefined>,
    refuse: Refuse,
  ): Array<string | undefined> {
    if ((kind !== 'addedTo' && kind !== 'removedFrom') || typeof child === 'function') return [];
    const children = childParametersOf(route, ids, child);
    const inRoute = children.every((parameter) => parameter !== undefined);
    const inResponse = kind === 'addedTo' && child === undefined && !isPrimitive(route.returnType);
    if (inRoute || inResponse || (kind === 'removedFrom' && select !== undefined)) return children;
    return refuse(
      `the route's path does not hold the id of the other record${child === undefined ? '' : ` as ":${child}"`}. ` +
        `Add it to the path, or say where it is: { child: (response, { params, body }) => … }.`,
    );
  }

  /** `@Param('id') id: number` says what the ids of the resource are. */
  private learnIdType(route: Route, resource: Resource): void {
    const ids = idParametersOf(route, { resource: resource.name, idField: resource.idField, many: false });
    if (ids.some((parameter) => parameter !== undefined && route.declaresNumber(parameter)))
      resource.declareNumericRoute();
  }

  private routesOf(controller: Type): Route[] {
    return this.scanner.getAllMethodNames(controller.prototype as object).map((name) => new Route(controller, name));
  }

  private refuseIdleClassPublishers(controller: Type, routes: Route[]): void {
    for (const { kind, decorator } of publishersOf(controller)) {
      const methods = CONVENTIONAL_METHODS[kind] ?? [];
      if (routes.some((route) => route.isRoute && methods.includes(route.requestMethod))) continue;
      throw new InvalidPublisherError(
        decorator,
        controller.name,
        'no route of the class has the method that it is about. Put it on a method instead.',
      );
    }
  }

  private refuseOutsideControllers(provider: Type): void {
    for (const name of this.scanner.getAllMethodNames(provider.prototype as object)) {
      const route = new Route(provider, name);
      const [publisher] = publishersOf(route.handler);
      if (!publisher) continue;
      throw new InvalidPublisherError(
        publisher.decorator,
        route.name,
        `${provider.name} is no controller. Publish through a ResourceChannel instead: @InjectResource('name').`,
      );
    }
  }
}

type Refuse = (problem: string) => never;

/** Those of the method; or else, by convention, those of the class. */
function publishersFor(route: Route): readonly PublisherMetadata[] {
  const own = publishersOf(route.handler);
  if (own.length > 0 || !route.isRoute) return own;
  return publishersOf(route.controller).filter(({ kind }) => CONVENTIONAL_METHODS[kind]?.includes(route.requestMethod));
}

function refuseRepetition(route: Route, publishers: readonly PublisherMetadata[]): void {
  const seen = new Set<string>();
  for (const { kind, verb, attribute, resource, options, decorator } of publishers) {
    const key = JSON.stringify([kind, verb, attribute, options.resource ?? resource]);
    if (seen.has(key))
      throw new InvalidPublisherError(decorator, route.name, 'it stands there twice. Keep one of them.');
    seen.add(key);
  }
}

function viewOf({ options: { view } }: PublisherMetadata, refuse: Refuse): ApplyView | undefined {
  if (view === undefined) return undefined;
  try {
    return readView(view);
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function isPrimitive(type: unknown): boolean {
  return type === String || type === Number || type === Boolean;
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && typeof metatype.prototype === 'object' && metatype.prototype !== null;
}
