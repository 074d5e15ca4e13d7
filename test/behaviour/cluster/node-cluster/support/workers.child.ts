// A primary process and its workers, which serve one application on one port.
import 'reflect-metadata';
import { Body, Controller, Delete, Get, Module, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SocketsService,
  SubscribeOnRead,
} from '../../../../../src/index.js';
import { nodeCluster, setupPrimary } from '../../../../../src/server/cluster/engines/node-cluster.js';

const { PLATFORM, WORKERS, SETUP } = process.env;

@Controller('cards')
@Resourceful('card')
class CardsController {
  constructor(private readonly sockets: SocketsService) {}

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id, worker: process.pid };
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: object): object {
    return { id, ...changes };
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }

  @Post('moves/:id')
  async move(@Param('id') id: string): Promise<object> {
    await this.sockets.join(id, 'team');
    await this.sockets.broadcast('team', 'hello', 1);
    await this.sockets.leave(id, 'team');
    await this.sockets.broadcast('team', 'hello', 2);
    await this.sockets.blast('last', {});
    return { in: await this.sockets.socketRooms(id) };
  }
}

@Module({
  imports: [SocketsModule.forRoot({ cluster: nodeCluster({ connectTimeout: SETUP === 'none' ? 100 : 60_000 }) })],
  controllers: [CardsController],
})
class AppModule {}

if (cluster.isPrimary) await startPrimary();
else await startWorker();

async function startPrimary(): Promise<void> {
  const server = createServer();
  if (SETUP !== 'none') setupPrimary(server);
  for (let count = 0; count < Number(WORKERS); count++) cluster.fork();
  cluster.on('message', (_worker, message) => {
    if (typeof message === 'string') process.send?.(message);
  });
  // It listens before its workers do, which connections have to survive.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  process.on('message', (message) => {
    if (message !== 'end a worker') return;
    const [worker] = Object.values(cluster.workers ?? {});
    worker?.process.kill('SIGKILL');
    worker?.once('exit', () => process.send?.('ended'));
  });
}

async function startWorker(): Promise<void> {
  const adapter = PLATFORM === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
  try {
    const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    process.send?.((error as Error).message);
  }
}
