import { Controller, Get, Injectable, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import libsql from 'libsql';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  InjectResource,
  ResourcefulPubSub,
  type ResourceChannel,
  SocketsModule,
  type SocketsModuleOptions,
  SocketsService,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
import { onceDone } from '../../support/lifetime.js';
import { Logs } from '../../support/logs.js';

const dataSource: Provider = {
  provide: DataSource,
  useFactory: async () => {
    const connected = new DataSource({ type: 'better-sqlite3', driver: libsql, database: ':memory:' });
    await connected.initialize();
    onceDone(() => connected.destroy());
    return connected;
  },
};

/** What nestjs-cls provides is recognized by its methods. */
class TransactionHost {
  withTransaction(): void {}
  withoutTransaction(): void {}
  isTransactionActive(): void {}
}

@Injectable()
class CardsService {
  constructor(@InjectResource('card') readonly cards: ResourceChannel) {}
}

@Injectable()
class Janitor {
  constructor(readonly pubsub: ResourcefulPubSub) {}
}

@Injectable()
class Greeter {
  constructor(readonly sockets: SocketsService) {}
}

@Controller('lists')
class ListsController {
  @InjectResource('list') readonly lists!: ResourceChannel;

  @Get()
  find(): void {}
}

interface Application {
  providers?: Provider[];
  controllers?: Type[];
  options?: SocketsModuleOptions;
}

async function warningsOf({ options = {}, ...application }: Application): Promise<string[]> {
  const logs = new Logs();
  await start({ ...application, imports: [SocketsModule.forRoot(options)], main: logs.open });
  return logs.naming('inside a transaction').warnings;
}

describe('An application with transactions that nobody reports', () => {
  it('is warned at boot where a class injects a channel, with the lines to write', async () => {
    const warnings = await warningsOf({ providers: [dataSource, CardsService] });

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('CardsService can publish from code');
    expect(warnings[0]).toContain('a DataSource of TypeORM');
    expect(warnings[0]).toContain("import { typeOrm } from 'nestjs-sockets/typeorm';");
    expect(warnings[0]).toContain('SocketsModule.forRoot({ transactions: [typeOrm()] })');
  });

  it.each<[string, Application, string]>([
    ['in a controller', { controllers: [ListsController] }, 'ListsController can'],
    ['by ResourcefulPubSub', { providers: [Janitor] }, 'Janitor can'],
    [
      'in several classes',
      { providers: [Janitor, CardsService], controllers: [ListsController] },
      'Janitor, CardsService, ListsController can',
    ],
    [
      'in a class that is extended',
      { providers: [{ provide: 'cards', useClass: class SpecialCards extends CardsService {} }] },
      'SpecialCards can',
    ],
    [
      'in a factory',
      {
        providers: [
          CardsService,
          {
            provide: 'names',
            useFactory: (cards: ResourceChannel) => cards,
            inject: [{ token: 'nestjs-sockets:resource:card', optional: true }],
          },
        ],
      },
      'CardsService, names can',
    ],
  ])('is warned where a channel is injected %s', async (_where, { providers = [], controllers }, expected) => {
    const warnings = await warningsOf({ providers: [dataSource, ...providers], controllers });

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(expected);
  });

  it('is warned, too, of the transactions of nestjs-cls, and of both', async () => {
    const [ofCls] = await warningsOf({ providers: [TransactionHost, CardsService] });
    expect(ofCls).toContain("import { cls } from 'nestjs-sockets/nestjs-cls';");
    expect(ofCls).toContain('transactions: [cls()]');

    const [ofBoth] = await warningsOf({ providers: [TransactionHost, dataSource, CardsService] });
    expect(ofBoth).toContain('transactions: [cls(), typeOrm()]');
  });

  it('is warned without an HTTP server, too', async () => {
    const logs = new Logs();
    class ScriptModule {}
    const providers = [dataSource, CardsService];
    const module = { module: ScriptModule, imports: [SocketsModule.forRoot()], providers };
    const script = await NestFactory.createApplicationContext(module, { logger: logs });
    onceDone(() => script.close());

    expect(logs.naming('inside a transaction').warnings).toHaveLength(1);
  });

  it.each<[string, Application]>([
    ['nothing injects a channel', { providers: [dataSource, Greeter] }],
    ['there is no database library that is known', { providers: [CardsService] }],
    ['transactions is false', { providers: [dataSource, CardsService], options: { transactions: false } }],
    ['transactions is empty', { providers: [dataSource, CardsService], options: { transactions: [] } }],
    [
      'an integration is there',
      {
        providers: [dataSource, CardsService],
        options: { transactions: [{ name: 'own()', connect: () => undefined }] },
      },
    ],
  ])('is not warned where %s', async (_why, application) => {
    expect(await warningsOf(application)).toEqual([]);
  });
});
