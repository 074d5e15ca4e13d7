import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import { Connections } from '../connections/connections.js';
import type { BootParticipant } from '../common/boot/boot-participant.js';
import type { HttpRequest } from '../connections/requester/requesting-socket.js';
import { SocketRequests } from '../requests/socket-requests.js';
import type { Omission } from '../resources/pubsub/channel.options.js';
import { Resources } from '../resources/resources.js';
import { Rooms } from '../rooms/rooms.js';
import { beforeLeaving } from '../server/cluster/delivery/leaving.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from '../server/options/server.options.js';
import { SocketsServer } from '../server/sockets-server.js';
import { RouteExplorer } from './boot/route-explorer.js';
import { MutationNotices } from './publish/mutation-notices.js';
import { PublicationQueue } from './publish/publication-queue.js';
import type { RoomLimits } from '../rooms/members/room-limit.js';
import { RequesterOmission } from './publish/requester-omission.js';
import { RecheckReads } from './recheck/recheck-read.js';
import { Rechecks } from './recheck/rechecks.js';
import { SubscriptionTargetRooms } from './recheck/subscription-target-rooms.js';
import { RequesterRooms } from './subscribe/requester-rooms.js';

/** The options of the module that concern routes. */
interface RouteOptions extends ResolvedIoServerOptions {
  maxSubscriptions: number;
  omit?: Omission;
  recheckConcurrency: number;
  limits: ResolvedIoServerOptions['limits'] & Required<RoomLimits>;
}

/**
 * Makes everything that decorators on routes need, and boots it in order. It is the only provider that the interceptor
 * injects, so that an application can apply the interceptor by hand in any module.
 */
@Injectable()
export class RoutePubSub implements BootParticipant, BeforeApplicationShutdown {
  readonly routes: RouteExplorer;
  readonly requesterRooms: RequesterRooms;
  readonly queue: PublicationQueue;
  readonly requesterOmission: RequesterOmission;
  readonly notices: MutationNotices;
  readonly recheckReads: RecheckReads;
  private readonly rechecks: Rechecks;
  /**
   * The requests that some instance of the interceptor has taken. All instances share this set: a mark on a request of
   * Express would cost three times as much.
   */
  private readonly taken = new WeakSet<object>();

  constructor(
    readonly moduleRef: ModuleRef,
    readonly server: SocketsServer,
    private readonly rooms: Rooms,
    modules: ModulesContainer,
    readonly resources: Resources,
    requests: SocketRequests,
    connections: Connections,
    config: ApplicationConfig,
    @Inject(SOCKETS_SERVER_OPTIONS) options: RouteOptions,
  ) {
    const targetRooms = new SubscriptionTargetRooms(resources);
    this.routes = new RouteExplorer(modules, resources, requests, options, config);
    this.rechecks = new Rechecks(server, requests, targetRooms, connections, options);
    this.requesterRooms = new RequesterRooms(server, resources, this.rechecks, options);
    this.recheckReads = new RecheckReads(this.requesterRooms, moduleRef);
    this.queue = new PublicationQueue(resources);
    this.requesterOmission = new RequesterOmission(options, connections);
    this.notices = new MutationNotices(server);
  }

  /** Declares the resources of controllers, and reads the decorators on their routes. */
  declare(): void {
    this.routes.explore();
  }

  /** Checks the decorators against all resources that are declared by now. */
  check(): void {
    this.routes.check();
    for (const room of this.routes.roomsWithPresence) this.rooms.presence.track(room);
  }

  /** Serves other servers, from now on. */
  listen(): void {
    this.rechecks.listen();
    // Requests may be answered until then.
    beforeLeaving(this.server.io, 'publish', () => this.queue.drain());
  }

  /** Stops the rechecks, and publishes what happened before the shutdown began. */
  async beforeApplicationShutdown(): Promise<void> {
    this.rechecks.stop();
    await this.queue.drain();
  }

  /** Takes a request for one instance of the interceptor. Returns false if another instance has taken it already. */
  take(request: HttpRequest): boolean {
    if (this.taken.has(request)) return false;
    this.taken.add(request);
    return true;
  }
}
