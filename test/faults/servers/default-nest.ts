import { All, Body, Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { WebSocketGateway, WebSocketServer, WsException } from '@nestjs/websockets';
import type { AddressInfo } from 'node:net';
import type { Server, Socket } from 'socket.io';
import { type Attacked, userOf } from './attacked.js';
import { AttackedGateway } from './attacked.gateway.js';

/** The same gateway, which authenticates as is usual in Nest. */
@WebSocketGateway()
class UsualGateway extends AttackedGateway {
  @WebSocketServer()
  readonly io!: Server;

  async handleConnection({ handshake }: Socket): Promise<void> {
    // As a look-up of a session takes its time.
    await Promise.resolve();
    if (!userOf(handshake.auth.token)) throw new WsException('This token is not valid.');
  }
}

@Controller()
class EchoController {
  @All('echo')
  echo(@Body() body: unknown): unknown {
    return { body };
  }
}

@Module({ controllers: [EchoController], providers: [UsualGateway] })
class AppModule {}

/** An application as Nest makes it, with defaults. */
export async function startDefaultNest(): Promise<Attacked> {
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const { io } = app.get(UsualGateway);
  return {
    port: (app.getHttpServer().address() as AddressInfo).port,
    io,
    publish: (tick) => void io.emit('tick', tick),
  };
}
