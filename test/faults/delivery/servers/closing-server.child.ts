// A server that is ended while it answers requests that take a second, in a process of its own.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { SocketsModule } from '../../../../src/index.js';
import { answer } from '../../support/answering.js';
import { clusterOf, type Setting } from './joined-server.js';

const setting = JSON.parse(process.env.SETTING ?? '{}') as Setting;
let underWay = 0;

@Controller('reports')
class ReportsController {
  @Get()
  async find(): Promise<object> {
    underWay++;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return { isDone: true };
  }
}

@Module({ imports: [SocketsModule.forRoot({ cluster: clusterOf(setting) })], controllers: [ReportsController] })
class AppModule {}

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
if (!process.env.WITHOUT_SHUTDOWN_HOOKS) app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(0, '127.0.0.1');

answer({
  port: () => (app.getHttpServer().address() as AddressInfo).port,
  underWay: () => underWay,
  close: () => {
    // The parent would hold this process, and the suite would end it with the parent.
    process.removeAllListeners('disconnect');
    process.channel?.unref();
    void app.close();
  },
});
