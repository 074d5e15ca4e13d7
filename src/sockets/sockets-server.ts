import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { ServerNotReadyError } from './errors/server-not-ready.error.js';
import { rememberServer } from './requesting-socket.js';

/**
 * A gateway without handlers: Nest makes a Socket.IO server only where a gateway asks for one, so this one asks, and holds it for everybody.
 */
@WebSocketGateway()
export class SocketsServer {
  @WebSocketServer()
  private readonly server?: Server;

  /** @throws ServerNotReadyError before the application is initialized */
  get io(): Server {
    if (!this.server) throw new ServerNotReadyError();
    return this.server;
  }

  namespace(name: string): Namespace {
    return this.io.of(name);
  }

  afterInit(server: Server): void {
    rememberServer(server);
  }
}
