// An application that is closed when its parent says so, and must then end by itself. Its clients live in the parent,
// so that nothing but the application can keep this process alive.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { SocketsModule } from '../../../../src/index.js';

const { PLATFORM, FORCE } = process.env;

@Module({ imports: [SocketsModule.forRoot()] })
class AppModule {}

const adapter = PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, {
  logger: false,
  abortOnError: false,
  forceCloseConnections: FORCE === 'true',
});
await app.listen(0, '127.0.0.1');
process.once('message', () => void close());

async function close(): Promise<void> {
  const before = performance.now();
  await app.close();
  // What leads to the parent is none of the application's.
  process.send?.(performance.now() - before, () => process.disconnect());
}

process.send?.((app.getHttpServer().address() as AddressInfo).port);
