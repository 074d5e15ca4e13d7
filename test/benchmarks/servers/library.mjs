// The library as it is built in dist/: one resource, whose records are read over the socket and changed over HTTP.
import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Patch, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { PublishOnUpdate, Resourceful, ResourcefulPubSub, SocketsModule, SubscribeOnRead } from 'nestjs-sockets';
import { followedBy } from '../clients/updates.mjs';
import { decorateClass, decorateMethod } from '../built-library.mjs';
import { gatewayWith } from './gateway.mjs';
import { SERVER_OPTIONS } from './options.mjs';

const card = (id) => ({ id, title: `card ${id}`, boardId: 7, done: false, tags: ['a', 'b'] });

const MANY = 1_000_000_000;

const LIMITS = {
  connectionsPerAddress: 1_000_000,
  connectionsPerUser: 1_000_000,
  handshakesPerSecond: 1_000_000,
  handshakeBurst: 1_000_000,
  packetsPerSecond: MANY,
  packetBurst: MANY,
  bytesPerSecond: MANY,
  byteBurst: MANY,
};

const cardsOf = ({ index, count, records }) =>
  followedBy(Number(index), { count: Number(count), records: Number(records) }).map(card);

class CardsController {
  findAll(query) {
    return cardsOf(query);
  }

  findOne(id) {
    return card(Number(id));
  }

  update(id, body) {
    return { id: Number(id), ...body };
  }
}
decorateMethod(CardsController, 'findAll', [Get(), SubscribeOnRead()], [Query()]);
decorateMethod(CardsController, 'findOne', [Get(':id'), SubscribeOnRead()], [Param('id')]);
decorateMethod(CardsController, 'update', [Patch(':id'), PublishOnUpdate()], [Param('id'), Body()]);

/** The same routes without decorators of the library. */
class PlainController {
  findAll(query) {
    return cardsOf(query);
  }

  findOne(id) {
    return card(Number(id));
  }

  update(id, body) {
    return { id: Number(id), ...body };
  }
}
decorateMethod(PlainController, 'findAll', [Get()], [Query()]);
decorateMethod(PlainController, 'findOne', [Get(':id')], [Param('id')]);
decorateMethod(PlainController, 'update', [Patch(':id')], [Param('id'), Body()]);
decorateClass(PlainController, Controller('plain'));

const AUDIENCES = ['first', 'second', 'third', 'fourth'];

const VIEWS = {
  views: Object.fromEntries(AUDIENCES.map((name) => [name, (record) => ({ ...record, shownTo: name })])),
  audience: (user) => AUDIENCES[user.id % (AUDIENCES.length + 1)],
};

/** @param options `handlers` of a gateway, `views` of the resource, and other `module` options */
export async function start({ handlers = 0, views = false, module = {} }) {
  decorateClass(CardsController, Controller('cards'), Resourceful('card', views ? VIEWS : {}));
  const users = views ? { authenticate: ({ auth }) => ({ id: auth.user }) } : {};
  const AppModule = decorateClass(
    class AppModule {},
    Module({
      imports: [SocketsModule.forRoot({ server: SERVER_OPTIONS, ...users, ...module, limits: { ...LIMITS } })],
      controllers: [CardsController, PlainController],
      providers: handlers > 0 ? [gatewayWith(handlers)] : [],
    }),
  );
  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const cards = app.get(ResourcefulPubSub).of('card');
  return {
    port: app.getHttpServer().address().port,
    publish: (recordId, data) => void cards.publishUpdate(recordId, data),
    destroy: (recordId) => cards.publishDestroy(recordId),
    async subscribeInBulk({ ids, first, count }) {
      const all = Array.from({ length: count }, (_, n) => first + n);
      for (const socket of ids) await cards.subscribe(socket, all);
    },
    async subscribeOneByOne({ ids, first, count }) {
      for (const socket of ids) for (let n = 0; n < count; n++) await cards.subscribe(socket, first + n);
    },
  };
}
