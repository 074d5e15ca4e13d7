import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { InjectResource, ResourceChannel } from 'nestjs-sockets';
import type { Socket } from 'socket.io';

@WebSocketGateway()
export class UsersGateway {
  constructor(@InjectResource('user') private readonly users: ResourceChannel<{ id: number; name: string }>) {}

  @SubscribeMessage('watch users')
  async watch(@ConnectedSocket() socket: Socket): Promise<string> {
    await this.users.watch(socket);
    return 'watching';
  }
}
