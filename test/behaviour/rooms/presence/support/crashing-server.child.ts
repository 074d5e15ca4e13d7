// A server of the cluster that its parent kills.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createAdapter } from '@socket.io/redis-adapter';
import type { AddressInfo } from 'node:net';
import { createClient } from 'redis';
import { SocketsModule, SocketsService } from '../../../../../src/index.js';

const { REDIS, KEY, FORGET_AFTER, PLATFORM } = process.env;
const connected = (): Promise<unknown> => createClient({ url: REDIS }).connect();
const [pub, sub] = await Promise.all([connected(), connected()]);

@Module({
  imports: [
    SocketsModule.forRoot({
      server: { adapter: createAdapter(pub, sub, { key: KEY }) },
      presence: { rooms: 'lobby', forgetAfter: Number(FORGET_AFTER) },
      authenticate: ({ auth }) => ({ id: auth.id as unknown }),
    }),
  ],
})
class AppModule {}

const adapter = PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
await app.listen(0, '127.0.0.1');
const sockets = app.get(SocketsService);
sockets.server.on('connection', (socket) => {
  void socket.join('lobby');
  socket.on('present', async (answer: (ids: string[]) => void) => {
    answer((await sockets.presence('lobby')).map(({ id }) => id));
  });
});
process.send?.((app.getHttpServer().address() as AddressInfo).port);
