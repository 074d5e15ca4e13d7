// An application that is ended by a signal while it answers requests: each when its parent says so.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SocketsModule } from '../../../../src/index.js';

const { PLATFORM, REQUESTS } = process.env;
const PATIENCE = 600_000;

const finished = once(process, 'message');
let underWay = 0;

@Controller('reports')
class ReportsController {
  @Get()
  async find(): Promise<object> {
    if (++underWay === Number(REQUESTS)) process.send?.('all are under way');
    await finished;
    return { isDone: true };
  }
}

@Module({
  imports: [SocketsModule.forRoot({ requests: { shutdownTimeout: PATIENCE } })],
  controllers: [ReportsController],
})
class AppModule {}

const adapter = PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(0, '127.0.0.1');
process.send?.((app.getHttpServer().address() as AddressInfo).port);
