import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
import { expect, it } from 'vitest';
import { SocketsHealth, SocketsModule } from '../../../../src/index.js';
import { redis } from '../../../../src/server/cluster/engines/redis.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { RedisServer } from '../../../support/redis.js';
import { LateRedis } from './support/late-redis.js';
import { CLIENTS } from './support/servers.js';

@WebSocketGateway()
class RoomsGateway {
  @SubscribeMessage('enter')
  async enter(@ConnectedSocket() socket: Socket): Promise<string> {
    void socket.join(randomUUID());
    return 'entered';
  }
}

it.for(Object.keys(CLIENTS))(
  'logs an answer that waited for a room to be heard, and could not be sent then: %s',
  async (name, context) => {
    const server = await RedisServer.startFor(context);
    const late = await LateRedis.to(server.url);
    const logs = new Logs();
    const imports = [
      SocketsModule.forRoot({ cluster: redis({ client: CLIENTS[name](late.url), prefix: randomUUID() }) }),
    ];
    const app = await start({ imports, providers: [RoomsGateway], main: logs.open });
    const client = await app.connect();
    expect(await client.socket.emitWithAck('enter')).toBe('entered');

    // Nobody waits while Redis is late, as it is on a busy machine.
    await expect.poll(() => app.get(SocketsHealth).check().status).toBe('up');

    late.hold();
    const connection = app.sockets.server.sockets.sockets.get(client.id)?.conn;
    const fail = ({ type }: { type: string }): void => {
      // On a busy machine there are pings meanwhile, too.
      if (type === 'message') throw new Error('The packet cannot be sent.');
    };
    connection?.on('packetCreate', fail);
    client.socket.emit('enter', () => undefined);
    const said = (): string[] => Object.values(logs.naming('A message was not answered.')).flat();
    await expect.poll(said).toHaveLength(1);
    connection?.off('packetCreate', fail);
    late.release();

    expect(await client.socket.emitWithAck('enter')).toBe('entered');
  },
);
