// A server of the cluster that its parent kills.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { SocketsModule, SocketsService } from '../../../../../src/index.js';
import type { EngineName } from '../../../../support/engines/engine.js';
import { engines } from '../../../../support/engines/engines.js';

const { ENGINE, BUS_URL, KEY, FORGET_AFTER, PLATFORM } = process.env as Record<string, string>;
const { cluster } = await engines[ENGINE as EngineName].join(BUS_URL, KEY);

@Module({
  imports: [
    SocketsModule.forRoot({
      cluster,
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
