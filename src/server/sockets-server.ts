import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { ServerNotReadyError } from './server.errors.js';
import { GatewayHooks } from './gateways.js';
import { Connections } from '../connections/connections.js';
import { Rooms } from '../rooms/rooms.js';

/**
 * A gateway without handlers: Nest makes a Socket.IO server only where a gateway asks for one, so this one asks, and holds it for everybody.
 */
@WebSocketGateway()
export class SocketsServer {
  @WebSocketServer()
  private server?: Server;
  private readonly paths: string[] = [];

  constructor(
    private readonly gatewayHooks: GatewayHooks,
    private readonly connections: Connections,
    private readonly rooms: Rooms,
  ) {}

  /** @throws ServerNotReadyError before the application is initialized */
  get io(): Server {
    if (!this.server) throw new ServerNotReadyError();
    return this.server;
  }

  namespace(name: string): Namespace {
    return this.io.of(name);
  }

  /** Told as soon as it is there: the application's own gateways may need it before it is this one's turn. */
  hold(server: Server): void {
    this.server = server;
    this.protect(server, true);
  }

  /** What holds for every connection, also to the server of a gateway with a port or a path of its own. */
  protect(server: Server, shared = false): void {
    this.gatewayHooks.catchFailures();
    this.connections.attach(server, shared);
    this.rooms.attach(server, shared);
  }

  /** A server of ours answers whatever comes to this path, by `startsWith`. */
  occupy(path: string): void {
    this.paths.push(path);
  }

  occupies(url: string): boolean {
    return this.paths.some((path) => url.startsWith(path));
  }
}
