import { Controller, Get, Inject, Module, Param, Patch, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import {
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
  SocketsModule,
  type SocketsModuleOptions,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { CardsTable } from './cards-table.js';
import { type Card, clusterOf, type JoinedServer, type Setting, type Tick } from './joined-server.js';

@Controller('ticks')
@Resourceful('tick')
class TicksController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): unknown[] {
    return [];
  }
}

@Controller('cards')
@Resourceful('card', { idType: 'number', version: process.env.WITHOUT_VERSION ? undefined : 'version' })
class CardsController {
  constructor(@Inject(CardsTable) private readonly table: CardsTable) {}

  @Get()
  @SubscribeOnRead({ watch: true })
  find(): Card[] {
    return [this.table.read()];
  }

  @Patch('1/:by')
  @PublishOnUpdate()
  async write(@Param('by') by: string, @Query('pause') pause: string): Promise<Card> {
    const card = this.table.write(by);
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    return card;
  }
}

/** An application with the library, whose options are its defaults unless the trial says otherwise. */
export async function startLibrary(setting: Setting, options: SocketsModuleOptions): Promise<JoinedServer> {
  @Module({
    imports: [SocketsModule.forRoot({ cluster: clusterOf(setting), ...options })],
    controllers: [TicksController, CardsController],
    providers: [{ provide: CardsTable, useFactory: () => new CardsTable(setting.database) }],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const pubSub = app.get(ResourcefulPubSub);
  const ticks = pubSub.of<Tick>('tick');
  const cards = pubSub.of<Card>('card');
  return {
    port,
    publish: (tick) => ticks.publishCreate(tick),
    async write(by, pause) {
      const { status } = await fetch(`http://127.0.0.1:${port}/cards/1/${by}?pause=${pause}`, { method: 'PATCH' });
      if (status !== 200) throw new Error(`PATCH was answered with ${status}.`);
    },
    mark: (id) => cards.publishCreate({ id, version: 1, by: 'mark' }),
  };
}
