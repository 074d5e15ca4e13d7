// A server of the cluster that its parent kills.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { SocketsModule, SocketsService } from '../../../../src/index.js';

const { REDIS, KEY, FORGET_AFTER } = process.env;
const [pub, sub] = await Promise.all([0, 1].map(() => createClient({ url: REDIS }).connect()));

class AppModule {}
Module({
  imports: [
    SocketsModule.forRoot({
      server: { adapter: createAdapter(pub, sub, { key: KEY }) },
      presence: { rooms: 'lobby', forgetAfter: Number(FORGET_AFTER) },
      authenticate: ({ auth }) => ({ id: auth.id }),
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: false, abortOnError: false });
await app.listen(0, '127.0.0.1');
const sockets = app.get(SocketsService);
sockets.server.on('connection', (socket) => {
  void socket.join('lobby');
  socket.on('present', async (answer) => answer((await sockets.presence('lobby')).map(({ id }) => id)));
});
process.send(app.getHttpServer().address().port);
