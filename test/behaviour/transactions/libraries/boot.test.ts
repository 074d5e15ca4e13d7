import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getTransactionHostToken, TransactionHost } from '@nestjs-cls/transactional';
import { getDataSourceToken } from '@nestjs/typeorm';
import { describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { SocketsModule, type TransactionIntegration } from '../../../../src/index.js';
import { cls } from '../../../../src/transactions/nestjs-cls.js';
import { typeOrm } from '../../../../src/transactions/typeorm.js';
import { start } from '../../../support/application.js';
import { messages } from '../../../support/messages.js';
import { CardsFile } from './support/cards-file.js';
import { renamed, startCards } from './support/library.js';
import { databaseModule, Transactions, withAdapter } from './support/with-nestjs-cls.js';
import { KnexAdapter, knexOf } from './support/with-knex.js';
import { Card, dataSourceOf, withTypeOrm } from './support/with-typeorm.js';

describe('typeOrm()', () => {
  it('reports the data sources that it is given, and no others', async () => {
    const transactions = [typeOrm({ dataSources: [getDataSourceToken('other')] })];
    const { app, channel, client } = await startCards({ ...withTypeOrm, transactions });
    const fail = async (dataSource: DataSource, title: string) =>
      dataSource
        .transaction(async () => {
          await channel.publishUpdate(1, { title });
          throw new Error('later');
        })
        .catch(() => undefined);

    await fail(app.get<DataSource>(getDataSourceToken('other') as string), 'given');
    await fail(app.get(DataSource), 'not given');

    await app.settle();
    expect(messages(client)).toEqual([renamed('not given')]);
  });

  it('finds a data source that an application provides without @nestjs/typeorm', async () => {
    const { app, channel, client } = await startCards({
      transactions: [typeOrm()],
      metadata: (file) => ({
        providers: [{ provide: 'DATABASE', useFactory: () => new DataSource(dataSourceOf(file)).initialize() }],
      }),
    });

    const transaction = app.get<DataSource>('DATABASE').transaction(async () => {
      await channel.publishUpdate(1, { title: 'new' });
      throw new Error('later');
    });

    await expect(transaction).rejects.toThrow('later');
    await app.settle();
    expect(messages(client)).toEqual([]);
  });

  it('gives a data source back as it was when the application closes', async () => {
    const dataSource = await new DataSource(dataSourceOf(new CardsFile())).initialize();
    const queryRunner = dataSource.createQueryRunner();
    const properties = () => [dataSource, dataSource.manager, queryRunner].map((object) => Reflect.ownKeys(object));
    const before = properties();
    const app = await start({
      imports: [SocketsModule.forRoot({ transactions: [typeOrm()] })],
      providers: [{ provide: DataSource, useValue: dataSource }],
    });
    dataSource.createQueryRunner();
    expect(properties()).not.toEqual(before);

    await app.nest.close();

    expect(properties()).toEqual(before);
    await dataSource.transaction((manager) => manager.update(Card, 1, { title: 'new' }));
    await dataSource.destroy();
  });

  it('holds for each of two applications what it publishes in a transaction of a data source that both use', async () => {
    const file = new CardsFile();
    const dataSource = await new DataSource(dataSourceOf(file)).initialize();
    const metadata = () => ({ providers: [{ provide: DataSource, useValue: dataSource }] });
    // The same object, as two applications share that are made of one module.
    const library = { metadata, transactions: [typeOrm()] };
    const [one, other] = [await startCards(library), await startCards(library)];
    const both = [one, other];

    for (const fails of [false, true]) {
      const transaction = dataSource.transaction(async (manager) => {
        await manager.update(Card, 1, { title: 'new' });
        for (const { channel } of both) await channel.publishUpdate(1, { title: 'new' });
        for (const { app } of both) await app.settle();
        if (fails) throw new Error('later');
        for (const { client } of both) expect(messages(client)).toEqual([]);
      });
      if (fails) await expect(transaction).rejects.toThrow('later');
      else await transaction;
    }

    for (const { app, client } of both) {
      await app.settle();
      expect(messages(client)).toEqual([renamed('new')]);
    }
    await one.app.nest.close();
    await other.app.nest.close();
    await dataSource.destroy();
  });
});

describe('cls()', () => {
  it('reports the transaction hosts that it is given', async () => {
    const { app, channel, client } = await startCards({
      metadata: (file) => withAdapter(new KnexAdapter(), databaseModule(knexOf(file))),
      transactions: [cls({ transactionHosts: [getTransactionHostToken()] })],
    });

    const transaction = app.get(Transactions).required(async () => {
      await channel.publishUpdate(1, { title: 'new' });
      throw new Error('later');
    });

    await expect(transaction).rejects.toThrow('later');
    await app.settle();
    expect(messages(client)).toEqual([]);
  });

  it('gives a transaction host back as it was when the application closes', async () => {
    const { app } = await startCards({
      metadata: (file) => withAdapter(new KnexAdapter(), databaseModule(knexOf(file))),
      transactions: [cls()],
    });
    const host = app.get(TransactionHost);
    expect(Object.hasOwn(host, 'withoutTransaction')).toBe(true);

    await app.nest.close();

    expect(Object.hasOwn(host, 'withoutTransaction')).toBe(false);
  });
});

describe('An application without what an integration reports does not start', () => {
  it.each<[string, TransactionIntegration, string, RegExp]>([
    ['a data source', typeOrm(), 'NO_DATA_SOURCE', /provides no data source of TypeORM\. Import TypeOrmModule/],
    ['the data source', typeOrm({ dataSources: ['audit'] }), 'NO_DATA_SOURCE', /by the token audit of "dataSources"/],
    ['a transaction host', cls(), 'NO_TRANSACTION_HOST', /provides no TransactionHost\. Add ClsPluginTransactional/],
    [
      'the transaction host',
      cls({ transactionHosts: [getTransactionHostToken('audit')] }),
      'NO_TRANSACTION_HOST',
      /by the token Symbol\(TransactionHost_audit\) of "transactionHosts"/,
    ],
  ])('%s', async (_what, integration, code, message) => {
    @Module({ imports: [SocketsModule.forRoot({ transactions: [integration] })] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });

    await expect(app.listen(0)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    await app.close();
  });
});
