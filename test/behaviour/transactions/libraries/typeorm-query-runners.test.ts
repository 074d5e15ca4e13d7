import { describe, expect, it } from 'vitest';
import { DataSource, type QueryRunner } from 'typeorm';
import { messages } from '../../../support/messages.js';
import { told } from '../support/cards.js';
import { type Cards, renamed, startCards } from './support/library.js';
import { Card, withTypeOrm } from './support/with-typeorm.js';

describe('A transaction of TypeORM that is begun and ended by hand', () => {
  async function startByHand(): Promise<
    Cards & { queryRunner: QueryRunner; rename: (title: string) => Promise<void> }
  > {
    const cards = await startCards(withTypeOrm);
    const queryRunner = cards.app.get(DataSource).createQueryRunner();
    const rename = async (title: string): Promise<void> => {
      await queryRunner.manager.update(Card, 1, { title });
      await cards.channel.publishUpdate(1, { title }, { transaction: queryRunner });
    };
    return { ...cards, queryRunner, rename };
  }

  it('tells what names its query runner after the commit, and not before', async () => {
    const { app, file, client, queryRunner, rename } = await startByHand();
    const found: unknown[] = [];
    client.socket.on('card', () => found.push(file.title(1)));

    await queryRunner.startTransaction();
    await rename('new');
    await app.settle();
    expect(messages(client)).toEqual([]);
    await queryRunner.commitTransaction();
    await queryRunner.release();

    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
    expect(found).toEqual(['new']);
  });

  it('tells nothing that names its query runner when it is rolled back', async () => {
    const { app, client, queryRunner, rename } = await startByHand();

    await queryRunner.startTransaction();
    await rename('new');
    await queryRunner.rollbackTransaction();

    await app.settle();
    expect(messages(client)).toEqual([]);
  });

  it.each([
    ['manager', (queryRunner: QueryRunner) => queryRunner.manager],
    ['repository', (queryRunner: QueryRunner) => queryRunner.manager.getRepository(Card)],
  ])('takes a %s of the query runner for it', async (_name, of) => {
    const { app, channel, client, queryRunner } = await startByHand();

    await queryRunner.startTransaction();
    await channel.publishUpdate(1, { title: 'new' }, { transaction: of(queryRunner) });
    await app.sockets.blast('renamed', 1, { transaction: of(queryRunner) });
    await app.settle();
    expect(messages(client)).toEqual([]);
    await queryRunner.commitTransaction();

    await app.settle();
    expect(messages(client)).toEqual([renamed('new'), ['renamed', 1]]);
  });

  it('drops what names it in a savepoint that is rolled back, and nothing else', async () => {
    const { app, client, queryRunner, rename } = await startByHand();

    await queryRunner.startTransaction();
    await rename('before');
    await queryRunner.startTransaction();
    await rename('within');
    await queryRunner.rollbackTransaction();
    await rename('after');
    await queryRunner.commitTransaction();

    await app.settle();
    expect(messages(client)).toEqual([renamed('before'), renamed('after')]);
  });

  it('tells of a savepoint only when the transaction commits', async () => {
    const { app, client, queryRunner, rename } = await startByHand();

    await queryRunner.startTransaction();
    await queryRunner.startTransaction();
    await rename('within');
    await queryRunner.commitTransaction();
    await app.settle();
    expect(messages(client)).toEqual([]);
    await queryRunner.commitTransaction();

    await app.settle();
    expect(messages(client)).toEqual([renamed('within')]);
  });

  it('sends what names it after the commit at once, and what names it after the rollback never', async () => {
    const { app, channel, client, queryRunner } = await startByHand();

    await queryRunner.startTransaction();
    await queryRunner.commitTransaction();
    await channel.publishUpdate(1, { title: 'after the commit' }, { transaction: queryRunner });
    await queryRunner.startTransaction();
    await queryRunner.rollbackTransaction();
    await channel.publishUpdate(1, { title: 'after the rollback' }, { transaction: queryRunner });

    await app.settle();
    expect(messages(client)).toEqual([renamed('after the commit')]);
  });

  it('refuses a manager without a query runner', async () => {
    const { app, channel } = await startByHand();
    const transaction = app.get(DataSource).manager;

    await expect(channel.publishUpdate(1, {}, { transaction })).rejects.toMatchObject({
      code: 'INVALID_TRANSACTION',
      message: expect.stringContaining('typeOrm()') as string,
    });
  });

  it('tells at once what names a query runner without a transaction', async () => {
    const { app, client, rename } = await startByHand();

    await rename('no transaction');

    await app.settle();
    expect(messages(client)).toEqual([renamed('no transaction')]);
  });

  it('is a savepoint where one is begun in the callback of another of the same connection', async () => {
    const { app, client, rename } = await startByHand();

    const transaction = app.get(DataSource).transaction(async ({ queryRunner }) => {
      await queryRunner?.startTransaction();
      await rename('within');
      await queryRunner?.commitTransaction();
      throw new Error('later');
    });

    await expect(transaction).rejects.toThrow('later');
    await app.settle();
    expect(messages(client)).toEqual([]);
  });

  it('takes the query runner that a subscriber of TypeORM is given', async () => {
    const { app, file, channel, client } = await startByHand();
    const dataSource = app.get(DataSource);
    dataSource.subscribers.push({
      afterUpdate: ({ entity, queryRunner }) =>
        channel.publishUpdate(1, { title: (entity as Card).title }, { transaction: queryRunner }),
    });
    const card = await dataSource.getRepository(Card).findOneByOrFail({ id: 1 });

    // TypeORM begins a transaction of its own for each save. This one fails when it commits, for there is no such board.
    await expect(dataSource.getRepository(Card).save({ ...card, title: 'failed', boardId: 9 })).rejects.toThrow();
    await dataSource.getRepository(Card).save({ ...card, title: 'saved' });

    await app.settle();
    expect(messages(client)).toEqual([renamed('saved')]);
    expect(file.title(1)).toBe('saved');
  });

  it('tells what a subscriber hears of outside of transactions, however the last one of the connection ended', async () => {
    const { app, channel, client } = await startByHand();
    const dataSource = app.get(DataSource);
    dataSource.subscribers.push({
      afterInsert: ({ entity, queryRunner }) => channel.publishCreate(entity as Card, { transaction: queryRunner }),
    });
    const card = (id: number) => ({ id, title: 'new', boardId: null });

    await dataSource.getRepository(Card).insert(card(11));
    const failing = dataSource.transaction(async (manager) => {
      await manager.insert(Card, card(12));
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await dataSource.getRepository(Card).insert(card(13));

    await app.settle();
    expect(told(client)).toEqual(['created 11', 'created 13']);
  });
});
