import { Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { debugLog } from '../common/log.js';
import { askClientsForOtherServers } from './cluster/questions/client-questions.js';
import { deliverForOtherServers } from './cluster/delivery/delivery.js';
import { GatewayHooks } from './gateways/gateway-hooks.js';
import { ProtectedHandlers } from './gateways/protected-handlers.js';
import { countConnections } from './handshakes/engines.js';
import { type GatewayOrigins, gatewayOrigins } from './handshakes/gateway-origins.js';
import { refuseMarkedHandshakes } from './handshakes/refused-handshakes.js';
import {
  BUS_FAILURES,
  busCountsOf,
  Counts,
  journalMetricsOf,
  REFUSAL_KINDS,
  refusalsOf,
  type SocketsMetrics,
} from './metrics.js';
import { ServerNotReadyError } from './server.errors.js';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from './options/server.options.js';

/** Attaches something of the library to every Socket.IO server of the application. */
export interface ServerAttachment {
  /**
   * Called once for each server, as soon as it exists and before Nest connects any gateway to it.
   *
   * @param shared `false` for a server of its own, which a gateway asked for by a port or a path: `SocketsService`
   * does not speak to it
   */
  attach(io: Server, shared: boolean): void;
}

const debug = debugLog('server');

/**
 * Holds the Socket.IO server that gateways share. Nest makes one only where a gateway asks for it, so this is a gateway
 * without handlers.
 */
@WebSocketGateway()
export class SocketsServer implements OnApplicationBootstrap {
  @WebSocketServer()
  private server?: Server;
  /** Those that gateways have for themselves. */
  private readonly owned: Server[] = [];
  private attachments: readonly ServerAttachment[] = [];
  private readonly reservedPaths: string[] = [];
  private readonly gatewayHooks: GatewayHooks;
  /** `undefined` where gateways are to be as in Nest. */
  readonly protectedHandlers: ProtectedHandlers | undefined;
  private makeUnserved: (() => Server | undefined) | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly httpAdapterHost: HttpAdapterHost,
    @Inject(SOCKETS_SERVER_OPTIONS) { gateways, maxNesting }: ResolvedIoServerOptions,
  ) {
    this.gatewayHooks = new GatewayHooks(discovery);
    if (gateways === 'protected') this.protectedHandlers = new ProtectedHandlers(discovery, maxNesting);
  }

  onApplicationBootstrap(): void {
    this.gatewayHooks.throwFailureOfBoot();
  }

  /** Sets what is attached to servers, in this order. Must come before Nest makes the first of them. */
  setAttachments(attachments: readonly ServerAttachment[]): void {
    this.attachments = attachments;
  }

  /** Sets how to make the server, if that is possible, where the application has no HTTP server. */
  setUnservedServer(make: () => Server | undefined): void {
    this.makeUnserved = make;
  }

  /**
   * @throws ServerNotReadyError before the application is initialized, and where it has no HTTP server and no adapter
   */
  get io(): Server {
    const server = this.server ?? this.makeUnserved?.();
    if (!server) throw new ServerNotReadyError(Boolean(this.httpAdapterHost.httpAdapter));
    return server;
  }

  /** Whether there is a server yet; in an application without an HTTP server and without an adapter there never is. */
  get exists(): boolean {
    // Until there is one, it is what `@WebSocketServer()` makes it: null.
    return Boolean(this.server);
  }

  /** The servers of the application: the shared one, if it exists, and those that gateways have for themselves. */
  get all(): readonly Server[] {
    return this.server ? [this.server, ...this.owned] : this.owned;
  }

  namespace(name: string): Namespace {
    return this.io.of(name);
  }

  /** Takes the shared server. The adapter does not wait for Nest, since a gateway that comes first may need it. */
  setServer(server: Server): void {
    this.server = server;
    deliverForOtherServers(server);
    askClientsForOtherServers(server);
    this.attachTo(server, true);
  }

  /**
   * Attaches the library to a server; a server that a gateway has for itself is as well protected as the shared one.
   */
  attachTo(server: Server, shared: boolean): void {
    debug?.(`attaching to a server on ${server.path()}${shared ? '' : ', which a gateway has for itself'}`);
    if (!shared) this.owned.push(server);
    this.gatewayHooks.catchFailures();
    for (const attachment of this.attachments) attachment.attach(server, shared);
    this.protectedHandlers?.attach(server);
    refuseMarkedHandshakes(server);
  }

  /** Whether a gateway may want to know of disconnected sockets. */
  get hearDisconnects(): boolean {
    return this.gatewayHooks.hearDisconnects;
  }

  /** Lists what the gateways on the shared server say of origins. */
  gatewayOrigins(options: ResolvedIoServerOptions): GatewayOrigins[] {
    return gatewayOrigins(this.discovery, options);
  }

  /**
   * Adds up what all servers of the application count.
   *
   * @throws ServerNotReadyError
   */
  metrics(): SocketsMetrics {
    const refused = new Counts(REFUSAL_KINDS);
    const bus = new Counts(BUS_FAILURES);
    let [connections, sockets] = [0, 0];
    for (const io of [this.io, ...this.owned]) {
      connections += countConnections(io);
      for (const namespace of io._nsps.values()) sockets += namespace.sockets.size;
      refused.addAll(refusalsOf(io));
      bus.addAll(busCountsOf(io));
    }
    const journal = journalMetricsOf(this.io).read?.();
    return { connections, sockets, refused: refused.read(), bus: bus.read(), journal };
  }

  /** Remembers that Socket.IO answers every request whose path begins so. */
  reservePath(path: string): void {
    this.reservedPaths.push(path);
  }

  /** Whether Socket.IO, and no route, answers a request to this url. */
  isReserved(url: string): boolean {
    return this.reservedPaths.some((path) => url.startsWith(path));
  }
}
