import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { Request } from 'express';
import { SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import { sessionRoom } from './session-room.js';

/** Puts each socket into the room of its session, so that the socket is disconnected when the session ends. */
@WebSocketGateway()
export class SessionsGateway implements OnGatewayConnection<Socket> {
  constructor(private readonly sockets: SocketsService) {}

  async handleConnection(socket: Socket): Promise<void> {
    const { session, sessionID } = socket.request as Request;
    await this.sockets.join(socket, sessionRoom(sessionID));
    // Signing out while this socket was connecting disconnected all sockets of the session but this one.
    session.reload((gone) => {
      if (gone) socket.disconnect();
    });
  }
}
