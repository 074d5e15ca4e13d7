// The application that requests.mjs measures: one ordinary controller.
import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SocketsModule } from 'nestjs-sockets';

const card = (id) => ({ id, title: `card ${id}`, boardId: 7, done: false, tags: ['a', 'b'] });
const cards = Array.from({ length: 50 }, (_, index) => card(index));

class CardsController {
  findAll() {
    return cards;
  }

  findOne(id) {
    return card(Number(id));
  }

  create(body) {
    return { id: 1, ...body };
  }
}

const decorate = (method, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(CardsController.prototype, method);
  for (const decorator of decorators) decorator(CardsController.prototype, method, descriptor);
};
decorate('findAll', Get());
decorate('findOne', Get(':id'), (prototype, method) => Param('id')(prototype, method, 0));
decorate('create', Post(), (prototype, method) => Body()(prototype, method, 0));
Controller('cards')(CardsController);

class AppModule {}
Module({
  imports: [SocketsModule.forRoot({ limits: { packetsPerSecond: 1_000_000, packetBurst: 1_000_000 } })],
  controllers: [CardsController],
})(AppModule);

const adapter = process.argv[2] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send(user + system);
});
process.send(app.getHttpServer().address().port);
