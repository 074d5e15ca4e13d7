// An application with gateways that do what none should, in a process of its own, since that may end.
import 'reflect-metadata';
import { Catch, Module, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { AddressInfo } from 'node:net';
import { SocketsModule } from '../../../../../src/index.js';

const { PLATFORM, MODULE } = process.env;

const circle: Record<string, unknown> = {};
circle.self = circle;

const results: Record<string, () => unknown> = {
  record: () => ({ id: 1, event: 'disconnect' }),
  circle: () => circle,
  deep: () => JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)) as unknown,
  bigInt: () => ({ balance: 1n }),
  getter: () => ({
    get name() {
      throw new Error('no such column');
    },
  }),
  instruction: () => ({ event: 'told', data: circle }),
};

@Catch()
class Rejecting implements ExceptionFilter {
  async catch(): Promise<void> {
    throw new Error('the filter is broken');
  }
}

@WebSocketGateway()
class DangerousGateway {
  @SubscribeMessage('give')
  give(@MessageBody() name: string): unknown {
    return results[name]();
  }

  @SubscribeMessage('fail')
  @UseFilters(Rejecting)
  fail(): never {
    throw new Error('no database');
  }

  @SubscribeMessage('well')
  well(): string {
    return 'well';
  }
}

const imports = MODULE === 'none' ? [] : [SocketsModule.forRoot(MODULE === 'off' ? { gateways: 'as in Nest' } : {})];

@Module({ imports, providers: [DangerousGateway] })
class AppModule {}

const adapter = PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: false });
await app.listen(0, '127.0.0.1');
process.send?.((app.getHttpServer().address() as AddressInfo).port);
