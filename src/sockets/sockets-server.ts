import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { ServerNotReadyError } from './errors/server-not-ready.error.js';
import { moveMembersForOthers } from './members.js';
import { rememberServer } from './requesting-socket.js';

/**
 * A gateway without handlers: Nest makes a Socket.IO server only where a gateway asks for one, so this one asks, and holds it for everybody.
 */
@WebSocketGateway()
export class SocketsServer {
  @WebSocketServer()
  private server?: Server;

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
  }

  afterInit(server: Server): void {
    rememberServer(server);
    moveMembersForOthers(server);
  }
}
