import { type Type } from '@nestjs/common';
import { LineLogger } from '../../common/log.js';
import { isConstructor } from '../../common/type-guards.js';
import { type ApplicationConfig, DiscoveryService, MetadataScanner, type ModulesContainer } from '@nestjs/core';
import type { ConnectionOptions } from '../../connections/connection.options.js';
import { SharedReads } from '../../resources/catch-up/shared-reads.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { Resources } from '../../resources/resources.js';
import type { RoomTemplate } from '../../rooms/room-template.js';
import type { SocketRequests } from '../../requests/socket-requests.js';
import { joinsServers, type ResolvedIoServerOptions } from '../../server/options/server.options.js';
import {
  type DecoratorMetadata,
  type PublisherMetadata,
  isRoomDecorator,
  isSubscribeDecorator,
} from '../decorators/decorator-metadata.js';
import { resourcefulOf } from '../decorators/resourceful.decorator.js';
import { observeHandler, originalHandler } from '../handler-call.js';
import type { RoutePublication } from '../publish/route-publication.js';
import { RouteSerializers } from '../publish/route-serializers.js';
import type { RoomChange } from '../subscribe/room-change.js';
import { SubscribeOption } from '../subscribe/subscribe-option.js';
import { decoratorsFor, leftRouteWarnings, refuseIdleClassDecorators } from './class-decorators.js';
import { learnIdType } from './decorator-validator.js';
import { JoinRoomValidator } from './join-room-validator.js';
import { refuseDecoratorsOutsideControllers, refuseRepeatedDecorators } from './misplaced-decorators.js';
import { PublishValidator } from './publish-validator.js';
import { methodsOf, type Route } from './route.js';
import { serializerWarnings, missingPreviousWarnings } from './warnings/publications.js';
import { envelopeWarnings } from './warnings/envelopes.js';
import { openWatchWarnings } from './warnings/open-watches.js';
import { otherCallerWarnings } from './warnings/other-callers.js';
import { resourceNameWarnings } from './warnings/resource-names.js';
import { unknownKeyWarnings } from './warnings/unknown-keys.js';
import { undeclaredRelationWarnings } from './warnings/undeclared-relations.js';
import { untoldWarnings } from './warnings/untold.js';
import { type UserEvidence, whyUsersAreKnown } from './warnings/user-evidence.js';
import { versionWarnings } from './warnings/versions.js';
import { SubscribeValidator } from './subscribe-validator.js';

/** What a route does in addition to answering. */
export interface RouteActions {
  publications: RoutePublication[];
  roomChanges: RoomChange[];
  /** The route's handler, as the application wrote it. */
  handler: object;
  /** Set if readers may share a run of the handler. */
  sharedReads?: SharedReads;
}

interface ExploredRoute extends RouteActions {
  route: Route;
}

/** What Nest calls for a route: the method, or what a tracer has put in its place under the same name. */
interface NamedHandler {
  readonly name: string;
}

/** Explores the decorators of all controllers at boot, and refuses those that cannot work. */
export class RouteExplorer {
  /** The rooms whose presence is to be tracked. */
  readonly roomsWithPresence: RoomTemplate[] = [];
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly actions = new Map<object, Map<object, RouteActions>>();
  private readonly explored: ExploredRoute[] = [];
  /** Checks that have to wait until all resources and their relations are known. */
  private readonly checks: Array<() => void> = [];
  /** The controllers that Nest makes for each request, since they inject it, or something that does. */
  private readonly requestScoped = new Set<object>();
  private readonly warnings: string[] = [];
  private readonly discovery: DiscoveryService;
  private readonly serializers: RouteSerializers;
  private readonly scanner = new MetadataScanner();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly resources: Resources,
    private readonly requests: SocketRequests,
    private readonly options: ResolvedIoServerOptions & ConnectionOptions,
    private readonly config: ApplicationConfig,
  ) {
    this.discovery = new DiscoveryService(modules);
    this.serializers = new RouteSerializers(modules, config);
  }

  /** Returns what a route does in addition to answering, if anything. */
  find(controller: Type, handler: NamedHandler): RouteActions | undefined {
    const actions = this.actions.get(controller);
    return actions?.get(originalHandler(handler)) ?? actions?.get(declaredHandler(controller, handler.name));
  }

  /**
   * Reads all controllers, in this order: first what they declare about resources, then their routes, which may refer
   * to resources of any controller.
   *
   * @throws InvalidPublisherError, InvalidSubscriberError, InvalidResourceError with the class, the method and what to
   *   do
   */
  explore(): void {
    const controllers = this.findControllers();
    for (const { controller, routes } of controllers) this.declareResource(controller, routes);
    for (const { controller, routes } of controllers) this.exploreController(controller, routes);
    this.refuseDecoratorsElsewhere(new Set(controllers.map(({ controller }) => controller)));
  }

  /**
   * Checks the routes against everything that is known about the resources by now, starts to observe handlers, and logs
   * warnings.
   *
   * @throws InvalidPublisherError, InvalidSubscriberError, UnknownVerbError, VerbsRequiredError
   */
  check(): void {
    for (const check of this.checks) check();
    if (this.explored.some(({ route }) => whyUsersAreKnown(route, this.evidence))) this.resources.users.declare();
    for (const explored of this.explored) this.register(explored);
    this.warn();
  }

  private findControllers(): Array<{ controller: Type; routes: Route[] }> {
    return this.discovery.getControllers().flatMap((wrapper) => {
      const { metatype, host } = wrapper;
      if (!isConstructor(metatype)) return [];
      if (!wrapper.isDependencyTreeStatic()) this.requestScoped.add(metatype);
      return [{ controller: metatype, routes: methodsOf(metatype, host?.metatype, this.modules, this.scanner) }];
    });
  }

  private declareResource(controller: Type, routes: readonly Route[]): void {
    const resourceful = resourcefulOf(controller);
    if (!resourceful) return;
    const where = `@Resourceful on ${controller.name}`;
    const resource = this.resources.registry.get(resourceful.name);
    resource.declare(resourceful.options, where);
    for (const route of routes) if (route.isRoute) learnIdType(route, resource);
  }

  private exploreController(controller: Type, routes: readonly Route[]): void {
    const resourceful = resourcefulOf(controller);
    const declared = resourceful && this.resources.registry.get(resourceful.name);
    refuseIdleClassDecorators(controller, routes);
    this.warnings.push(...leftRouteWarnings(controller, routes));
    for (const route of routes) {
      const decorators = decoratorsFor(route);
      refuseRepeatedDecorators(route, decorators, resourceful?.name);
      const handler = originalHandler(route.handler);
      const explored: ExploredRoute = { route, publications: [], roomChanges: [], handler };
      for (const metadata of decorators) this.read(route, metadata, declared, explored);
      if (decorators.length > 0) this.explored.push(explored);
    }
  }

  private read(
    route: Route,
    metadata: DecoratorMetadata,
    declared: Resource | undefined,
    explored: RouteActions,
  ): void {
    const { publications, roomChanges } = explored;
    if (isSubscribeDecorator(metadata)) {
      const validator = new SubscribeValidator(route, metadata, this.resources.registry);
      const change = validator.validate(declared, this.resources, this.requests.areServed);
      change.resource.answers.declare(metadata.options.select);
      this.checks.push(() => validator.assertComplete(change.resource, this.resources.relations));
      roomChanges.push(change);
      if (metadata.kind === 'subscribed' && metadata.options.shareable) explored.sharedReads ??= new SharedReads();
    } else if (isRoomDecorator(metadata)) {
      const change = new JoinRoomValidator(route, metadata, this.resources.registry).validate();
      roomChanges.push(change);
      if (metadata.options.presence) this.roomsWithPresence.push(change.template);
    } else {
      const validator = new PublishValidator(route, metadata, this.resources.registry);
      const publication = validator.validate(declared, this.resources, this.serializers);
      if (isAboutRecord(metadata)) publication.resource.answers.declare(metadata.options.select);
      this.checks.push(() => validator.assertComplete(publication));
      publications.push(publication);
      if (metadata.options.subscribe) roomChanges.push(new SubscribeOption(publication, this.resources.relations));
    }
  }

  private refuseDecoratorsElsewhere(controllers: ReadonlySet<Type>): void {
    for (const { metatype } of this.discovery.getProviders()) {
      if (!isConstructor(metatype) || controllers.has(metatype)) continue;
      refuseDecoratorsOutsideControllers(metatype, this.scanner.getAllMethodNames(metatype.prototype as object));
    }
  }

  private register({ route, ...actions }: ExploredRoute): void {
    const { controller, methodName } = route;
    observeHandler(controller.prototype as object, methodName);
    const byHandler = this.actions.get(controller) ?? new Map<object, RouteActions>();
    this.actions.set(controller, byHandler.set(actions.handler, actions));
  }

  private get evidence(): UserEvidence {
    const { options, config, requestScoped } = this;
    return { options, config, requestScoped };
  }

  private warn(): void {
    const publications = this.explored.flatMap((explored) => explored.publications);
    const severalServers = joinsServers(this.options);
    const warnings = [
      ...this.warnings,
      ...undeclaredRelationWarnings(publications, this.resources.relations),
      ...missingPreviousWarnings(publications, severalServers),
      ...untoldWarnings(this.explored, severalServers),
      ...unknownKeyWarnings(this.explored, severalServers),
      ...serializerWarnings(this.explored),
      ...versionWarnings(this.explored),
      ...envelopeWarnings(this.explored),
      ...openWatchWarnings(this.explored, this.evidence),
      ...otherCallerWarnings(this.explored),
      ...resourceNameWarnings(this.explored, this.resources),
    ];
    // A controller may belong to several modules.
    for (const warning of new Set(warnings)) this.logger.warn(warning);
  }
}

/** Tells whether what a decorator selects is a record of its resource. In a collection, it may be one of another. */
function isAboutRecord({ kind }: PublisherMetadata): boolean {
  return kind !== 'addedTo' && kind !== 'removedFrom' && kind !== 'replaced';
}

/** Returns the method of this name as the application wrote it. */
function declaredHandler(controller: Type, name: string): object {
  return originalHandler((controller.prototype as Record<string, object | undefined>)[name] ?? {});
}
