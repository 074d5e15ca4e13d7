// An application that is closed when its parent says so, and must then end by itself. Its clients live in the parent, so that nothing but the
// application can keep this process alive.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SocketsModule } from '../../../../src/index.js';

const { PLATFORM, FORCE } = process.env;

class AppModule {}
Module({ imports: [SocketsModule.forRoot()] })(AppModule);

const app = await NestFactory.create(AppModule, PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter(), {
  logger: false,
  abortOnError: false,
  forceCloseConnections: FORCE === 'true',
});
await app.listen(0, '127.0.0.1');
process.once('message', async () => {
  const before = performance.now();
  await app.close();
  // What leads to the parent is none of the application's.
  process.send(performance.now() - before, () => process.disconnect());
});
process.send(app.getHttpServer().address().port);
