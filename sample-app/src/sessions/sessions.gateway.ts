import { Logger } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { Request } from 'express';
import { SocketsService } from 'nestjs-sockets';
import type { Socket } from 'socket.io';
import { sessionRoom } from './session-room.js';

/** Puts each socket into the room of its session, so that the socket is disconnected when the session ends. */
@WebSocketGateway()
export class SessionsGateway implements OnGatewayConnection<Socket> {
  private readonly logger = new Logger(SessionsGateway.name);

  constructor(private readonly sockets: SocketsService) {}

  async handleConnection(socket: Socket): Promise<void> {
    const { session, sessionID } = socket.request as Request;
    await this.sockets.join(socket, sessionRoom(sessionID));
    // Each line of the log has the number of the process, which shows where a member's page is.
    this.logger.log(`Member ${session.memberId} is connected`);
    // Signing out while this socket was connecting disconnected all sockets of the session but this one.
    session.reload((gone) => {
      if (gone) socket.disconnect();
    });
  }
}
