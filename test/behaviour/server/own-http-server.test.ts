import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  Resourceful,
  ServerNotReadyError,
  SocketsModule,
  SocketsService,
  SubscribeOnRead,
} from '../../../src/index.js';
import { connect } from '../../support/client.js';
import { onceDone } from '../../support/lifetime.js';
import { platform } from '../../support/platforms.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return [{ id: 1 }];
  }
}

@Module({
  imports: [SocketsModule.forRoot({ origins: ['https://app.example.com'], server: { path: '/live' } })],
  controllers: [CardsController],
})
class AppModule {}

const createApplication = () =>
  NestFactory.create(AppModule, platform.adapter(), { logger: false, abortOnError: false });

describe('An application that is initialized, and served by HTTP servers of its own', () => {
  async function serve(
    count: number,
  ): Promise<{ sockets: SocketsService; urls: string[]; close: () => Promise<void> }> {
    const app = await createApplication();
    onceDone(() => app.close());
    await app.init();
    const instance = app.getHttpAdapter().getInstance() as RequestListener & {
      // Of Fastify:
      ready?: () => Promise<unknown>;
      routing?: RequestListener;
    };
    await instance.ready?.();
    const urls: string[] = [];
    for (let one = 0; one < count; one++) {
      const server: Server = createServer((request, response) => (instance.routing ?? instance)(request, response));
      onceDone(() => void server.close());
      app.get(SocketsService).attach(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    }
    return { sockets: app.get(SocketsService), urls, close: () => app.close() };
  }

  it.each(['websocket', 'polling'])('is reached by sockets over %s once it has attached them', async (transport) => {
    const { sockets, urls } = await serve(2);

    for (const url of urls) {
      const client = await connect(url, { path: '/live', transports: [transport] });
      expect(await client.socket.emitWithAck('get', { url: '/cards' })).toMatchObject({ body: [{ id: 1 }] });
      void sockets.broadcast(client.id, 'hello', url);
      expect(await client.next('hello')).toEqual([url]);
      expect((await fetch(`${url}/cards`)).status).toBe(200);
    }
  });

  it('refuses the origins that the module refuses', async () => {
    const { urls } = await serve(1);
    const extraHeaders = { origin: 'https://evil.example.com' };

    for (const transports of [['websocket'], ['polling']]) {
      await expect(connect(urls[0], { path: '/live', transports, extraHeaders })).rejects.toThrow();
    }
  });

  it('ends its connections when it is closed', async () => {
    const { urls, close } = await serve(1);
    const client = await connect(urls[0], { path: '/live' });
    const ended = new Promise((resolve) => client.socket.once('disconnect', resolve));

    await close();

    expect(await ended).toEqual(expect.any(String));
  });

  it('attaches them only when it is initialized', async () => {
    const app = await createApplication();
    onceDone(() => app.close());
    const sockets = app.get(SocketsService);

    expect(() => sockets.attach(createServer())).toThrow(ServerNotReadyError);
  });
});
