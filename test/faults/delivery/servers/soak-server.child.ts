// A server whose clients come and go all the time, in a process of its own. It says what it holds.
import 'reflect-metadata';
import { Controller, Get, Module, Param, ParseIntPipe, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { EventEmitter } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  JoinRoom,
  LeaveRoom,
  Resourceful,
  ResourcefulPubSub,
  SocketsModule,
  type SocketsModuleOptions,
  SocketsService,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { answer } from '../../support/answering.js';
import { clusterOf, type Setting } from './joined-server.js';

const ITEMS = 20;

@Controller('items')
@Resourceful('item', { idType: 'number' })
class ItemsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): object[] {
    return Array.from({ length: ITEMS }, (_, index) => ({ id: index + 1 }));
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

@Controller('rooms/:name')
class RoomsController {
  @Post('join')
  @JoinRoom('soak:{name}')
  join(): void {}

  @Post('leave')
  @LeaveRoom('soak:{name}')
  leave(): void {}
}

const setting = JSON.parse(process.env.SETTING ?? '{}') as Setting;
const options = JSON.parse(process.env.OPTIONS ?? '{}') as SocketsModuleOptions;

@Module({
  imports: [
    SocketsModule.forRoot({
      cluster: clusterOf(setting),
      // All clients have one address, from which nobody else would come so often.
      limits: { connectionsPerAddress: 10_000, handshakesPerSecond: 10_000, handshakeBurst: 10_000 },
      ...options,
    }),
  ],
  controllers: [ItemsController, RoomsController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
const http = app.getHttpServer() as HttpServer;
await app.listen(0, '127.0.0.1');
const { server: io } = app.get(SocketsService);
const items = app.get(ResourcefulPubSub).of('item');

/** What an application forgets to let go of, where the suite is to notice it. */
const forgotten: unknown[] = [];
if (process.env.WITH_LEAK) {
  io.on('connection', (socket) => {
    const listener = (): unknown => socket;
    http.on('checkContinue', listener);
    setInterval(listener, 60_000);
    forgotten.push(Array.from({ length: 10_000 }, Math.random));
  });
}

let publishing: NodeJS.Timeout | undefined;
let number = 0;

answer({
  port: () => (http.address() as AddressInfo).port,
  publish: (perSecond: number) => {
    clearInterval(publishing);
    if (perSecond === 0) return;
    // Several at a time where a timer is too slow for one.
    const each = Math.ceil(perSecond / 100);
    publishing = setInterval(
      () => {
        for (let count = 0; count < each; count++) {
          void items.publishUpdate((++number % ITEMS) + 1, { number });
        }
      },
      (each / perSecond) * 1_000,
    );
  },
  heap: () => {
    for (let turn = 0; turn < 3; turn++) global.gc?.();
    return process.memoryUsage().heapUsed;
  },
  held,
});

/** Counts what connections need, and nothing else does. */
function held(): Record<string, number> {
  const namespace = io.of('/');
  const { adapter } = namespace;
  const emitters = Object.entries({ io, engine: io.engine, namespace, adapter, http, process });
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate');
  return {
    rooms: adapter.rooms.size,
    members: adapter.sids.size,
    sockets: namespace.sockets.size,
    sessions: io.engine.clientsCount,
    timers: timers.length,
    files: readdirSync('/proc/self/fd').length,
    ...Object.fromEntries(emitters.flatMap(([name, emitter]) => listenersOf(name, emitter))),
  };
}

function listenersOf(of: string, emitter: unknown): Array<[what: string, count: number]> {
  if (!(emitter instanceof EventEmitter)) return [];
  return emitter.eventNames().map((name) => [`listeners to ${String(name)} of ${of}`, emitter.listenerCount(name)]);
}
