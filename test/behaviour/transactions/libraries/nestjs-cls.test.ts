import { AsyncResource } from 'node:async_hooks';
import { ConflictException } from '@nestjs/common';
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { describe, expect, it } from 'vitest';
import { DataSource, type EntityManager } from 'typeorm';
import { TypeOrmModule } from '@nestjs/typeorm';
import { cls } from '../../../../src/transactions/nestjs-cls.js';
import { typeOrm } from '../../../../src/transactions/typeorm.js';
import { messages } from '../../../support/messages.js';
import {
  conflict,
  holdsIndependently,
  holdsSavepoints,
  holdsUntilCommitted,
  type Library,
  renamed,
  startCards,
} from './support/library.js';
import { DRIZZLE, drizzleOf, rename as renameByDrizzle } from './support/with-drizzle.js';
import { KnexAdapter, knexOf, rename as renameByKnex, WriteConflict } from './support/with-knex.js';
import { databaseModule, transactionBy, Transactions, withAdapter } from './support/with-nestjs-cls.js';
import { Card, dataSourceOf } from './support/with-typeorm.js';

const withTypeOrm: Library = {
  metadata: (file) =>
    withAdapter(
      new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource }),
      TypeOrmModule.forRoot(dataSourceOf(file)),
    ),
  transactions: [cls()],
  transaction: transactionBy((manager: EntityManager, id, title) => manager.update(Card, id, { title })),
};

const withDrizzle: Library = {
  metadata: (file) =>
    withAdapter(new TransactionalAdapterDrizzleOrm({ drizzleInstanceToken: DRIZZLE }), databaseModule(drizzleOf(file))),
  transactions: [cls()],
  transaction: transactionBy(renameByDrizzle),
};

const withKnex: Library = {
  metadata: (file) => withAdapter(new KnexAdapter(), databaseModule(knexOf(file))),
  transactions: [cls()],
  transaction: transactionBy(renameByKnex),
};

describe('A transaction of @nestjs-cls/transactional', () => {
  describe.each([
    ['TypeORM', withTypeOrm],
    ['TypeORM, which is reported by typeOrm(), too', { ...withTypeOrm, transactions: [typeOrm(), cls()] }],
    ['Drizzle', withDrizzle],
    ['Knex, by an adapter of the application', withKnex],
  ])('on %s', (_name, library) => {
    holdsUntilCommitted(library);
    holdsSavepoints(library);
  });

  // With SQLite, TypeORM has one connection, and Drizzle locks the file as it begins.
  describe('on several connections of Knex', () => {
    holdsIndependently(withKnex);
  });

  it('tells what the last attempt has published, if the adapter runs the work again', async () => {
    const { app, file, channel, client } = await startCards(withKnex);
    let attempts = 0;

    await withKnex.transaction(app, async (transaction) => {
      attempts++;
      await transaction.write(1, `attempt ${attempts}`);
      await channel.publishUpdate(1, { title: `attempt ${attempts}` });
      if (attempts < 3) throw new WriteConflict();
    });

    await app.settle();
    expect(messages(client)).toEqual([renamed('attempt 3')]);
    expect(file.title(1)).toBe('attempt 3');
  });

  it('tells at once what is published while the transaction is suspended', async () => {
    const { app, channel, client } = await startCards(withKnex);
    const transactions = app.get(Transactions);

    const transaction = transactions.required(async () => {
      await channel.publishUpdate(1, { title: 'within' });
      await transactions.outside(() => channel.publishUpdate(2, { title: 'outside' }));
      await app.settle();
      expect(messages(client)).toEqual([renamed('outside', 2)]);
      conflict();
    });

    await expect(transaction).rejects.toThrow(ConflictException);
    await app.settle();
    expect(messages(client)).toEqual([renamed('outside', 2)]);
  });

  it.each([
    ['the transaction', 'required'],
    ['a savepoint', 'nested'],
  ] as const)('holds what names %s, wherever it is published', async (_name, propagation) => {
    const { app, channel, client } = await startCards(withKnex);
    const transactions = app.get(Transactions);
    const elsewhere = AsyncResource.bind((transaction: object) =>
      channel.publishUpdate(1, { title: 'new' }, { transaction }),
    );

    await transactions.required(async () => {
      await transactions[propagation](() => elsewhere(transactions.current));
      await app.settle();
      expect(messages(client)).toEqual([]);
    });

    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
  });

  it('takes a manager of TypeORM for the transaction again, once a savepoint of it is rolled back', async () => {
    const { app, channel, client } = await startCards(withTypeOrm);
    const transactions = app.get(Transactions);

    await transactions.required(async () => {
      await expect(transactions.nested(async () => conflict())).rejects.toThrow(ConflictException);
      await channel.publishUpdate(1, { title: 'new' }, { transaction: transactions.current });
      await app.settle();
      expect(messages(client)).toEqual([]);
    });

    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
  });

  it('is told the truth by typeOrm() where SQLite makes a savepoint of an independent transaction', async () => {
    const library = { ...withTypeOrm, transactions: [cls(), typeOrm()] };
    const { app, file, channel, client } = await startCards(library);

    const transaction = library.transaction(app, async (outer) => {
      await outer.independent?.(async (inner) => {
        await inner.write(2, 'inner');
        await channel.publishUpdate(2, { title: 'inner' });
      });
      conflict();
    });

    await expect(transaction).rejects.toThrow(ConflictException);
    await app.settle();
    expect(messages(client)).toEqual([]);
    expect(file.title(2)).toBe('old');
  });
});
