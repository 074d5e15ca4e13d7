import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { Request } from 'express';
import { SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import { sessionRoom } from './session-room.js';

/** Each socket is in the room of its session, so that it ends with it. */
@WebSocketGateway()
export class SessionsGateway implements OnGatewayConnection<Socket> {
  constructor(private readonly sockets: SocketsService) {}

  async handleConnection(socket: Socket): Promise<void> {
    const { session, sessionID } = socket.request as Request;
    await this.sockets.join(socket, sessionRoom(sessionID));
    // Who signed out while this socket was connecting ended all sockets of the session but this one.
    session.reload((gone) => {
      if (gone) socket.disconnect();
    });
  }
}
