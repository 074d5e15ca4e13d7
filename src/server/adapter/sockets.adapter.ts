import type { Type } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server, ServerOptions, Socket } from 'socket.io';
import { LineLogger } from '../../common/log.js';
import { runForRequester } from '../../common/requester-context.js';
import { originsOfCors } from '../handshakes/allowed-origins.js';
import { setBus } from '../cluster/bus.js';
import { Cluster } from '../cluster/cluster.js';
import { leaveOthers } from '../cluster/delivery/leaving.js';
import { guardAdapter } from '../cluster/guard/adapter-guard.js';
import { ClientAddresses } from '../handshakes/client-address.js';
import type { GatewayOrigins } from '../handshakes/gateway-origins.js';
import { HandshakeLimits, ignoreError } from '../handshakes/handshake-limits.js';
import { OriginPolicy } from '../handshakes/origin-policy.js';
import { guardRequests } from '../handshakes/request-guard.js';
import { Inbound } from '../inbound/inbound.js';
import { asksForOwnServer, type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../options/server.options.js';
import { SocketsServer } from '../sockets-server.js';
import { closeServer } from './closing.js';
import { OpenConnections } from './open-connections.js';

type Transform = Parameters<IoAdapter['bindMessageHandlers']>[2];
type DisconnectCallback = (reason?: string) => void;

/** Looks up providers for an adapter: an application, or a `ModuleRef`. */
export interface ProviderSource {
  /** Returns a provider of the application. */
  get<T>(token: Type<T> | symbol, options: { strict: false }): T;
}

/**
 * Makes the Socket.IO server; `SocketsModule` installs it by itself. Extend it only to change the server itself, and
 * pass the application to its constructor.
 *
 * @example
 * ```ts
 * import { NestFactory } from '@nestjs/core';
 * import { SocketsIoAdapter, SocketsModule } from 'nestjs-sockets';
 * import { Module } from '@nestjs/common';
 * import type { ServerOptions } from 'socket.io';
 *
 * @Module({ imports: [SocketsModule.forRoot()] })
 * class AppModule {}
 *
 * class CountingAdapter extends SocketsIoAdapter {
 *   override createIOServer(port: number, options?: Partial<ServerOptions>) {
 *     const server = super.createIOServer(port, options);
 *     server.engine.on('connection_error', () => console.log('one more'));
 *     return server;
 *   }
 * }
 *
 * const app = await NestFactory.create(AppModule);
 * app.useWebSocketAdapter(new CountingAdapter(app));
 * ```
 */
export class SocketsIoAdapter extends IoAdapter {
  /** The server of all gateways without a port and a path of their own. */
  private shared?: Server;
  /** Stands in where the application has no HTTP server. */
  private silent?: HttpServer;
  /** Those of all servers: an address has no more of anything by a gateway's port or path of its own. */
  private handshakes?: HandshakeLimits;

  private readonly disconnects = new WeakMap<Socket, readonly DisconnectCallback[]>();
  /** For all sockets. It happens once; "once" would cost each of them several objects for each gateway. */
  private readonly onDisconnect: (this: Socket, reason: string) => void;

  constructor(private readonly source: ProviderSource) {
    super();
    const { disconnects } = this;
    this.onDisconnect = function (reason) {
      for (const callback of disconnects.get(this) ?? []) callback(reason);
    };
    if (typeof source?.get !== 'function') {
      throw new TypeError(`${new.target.name}: give it the application, as in new ${new.target.name}(app).`);
    }
  }

  /**
   * Makes a server. The shared one has the module's options and no others: Nest passes those of whichever gateway it
   * happens to connect first. A server that a gateway asks for by a port or a path also has that gateway's options.
   */
  override createIOServer(port: number, gatewayOptions: Partial<ServerOptions> = {}): Server {
    this.findHttpServer();
    const options = this.source.get<ResolvedIoServerOptions>(SOCKETS_SERVER_OPTIONS, { strict: false });
    if (asksForOwnServer(port, gatewayOptions.path, options)) {
      const origins = originsOfCors(gatewayOptions.cors) ?? options.origins;
      const own = this.makeServer(port, { ...options, origins, server: { ...options.server, ...gatewayOptions } });
      this.host.attachTo(own, false);
      return own;
    }
    if (this.shared) return this.shared;
    const { cluster } = this;
    const { connection } = cluster;
    const server = connection ? { ...options.server, adapter: connection.adapter } : options.server;
    this.shared = this.makeServer(port, { ...options, server }, this.host.gatewayOrigins(options));
    if (connection?.bus) setBus(this.shared, connection.bus);
    cluster.server = this.shared;
    this.host.setServer(this.shared);
    return this.shared;
  }

  /** Tells Nest that a socket has disconnected, once for each gateway, where any gateway wants to know. */
  override bindClientDisconnect(socket: Socket, callback: DisconnectCallback): void {
    if (!this.host.hearDisconnects) return;
    const known = this.disconnects.get(socket);
    this.disconnects.set(socket, known ? known.concat(callback) : [callback]);
    if (!known) socket.on('disconnect', this.onDisconnect);
  }

  /** Binds the handlers of a gateway, each with the socket behind the message in its async context. */
  override bindMessageHandlers(socket: Socket, handlers: MessageMappingProperties[], transform: Transform): void {
    // Nest's adapter would keep something for each socket even so.
    if (handlers.length === 0) return;
    const { protectedHandlers } = this.host;
    if (protectedHandlers) {
      const receiving = { transform, mapPayload: (payload: unknown) => this.mapPayload(payload) };
      protectedHandlers.bind(socket, handlers, receiving);
      return;
    }
    super.bindMessageHandlers(
      socket,
      handlers.map((handler) => ({
        ...handler,
        callback: (...args: unknown[]) => runForRequester(socket, () => handler.callback(...args) as Promise<unknown>),
      })),
      transform,
    );
  }

  /** Closes a server. Nest also passes namespaces, which end with their server. */
  override async close(server: Server): Promise<void> {
    if (!server.engine) return super.close(server);
    // Nest's adapter would leave the server open for the HTTP server to cut, and with it its timers and its bus.
    await closeServer(server, this.forceCloseConnections && server.httpServer === this.httpServer);
    const { connection, server: joined } = this.cluster;
    // Otherwise the application closes its clients itself, perhaps as soon as this is done.
    if (server !== joined || !connection?.lastsUntilClose) await leaveOthers(server);
  }

  /**
   * Refuses new connections from now on, since the application shuts down.
   *
   * @internal
   */
  refuseHandshakes(): void {
    this.handshakes?.close();
  }

  private makeServer(port: number, options: ResolvedIoServerOptions, gateways: readonly GatewayOrigins[] = []): Server {
    const origins = new OriginPolicy(options, gateways);
    const handshakes = (this.handshakes ??= this.limitHandshakes(options));
    const allowEIO3 = options.server.allowEIO3 !== false;
    const inbound = new Inbound(options);
    const server: Partial<ServerOptions> = {
      // A client could make the server keep a namespace for each name that it thinks of.
      cleanupEmptyChildNamespaces: true,
      ...options.server,
      parser: inbound.parser(options.server.parser as unknown),
      allowEIO3,
      cors: origins.cors(),
      allowRequest: handshakes.guard(
        () => io,
        allowEIO3 ? origins.allowRequest : refuseOldClients(origins.allowRequest),
      ),
    };
    // It gives missed messages to a reconnecting client before authorizing it, and loses others silently.
    delete server.connectionStateRecovery;
    if (server.adapter) server.adapter = guardAdapter(server.adapter);
    const io: Server = super.createIOServer(port, server as ServerOptions);
    inbound.attach(io);
    handshakes.attach(io, server.transports);
    OpenConnections.of(io.httpServer);
    guardRequests(io, origins);
    if (io.httpServer === this.httpServer)
      this.host.reservePath(`${io.path()}${server.addTrailingSlash === false ? '' : '/'}`);
    // Only where something answers upgrades already: without a listener, Node answers them itself.
    if (io.httpServer?.listenerCount('upgrade')) io.httpServer.prependListener('upgrade', ignoreErrors);
    return io;
  }

  private limitHandshakes({ limits }: Pick<ResolvedIoServerOptions, 'limits'>): HandshakeLimits {
    const { httpAdapter } = this.source.get(HttpAdapterHost, { strict: false });
    const platform = (): unknown => (httpAdapter as AbstractHttpAdapter | undefined)?.getInstance();
    return new HandshakeLimits(limits, new ClientAddresses(limits.addressOf, platform));
  }

  private get cluster(): Cluster {
    return this.source.get(Cluster, { strict: false });
  }

  private get host(): SocketsServer {
    return this.source.get(SocketsServer, { strict: false });
  }

  /**
   * Finds the HTTP server. A testing module has none yet when its providers, and so this adapter, are made. A worker
   * has none at all, or is not to serve; the server then gets one that listens nowhere, since Nest's adapter would have
   * it listen on some port.
   */
  private findHttpServer(): void {
    const host = this.source.get(HttpAdapterHost, { strict: false });
    const own = this as unknown as { httpServer: unknown };
    const { serve } = this.source.get<ResolvedIoServerOptions>(SOCKETS_SERVER_OPTIONS, { strict: false });
    own.httpServer = (serve ? host.httpAdapter?.getHttpServer() : undefined) ?? (this.silent ??= createServer());
  }
}

/**
 * Listens to a connection's errors while `allowRequest` is deciding. Nothing else does at that time, and an error
 * without a listener ends the process.
 */
function ignoreErrors(_request: unknown, connection: Duplex): void {
  connection.on('error', ignoreError);
}

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** The protocol of clients of Socket.IO 3 and 4. Those of Socket.IO 2, such as `sails.io.js`, name 3 or none. */
const PROTOCOL = '4';

const REFUSAL =
  'Clients of Socket.IO 2, such as sails.io.js, are switched off here: remove "allowEIO3: false" from ' +
  'SocketsModule.forRoot({ server: { allowEIO3: false } }) to let them in';

/** Refuses clients that are switched off, and says why; Engine.IO would refuse them without a reason. */
function refuseOldClients(allowRequest: AllowRequest): AllowRequest {
  const logger = new LineLogger('SocketsModule');
  let isLogged = false;
  return (request, answer) => {
    if (protocolOf(request) === PROTOCOL) {
      allowRequest(request, answer);
      return;
    }
    if (!isLogged) logger.warn(`${REFUSAL}. A client was refused. (Logged once.)`);
    isLogged = true;
    answer(REFUSAL, false);
  };
}

function protocolOf(request: IncomingMessage): string | undefined {
  return (request as { _query?: Record<string, string> })._query?.EIO;
}
