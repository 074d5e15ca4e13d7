import { describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { messages } from '../../../support/messages.js';
import { renamed, startCards } from './support/library.js';
import { Card, withTypeOrm } from './support/with-typeorm.js';

describe('A transaction of TypeORM', () => {
  it('tells nothing if the commit itself fails', async () => {
    const { app, file, channel, client } = await startCards(withTypeOrm);

    const transaction = app.get(DataSource).transaction(async (manager) => {
      // The database looks for the board when the transaction commits.
      await manager.update(Card, 1, { title: 'new', boardId: 9 });
      await channel.publishUpdate(1, { title: 'new' });
    });

    await expect(transaction).rejects.toThrow('FOREIGN KEY');
    await app.settle();
    expect(messages(client)).toEqual([]);
    expect(file.title(1)).toBe('old');
  });

  it('tells nothing if the commit fails of one that is ended by hand, and whose query runner is let go', async () => {
    const { app, channel, client } = await startCards(withTypeOrm);
    const queryRunner = app.get(DataSource).createQueryRunner();

    await queryRunner.startTransaction();
    await queryRunner.manager.update(Card, 1, { title: 'new', boardId: 9 });
    await channel.publishUpdate(1, { title: 'new' }, { transaction: queryRunner });
    await expect(queryRunner.commitTransaction()).rejects.toThrow('FOREIGN KEY');
    await queryRunner.rollbackTransaction();
    await queryRunner.release();

    await app.settle();
    expect(messages(client)).toEqual([]);
  });

  it('tells what has been committed, though a subscriber then throws and the transaction rejects', async () => {
    const { app, file, channel, client } = await startCards(withTypeOrm);
    const dataSource = app.get(DataSource);
    dataSource.subscribers.push({
      afterTransactionCommit: () => {
        throw new Error('of the subscriber');
      },
    });

    const transaction = dataSource.transaction(async (manager) => {
      await manager.update(Card, 1, { title: 'new' });
      await channel.publishUpdate(1, { title: 'new' });
    });

    await expect(transaction).rejects.toThrow('of the subscriber');
    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
    expect(file.title(1)).toBe('new');
  });

  it('tells nothing of a savepoint if a subscriber throws when it is released, for all is rolled back', async () => {
    const { app, file, channel, client } = await startCards(withTypeOrm);
    const dataSource = app.get(DataSource);
    dataSource.subscribers.push({
      afterTransactionCommit: () => {
        throw new Error('of the subscriber');
      },
    });

    const transaction = dataSource.transaction((outer) =>
      outer.transaction(async (inner) => {
        await inner.update(Card, 1, { title: 'new' });
        await channel.publishUpdate(1, { title: 'new' });
      }),
    );

    await expect(transaction).rejects.toThrow('of the subscriber');
    await app.settle();
    expect(messages(client)).toEqual([]);
    expect(file.title(1)).toBe('old');
  });

  it('tells nothing if a subscriber refuses that it starts', async () => {
    const { app, channel, client } = await startCards(withTypeOrm);
    const dataSource = app.get(DataSource);
    const refusal = {
      beforeTransactionStart: () => {
        throw new Error('of the subscriber');
      },
    };
    dataSource.subscribers.push(refusal);
    const rename = (title: string) => dataSource.transaction(() => channel.publishUpdate(1, { title }));

    await expect(rename('refused')).rejects.toThrow('of the subscriber');
    dataSource.subscribers.splice(dataSource.subscribers.indexOf(refusal), 1);
    await rename('new');

    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
  });

  it('answers with the error of its callback, and leaves nothing behind for the next one', async () => {
    const { app, channel, client } = await startCards(withTypeOrm);
    const dataSource = app.get(DataSource);

    await expect(
      dataSource.transaction(async () => {
        await channel.publishUpdate(1, { title: 'failed' });
        throw new Error('of the callback');
      }),
    ).rejects.toThrow('of the callback');
    await expect(dataSource.transaction(() => Promise.resolve('result'))).resolves.toBe('result');

    await app.settle();
    expect(messages(client)).toEqual([]);
  });
});
