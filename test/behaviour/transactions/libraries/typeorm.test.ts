import { ConflictException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DataSource, type EntityManager } from 'typeorm';
import { messages } from '../../../support/messages.js';
import {
  conflict,
  holdsIndependently,
  holdsSavepoints,
  holdsUntilCommitted,
  renamed,
  startCards,
} from './support/library.js';
import { Card, withTypeOrm } from './support/with-typeorm.js';

describe('A transaction of TypeORM', () => {
  holdsUntilCommitted(withTypeOrm);
  holdsSavepoints(withTypeOrm);
  holdsIndependently(withTypeOrm);

  type Begin = (dataSource: DataSource, work: (manager: EntityManager) => Promise<void>) => Promise<void>;

  it.each<[string, Begin]>([
    ['dataSource.transaction()', (dataSource, work) => dataSource.transaction(work)],
    [
      'dataSource.transaction() with an isolation level',
      (dataSource, work) => dataSource.transaction('SERIALIZABLE', work),
    ],
    ['dataSource.manager.transaction()', (dataSource, work) => dataSource.manager.transaction(work)],
    [
      'repository.manager.transaction()',
      (dataSource, work) => dataSource.getRepository(Card).manager.transaction(work),
    ],
    [
      'queryRunner.manager.transaction()',
      async (dataSource, work) => {
        const queryRunner = dataSource.createQueryRunner();
        await queryRunner.manager.transaction(work);
        await queryRunner.release();
      },
    ],
    [
      'transaction() of a manager made for a query runner',
      (dataSource, work) => dataSource.createEntityManager(dataSource.createQueryRunner()).transaction(work),
    ],
  ])('is held when begun by %s', async (_call, begin) => {
    const { app, file, channel, client } = await startCards(withTypeOrm);
    const dataSource = app.get(DataSource);

    await begin(dataSource, async (manager) => {
      await manager.update(Card, 1, { title: 'new' });
      await channel.publishUpdate(1, { title: 'new' });
      await app.settle();
      expect(messages(client)).toEqual([]);
    });
    const failed = begin(dataSource, async () => {
      await channel.publishUpdate(1, { title: 'newer' });
      conflict();
    });

    await expect(failed).rejects.toThrow(ConflictException);
    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
    expect(file.title(1)).toBe('new');
  });
});
