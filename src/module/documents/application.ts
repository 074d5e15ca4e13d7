import { type INestApplicationContext, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { isConstructor } from '../../common/type-guards.js';
import { SOCKETS_MODULE_OPTIONS } from '../options-token.js';
import { REQUEST_METHODS } from '../../protocol/request.js';
import { ResourceRegistry } from '../../resources/definition/resource-registry.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { ResourceOptions } from '../../resources/definition/resource.options.js';
import { TOKEN } from '../../resources/pubsub/decorators/inject-resource.decorator.js';
import { RelationGraph } from '../../resources/relations/relation-graph.js';
import type { View } from '../../resources/views/view.js';
import { methodsOf, type Route } from '../../routes/boot/route.js';
import { resourcefulOf } from '../../routes/decorators/resourceful.decorator.js';
import { RoutePaths } from './paths.js';
import { actionsOf, type SocketAction } from './socket-actions.js';

/** A route of an application, as its decorators describe it. */
export interface DescribedRoute {
  route: Route;
  /** Those that clients send, in capital letters. */
  methods: readonly string[];
  /** Those that clients write, such as `/boards/:boardId/cards`. */
  paths: readonly string[];
  /** What the route does with resources. */
  actions: readonly SocketAction[];
}

/**
 * Describes what an application declares, from its metadata alone. So it takes an application that was not initialized
 * yet, as `SwaggerModule.createDocument()` does, or one in Nest's preview mode, in which there are no instances.
 */
export class DescribedApplication {
  readonly routes: readonly DescribedRoute[];
  /** The views of resources that have one for everybody, by the name of the resource. */
  readonly views = new Map<string, View>();
  /** What comes before all paths but those that are excepted; empty, or with a slash. */
  readonly globalPrefix: string;
  private readonly registry = new ResourceRegistry();
  private readonly relations = new RelationGraph(this.registry);
  private readonly modules: ModulesContainer;

  /** @throws InvalidResourceError, InvalidRelationError if a resource cannot be as it is declared */
  constructor(app: INestApplicationContext) {
    this.modules = app.get(ModulesContainer);
    const methods = this.methods();
    this.declareProvided();
    for (const { controller } of methods) {
      const resourceful = resourcefulOf(controller);
      if (resourceful) this.declare(resourceful.name, resourceful.options, `@Resourceful on ${controller.name}`);
    }
    const paths = new RoutePaths(app.get(ApplicationConfig));
    this.globalPrefix = paths.globalPrefix;
    this.routes = methods.map((route) => ({
      route,
      methods: methodsNamed(route.requestMethod),
      paths: paths.of(route),
      actions: actionsOf(route, this.registry),
    }));
    this.relations.build();
  }

  /** The resources that the application has, by name. */
  get resources(): Resource[] {
    return this.registry.all().toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Returns the verbs of the messages that a resource can have, as it is declared. */
  verbsOf(resource: Resource): string[] {
    const left = new Set<string>();
    if (!resource.slices.any) for (const verb of ['entered', 'left']) left.add(verb);
    if (!this.isCollection(resource)) for (const verb of ['addedTo', 'removedFrom']) left.add(verb);
    return resource.verbs.filter((verb) => !left.has(verb));
  }

  /** Whether records of the resource hold others: as a relation says, or as a decorator does. */
  private isCollection(resource: Resource): boolean {
    const isSaid = this.routes
      .flatMap(({ actions }) => actions)
      .some(({ resource: name, verbs }) => name === resource.name && (verbs?.includes('addedTo') ?? false));
    return isSaid || this.relations.associationsOf(resource).some(({ plural }) => plural);
  }

  private methods(): Route[] {
    const scanner = new MetadataScanner();
    const found = new DiscoveryService(this.modules).getControllers().flatMap(({ metatype, host }) => {
      return isConstructor(metatype) ? methodsOf(metatype, host?.metatype, this.modules, scanner) : [];
    });
    return found.filter(({ isRoute }) => isRoute);
  }

  /** Declares the resources of the module's options, and those whose channels are injected. */
  private declareProvided(): void {
    for (const { providers } of this.modules.values()) {
      // In preview mode, options that a factory makes are not known.
      const options = providers.get(SOCKETS_MODULE_OPTIONS)?.instance as
        { resources?: Record<string, ResourceOptions> } | undefined;
      for (const [name, declared] of Object.entries(options?.resources ?? {}))
        this.declare(name, declared, `SocketsModule.forRoot({ resources: { ${name} } })`);
      for (const token of providers.keys())
        if (typeof token === 'string' && token.startsWith(TOKEN)) this.registry.get(token.slice(TOKEN.length));
    }
  }

  private declare(name: string, options: ResourceOptions, where: string): void {
    this.registry.get(name).declare(options, where);
    if (options.view !== undefined) this.views.set(name, options.view);
  }
}

/** Returns the methods of a route as clients write them; none for one that clients of the library do not have. */
function methodsNamed(method: RequestMethod): string[] {
  const all = REQUEST_METHODS.map((name) => name.toUpperCase());
  return method === RequestMethod.ALL ? all : all.filter((name) => name === RequestMethod[method]);
}
