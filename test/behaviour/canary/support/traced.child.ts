// An application with secrets everywhere that handles a read and a change, which the reader hears of, and then ends.
import 'reflect-metadata';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import {
  PublishOnCreate,
  Resourceful,
  SocketsModule,
  SocketsService,
  SubscribeOnRead,
  type RevokeOptions,
} from '../../../../src/index.js';
import { connect, type SocketsClient } from '../../../../src/front-ends/client/index.js';

const SECRET = 'hunter2';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: 'all' })
  find(): object[] {
    return [{ id: 1, title: SECRET }];
  }

  @Post()
  @PublishOnCreate()
  create(@Body() { title }: { title: string }): object {
    return { id: 2, title };
  }
}

@Module({
  imports: [SocketsModule.forRoot({ authenticate: () => ({ id: 7, password: SECRET }) })],
  controllers: [CardsController],
})
class AppModule {}

const adapter = process.env.PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['debug', 'warn', 'error'] });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
const connectOne = (): SocketsClient =>
  connect(`http://127.0.0.1:${port}`, {
    auth: { token: SECRET },
    extraHeaders: { cookie: `session=${SECRET}` },
    headers: { 'x-tenant': SECRET },
    // Each has a connection, and so a socket, of its own.
    forceNew: true,
  });
const reader = connectOne();
const author = connectOne();
const published = new Promise<string>((resolve) => reader.once('card', (_message, { id }) => resolve(id)));
await reader.get(`/cards?q=${SECRET}`, { also: SECRET });
await author.post('/cards', { title: SECRET });
const publicationId = await published;
const sockets = app.get(SocketsService);
await sockets.revoke({ user: 8, resource: 'card', ids: [1] });
if (process.env.DEBUG) {
  // A record in place of its id is refused. The log says so, even where nothing is traced.
  const mistake: object = { user: 8, resource: 'card', ids: [{ id: 1, title: SECRET }] };
  await sockets.revoke(mistake as RevokeOptions).catch(() => undefined);
}
const ids = { reader: reader.id, author: author.id };
reader.close();
author.close();
await app.close();
process.send?.({ ids, publicationId }, () => process.disconnect());
