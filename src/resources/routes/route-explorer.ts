import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { InvalidPublisherError } from '../errors/invalid-publisher.error.js';
import { PublicationComposer } from '../publication-composer.js';
import { ResourceRegistry } from '../resource-registry.js';
import {
  classPublishers,
  CONVENTIONAL_METHODS,
  methodPublishers,
  type PublisherMetadata,
} from './publisher-metadata.js';
import { learnIdType, PublisherReader } from './publisher-reader.js';
import { resourcefulOf } from './resourceful.decorator.js';
import { Route } from './route.js';
import type { RoutePublication } from './route-publication.js';

/** Nest's own metadata of what `RouterModule` says of a module. */
const MODULE_PATH = '__module_path__';

/** Reads the publishing decorators of all controllers at boot, and refuses those that cannot work. */
@Injectable()
export class RouteExplorer {
  private readonly publications = new Map<object, Map<object, RoutePublication[]>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModulesContainer,
    private readonly registry: ResourceRegistry,
    private readonly composer: PublicationComposer,
  ) {}

  /** What a route publishes, if anything. */
  publicationsOf(controller: object, handler: object): readonly RoutePublication[] | undefined {
    return this.publications.get(controller)?.get(handler);
  }

  /**
   * First all that controllers say of their resources, then the routes, which refer to them.
   *
   * @throws InvalidPublisherError, InvalidResourceError with the class, the method and what to do
   */
  explore(): void {
    const controllers = this.discovery.getControllers().flatMap(({ metatype, host }) => {
      return isClass(metatype) ? [{ controller: metatype, routes: this.routesOf(metatype, host?.metatype) }] : [];
    });
    for (const { controller, routes } of controllers) this.declareResource(controller, routes);
    for (const { controller, routes } of controllers) this.exploreController(controller, routes);

    const known = new Set(controllers.map(({ controller }) => controller));
    for (const { metatype } of this.discovery.getProviders()) {
      if (isClass(metatype) && !known.has(metatype)) this.refuseOutsideControllers(metatype);
    }
  }

  private declareResource(controller: Type, routes: readonly Route[]): void {
    const resourceful = resourcefulOf(controller);
    if (!resourceful) return;
    const where = `@Resourceful on ${controller.name}`;
    const resource = this.registry.get(resourceful.name);
    resource.declare(resourceful.options, where);
    for (const route of routes) if (route.isRoute) learnIdType(route, resource);
  }

  private exploreController(controller: Type, routes: readonly Route[]): void {
    const resourceful = resourcefulOf(controller);
    const declared = resourceful && this.registry.get(resourceful.name);
    refuseIdleClassPublishers(controller, routes);
    const byHandler = new Map<object, RoutePublication[]>();
    for (const route of routes) {
      const publishers = publishersFor(route);
      refuseRepetition(route, publishers);
      const publications = publishers.map((publisher) =>
        new PublisherReader(route, publisher, this.registry).read(declared, this.composer),
      );
      if (publications.length > 0) byHandler.set(route.handler, publications);
    }
    this.publications.set(controller, byHandler);
  }

  private routesOf(controller: Type, module?: object | null): Route[] {
    const key = MODULE_PATH + this.modules.applicationId;
    const path = module ? (Reflect.getMetadata(key, module) as string | undefined) : undefined;
    const methods = this.scanner.getAllMethodNames(controller.prototype as object);
    return methods.map((method) => new Route(controller, method, path));
  }

  private refuseOutsideControllers(provider: Type): void {
    const prototype = provider.prototype as object;
    const hosts = [
      { where: provider.name, publishers: classPublishers(provider) },
      ...this.scanner.getAllMethodNames(prototype).map((method) => ({
        where: `${provider.name}.${method}()`,
        publishers: methodPublishers(prototype, method),
      })),
    ];
    for (const { where, publishers } of hosts) {
      for (const { decorator } of publishers) {
        throw new InvalidPublisherError(
          decorator,
          where,
          `${provider.name} is no controller. Publish through a ResourceChannel instead: @InjectResource('name').`,
        );
      }
    }
  }
}

/** Those of the method; or else, by convention, those of the class. */
function publishersFor({ controller, methodName, isRoute, requestMethod }: Route): readonly PublisherMetadata[] {
  const own = methodPublishers(controller.prototype as object, methodName);
  if (own.length > 0 || !isRoute) return own;
  return classPublishers(controller).filter(({ kind }) => CONVENTIONAL_METHODS[kind]?.includes(requestMethod));
}

function refuseIdleClassPublishers(controller: Type, routes: readonly Route[]): void {
  for (const { kind, decorator } of classPublishers(controller)) {
    const methods = CONVENTIONAL_METHODS[kind] ?? [];
    if (routes.some((route) => route.isRoute && methods.includes(route.requestMethod))) continue;
    throw new InvalidPublisherError(
      decorator,
      controller.name,
      'no route of the class has the method that it is about. Put it on a method instead.',
    );
  }
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

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function' && typeof metatype.prototype === 'object' && metatype.prototype !== null;
}
