import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { cluster, SocketsModule, SocketsService } from '../../../../../src/index.js';
import { ENGINES, joinByPostgres } from './engines.js';

// It is joined to others by an adapter of another package, and publishes without a pause, in every way that there is.
const { BUS_URL = '', BUS_PREFIX = '', ENGINE = '' } = process.env;
const join = ENGINE === 'postgres' ? joinByPostgres : ENGINES[ENGINE];
const { adapter } = await join(BUS_URL, BUS_PREFIX);

@Module({ imports: [SocketsModule.forRoot({ cluster: cluster({ adapter }) })] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const sockets = app.get(SocketsService);
const { server } = sockets;

let count = 0;
setInterval(() => {
  const number = count++;
  void sockets.blast('published', number);
  server.emit('emitted', Buffer.from([number % 256]));
  server.serverSideEmit('told', number);
  server.socketsJoin('everybody');
  server.timeout(1_000).emit('asked', number, () => undefined);
  // They may fail in an outage, and are told so.
  if (number % 20 === 0) sockets.subscribers('everybody').catch(() => undefined);
}, 20);

process.on('message', (mark) => {
  void sockets.blast('published', mark);
  server.emit('emitted', mark);
});
process.send?.((app.getHttpServer().address() as AddressInfo).port);
