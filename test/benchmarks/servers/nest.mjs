// Nest by hand: what one writes without the library. A gateway, a controller, and `server.to(room).emit`.
import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Patch } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { followedBy } from '../clients/updates.mjs';
import { decorateClass, decorateMethod } from '../built-library.mjs';
import { gatewayWith } from './gateway.mjs';
import { SERVER_OPTIONS } from './options.mjs';

const card = (id) => ({ id, title: `card ${id}`, boardId: 7, done: false, tags: ['a', 'b'] });

export async function start({ handlers = 0 }) {
  let io;
  class CardsGateway {
    afterInit(server) {
      io = server;
    }

    follow({ index, count, records }, socket) {
      void socket.join(followedBy(index, { count, records }).map((id) => `card ${id}`));
      return 'ok';
    }

    get() {
      return card(7);
    }
  }
  // A handler that returns a value acknowledges with it, as an application's would.
  const message = (name) => [SubscribeMessage(name)];
  decorateMethod(CardsGateway, 'follow', message('follow'), [MessageBody(), ConnectedSocket()]);
  decorateMethod(CardsGateway, 'get', message('get'), [MessageBody()]);
  decorateClass(CardsGateway, WebSocketGateway(SERVER_OPTIONS));

  class CardsController {
    findOne(id) {
      return card(Number(id));
    }

    updatePlain(id, body) {
      return { id: Number(id), ...body };
    }

    update(id, body) {
      const data = { ...body };
      io.to(`card ${id}`).emit('card', { verb: 'updated', id: Number(id), data });
      return { id: Number(id), ...body };
    }
  }
  decorateMethod(CardsController, 'findOne', [Get('plain/:id')], [Param('id')]);
  decorateMethod(CardsController, 'updatePlain', [Patch('plain/:id')], [Param('id'), Body()]);
  decorateMethod(CardsController, 'update', [Patch('cards/:id')], [Param('id'), Body()]);
  decorateClass(CardsController, Controller());

  const providers = handlers > 0 ? [CardsGateway, gatewayWith(handlers, SERVER_OPTIONS)] : [CardsGateway];
  const AppModule = decorateClass(class AppModule {}, Module({ controllers: [CardsController], providers }));
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return {
    port: app.getHttpServer().address().port,
    publish: (id, data) => void io.to(`card ${id}`).emit('card', { verb: 'updated', id, data }),
  };
}
