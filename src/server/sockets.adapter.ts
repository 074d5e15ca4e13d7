import { Logger, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server, ServerOptions, Socket } from 'socket.io';
import { runForRequester } from '../common/requester-context.js';
import { OriginPolicy, originsOfCors } from './origin-policy.js';
import { asksForOwnServer, type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from './server.options.js';
import { SocketsServer } from './sockets-server.js';

type Engine = Server['engine'];

/** How long websockets have for their closing handshake, in milliseconds; a client that is gone without a word never answers. */
const FAREWELL = 2_000;

/**
 * Closes the server and waits until it is closed. Clients hear that the connection ended, not that they were sent away, so they look for another
 * server by themselves.
 *
 * @param atOnce cuts what would be waited for: closing handshakes, and the HTTP server's other connections
 */
async function closeServer(io: Server, atOnce: boolean): Promise<void> {
  const { engine, httpServer } = io;
  keepNoConnection(engine);
  const websockets = websocketsOf(engine);
  const closed = new Promise<void>((resolve) => void io.close(() => resolve()));
  const cut = (): void => websockets.forEach((websocket) => websocket.terminate());
  if (atOnce) {
    // One turn later, so that what tells the clients has been written.
    setImmediate(() => {
      cut();
      if (httpServer && 'closeAllConnections' in httpServer) httpServer.closeAllConnections();
    });
  }
  const patience = setTimeout(cut, FAREWELL);
  await closed;
  clearTimeout(patience);
}

/**
 * A closing HTTP server waits for connections that are kept for another request, and on one of them a polling client that was let in late would come
 * back for ever.
 */
function keepNoConnection(engine: Engine): void {
  engine.on('headers', (headers: Record<string, string>) => {
    headers.Connection = 'close';
  });
}

/** What the transport of a client keeps for itself. */
function websocketsOf(engine: Engine): Array<{ terminate(): void }> {
  const { clients } = engine as unknown as {
    clients: Record<string, { transport: { socket?: { terminate?: unknown } } }>;
  };
  return Object.values(clients)
    .map(({ transport }) => transport.socket)
    .filter((socket): socket is { terminate(): void } => typeof socket?.terminate === 'function');
}

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** What clients of Socket.IO 3 and 4 say that they speak; those of Socket.IO 2, `sails.io.js` among them, say 3 or nothing. */
const PROTOCOL = '4';

const REFUSAL =
  'Clients of Socket.IO 2, such as sails.io.js, are switched off here: remove "allowEIO3: false" from SocketsModule.forRoot({ server: { allowEIO3: false } }) to let them in';

/** Asks nobody else about clients that are switched off. Engine.IO would refuse them too, without saying why. */
function refuseOldClients(allowRequest: AllowRequest): AllowRequest {
  const logger = new Logger('SocketsModule');
  let isSaid = false;
  return (request, answer) => {
    if (protocolOf(request) === PROTOCOL) {
      allowRequest(request, answer);
      return;
    }
    if (!isSaid) logger.warn(`${REFUSAL}. A client was refused; this is said once.`);
    isSaid = true;
    answer(REFUSAL, false);
  };
}

function protocolOf(request: IncomingMessage): string | undefined {
  return (request as { _query?: Record<string, string> })._query?.EIO;
}

type Transform = Parameters<IoAdapter['bindMessageHandlers']>[2];

/** What an adapter is made from: an application, or a `ModuleRef`. */
export interface ProviderSource {
  /** A provider of the application. */
  get<T>(token: Type<T> | symbol, options: { strict: false }): T;
}

/**
 * The WebSocket adapter that `SocketsModule` installs by itself. Extend it only when the server itself must be changed, and hand it the
 * application.
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
  /** What every gateway without a port and a path of its own shares. */
  private shared?: Server;

  constructor(private readonly source: ProviderSource) {
    super();
    if (typeof source?.get !== 'function') {
      throw new TypeError(`${new.target.name}: give it the application, as in new ${new.target.name}(app).`);
    }
  }

  /**
   * Makes the server. The one that gateways share has the module's options and no others: Nest hands over those of whichever gateway it happens
   * to meet first. A server that a gateway asked for itself, by a port or a path, keeps what the gateway says.
   */
  override createIOServer(port: number, gatewayOptions: Partial<ServerOptions> = {}): Server {
    this.findHttpServer();
    const options = this.source.get<ResolvedIoServerOptions>(SOCKETS_SERVER_OPTIONS, { strict: false });
    if (asksForOwnServer(port, gatewayOptions.path, options)) {
      const origins = originsOfCors(gatewayOptions.cors) ?? options.origins;
      const own = this.makeServer(port, { origins, server: { ...options.server, ...gatewayOptions } });
      this.host.attachTo(own, false);
      return own;
    }
    if (this.shared) return this.shared;
    this.shared = this.makeServer(port, options);
    this.host.setServer(this.shared);
    return this.shared;
  }

  /** Nest's own, which also know the socket behind each message. */
  override bindMessageHandlers(socket: Socket, handlers: MessageMappingProperties[], transform: Transform): void {
    super.bindMessageHandlers(
      socket,
      handlers.map((handler) => ({
        ...handler,
        callback: (...args: unknown[]) => runForRequester(socket, () => handler.callback(...args) as Promise<unknown>),
      })),
      transform,
    );
  }

  /** Nest hands over namespaces too; they end with their server. */
  override async close(server: Server): Promise<void> {
    if (!server.engine) return super.close(server);
    // Nest's adapter would leave the server open for the HTTP server to cut, and with it its timers and its bus.
    await closeServer(server, this.forceCloseConnections && server.httpServer === this.httpServer);
  }

  private makeServer(port: number, options: Pick<ResolvedIoServerOptions, 'origins' | 'server'>): Server {
    const origins = new OriginPolicy(options);
    const allowEIO3 = options.server.allowEIO3 !== false;
    const server: Partial<ServerOptions> = {
      ...options.server,
      allowEIO3,
      cors: origins.cors(),
      allowRequest: allowEIO3 ? origins.allowRequest : refuseOldClients(origins.allowRequest),
    };
    // It hands missed messages to a reconnecting client before anybody is authorized, and loses others without a word.
    delete server.connectionStateRecovery;
    const io = super.createIOServer(port, server as ServerOptions);
    if (io.httpServer === this.httpServer)
      this.host.reservePath(`${io.path()}${server.addTrailingSlash === false ? '' : '/'}`);
    // Only beside somebody who answers upgrades: with nobody to listen to them, Node answers them itself.
    if (io.httpServer?.listenerCount('upgrade')) io.httpServer.prependListener('upgrade', hearErrors);
    return io;
  }

  private get host(): SocketsServer {
    return this.source.get(SocketsServer, { strict: false });
  }

  /** Late, because a testing module has no HTTP server yet when its providers are made. */
  private findHttpServer(): void {
    const host = this.source.get(HttpAdapterHost, { strict: false });
    (this as unknown as { httpServer: unknown }).httpServer = host.httpAdapter?.getHttpServer();
  }
}

/** While it is being decided who may connect, nobody listens to the connection, and an error that nobody hears ends the process. */
function hearErrors(_request: unknown, connection: Duplex): void {
  connection.on('error', () => {});
}
