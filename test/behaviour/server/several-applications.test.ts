import { Module } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { handshake, opened } from './support/http.js';

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {
  @WebSocketServer() namespace!: Namespace;
}

describe('several applications in one process', () => {
  it('each have their own server with their own options, on a free port each', async () => {
    const [one, other] = await Promise.all([
      start({
        imports: [SocketsModule.forRoot({ server: { pingInterval: 1_111 }, origins: ['https://one.example'] })],
        providers: [AdminGateway],
      }),
      start({
        imports: [
          SocketsModule.forRootAsync({
            useFactory: async () =>
              Promise.resolve({ server: { pingInterval: 2_222, path: '/other' }, origins: ['https://other.example'] }),
          }),
        ],
        providers: [AdminGateway],
      }),
    ]);

    expect(one.url).not.toBe(other.url);
    expect(one.sockets.server).not.toBe(other.sockets.server);
    expect(one.get(AdminGateway).namespace.server).toBe(one.sockets.server);
    expect(other.get(AdminGateway).namespace.server).toBe(other.sockets.server);
    expect((await opened(one.url)).pingInterval).toBe(1_111);
    expect((await opened(other.url, '/other')).pingInterval).toBe(2_222);
    expect((await handshake(one.url, 'https://one.example')).status).toBe(200);
    expect((await handshake(one.url, 'https://other.example')).status).toBe(403);
    expect((await handshake(other.url, 'https://other.example', '/other')).status).toBe(200);
  });

  it('each speak to their own clients only, by rooms and by resources', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const clients = [await one.connect(), await other.connect()] as const;
    await one.channel('user').watch(clients[0].id);
    await other.channel('user').watch(clients[1].id);

    await one.sockets.blast('hello', 'one');
    await one.channel('user').publishCreate({ id: 1 });
    await Promise.all([one.settle(), other.settle()]);

    expect(clients.map((client) => client.heard('hello'))).toEqual([['one'], []]);
    expect(clients.map((client) => client.heard('user').length)).toEqual([1, 0]);
  });

  it('may be made of the same module, one after the other and side by side', async () => {
    @Module({ imports: [SocketsModule.forRoot({ server: { pingInterval: 3_333 } })] })
    class SharedModule {}

    const first = await start({ imports: [SharedModule] });
    await first.nest.close();
    const apps = await Promise.all([1, 2].map(() => start({ imports: [SharedModule] })));

    for (const app of apps) expect((await opened(app.url)).pingInterval).toBe(3_333);
    expect(apps[0].sockets.server).not.toBe(apps[1].sockets.server);
  });

  it('do not mind that one of them is closed', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    const client = await other.connect();
    await one.connect();

    await one.nest.close();
    await other.sockets.broadcast(client.id, 'hello');

    expect(await client.next('hello')).toEqual([]);
  });
});
