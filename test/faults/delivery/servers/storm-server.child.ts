// A server whose connections all break at once, in a process of its own. It counts what their return costs.
import 'reflect-metadata';
import { Controller, Get, Inject, Injectable, Module, Param, ParseIntPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type RequestedTarget,
  Resourceful,
  ResourcefulPubSub,
  SocketsModule,
  SocketsService,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { answer } from '../../support/answering.js';

/** What was called since it was last asked. */
@Injectable()
class Calls {
  handlers = 0;
  policies = 0;
  /** Of whom the policy was asked, about what. */
  readonly asked = new Set<string>();

  take(): object {
    const { handlers, policies, asked } = this;
    const taken = { handlers, policies, asked: asked.size };
    Object.assign(this, { handlers: 0, policies: 0 });
    asked.clear();
    return taken;
  }
}

@Injectable()
class BoardPolicy {
  constructor(@Inject(Calls) private readonly calls: Calls) {}

  canSubscribe(user: { id: string }, { id }: RequestedTarget): boolean {
    this.calls.policies++;
    this.calls.asked.add(`${user.id} ${String(id)}`);
    return true;
  }
}

@Controller('boards')
@Resourceful('board', { idType: 'number', authorize: BoardPolicy })
class BoardsController {
  constructor(@Inject(Calls) private readonly calls: Calls) {}

  @Get(':id')
  @SubscribeOnRead({ shareable: !process.env.WITHOUT_SHARING })
  async findOne(@Param('id', ParseIntPipe) id: number): Promise<object> {
    this.calls.handlers++;
    // As long as a database takes.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { id, name: `board ${id}` };
  }
}

@Controller('ping')
class PingController {
  @Get()
  ping(): object {
    return {};
  }
}

@Module({
  imports: [
    SocketsModule.forRoot({
      authenticate: ({ auth }) => ({ id: String(auth.user) }),
      // All clients have one address, from which nobody else would let so many in.
      limits: { connectionsPerAddress: 10_000, handshakesPerSecond: 10_000, handshakeBurst: 10_000 },
    }),
  ],
  controllers: [BoardsController, PingController],
  providers: [Calls, BoardPolicy],
})
class AppModule {}

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
const http = app.getHttpServer() as HttpServer;
const connections = new Set<Socket>();
http.on('connection', (socket: Socket) => {
  connections.add(socket);
  socket.once('close', () => connections.delete(socket));
});
await app.listen(0, '127.0.0.1');
const boards = app.get(ResourcefulPubSub).of('board');
const calls = app.get(Calls);

answer({
  port: () => (http.address() as AddressInfo).port,
  take: () => calls.take(),
  refused: () => app.get(SocketsService).metrics().refused,
  rooms: () => app.get(SocketsService).server.of('/').adapter.rooms.size,
  cut: () => {
    for (const socket of connections) socket.destroy();
  },
  publish: (id: number, number: number) => boards.publishUpdate(id, { number }),
});
