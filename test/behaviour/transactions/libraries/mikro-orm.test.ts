import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  ChangeSetType,
  Entity,
  type EventSubscriber,
  type FlushEventArgs,
  MikroORM,
  PrimaryKey,
  Property,
  type SqlEntityManager,
} from '@mikro-orm/libsql';
import { describe, expect, it } from 'vitest';
import { InjectResource, type ResourceChannel } from '../../../../src/index.js';
import { messages } from '../../../support/messages.js';
import type { CardsFile } from './support/cards-file.js';
import {
  holdsSavepoints,
  holdsUntilCommitted,
  type Library,
  renamed,
  startCards,
  type Transaction,
} from './support/library.js';

@Entity({ tableName: 'card' })
class Card {
  @PrimaryKey({ type: 'integer' })
  id!: number;

  @Property({ type: 'string' })
  title!: string;

  @Property({ type: 'integer', fieldName: 'boardId', nullable: true })
  boardId?: number;
}

/** As docs/transactions.md has it. */
@Injectable()
class PublishCards implements EventSubscriber {
  constructor(
    orm: MikroORM,
    @InjectResource('card') private readonly cards: ResourceChannel<Card>,
  ) {
    orm.em.getEventManager().registerSubscriber(this);
  }

  afterFlush({ uow }: FlushEventArgs): void {
    for (const { entity, type, payload } of uow.getChangeSets()) {
      if (entity instanceof Card && type === ChangeSetType.UPDATE) void this.cards.publishUpdate(entity.id, payload);
    }
  }
}

const ormOf = (file: CardsFile) => ({
  provide: MikroORM,
  useFactory: async (): Promise<MikroORM & OnApplicationShutdown> => {
    const orm = await MikroORM.init({ dbName: file.path, entities: [Card], debug: false });
    return Object.assign(orm, { onApplicationShutdown: () => orm.close() });
  },
});

const mikroOrm: Library = {
  metadata: (file) => ({ providers: [ormOf(file)] }),
  transaction: (app, work) => {
    const { sockets } = app;
    const transactionOf = (em: SqlEntityManager): Transaction => ({
      write: (id, title) => em.nativeUpdate(Card, { id }, { title }),
      nested: (inner) => sockets.afterCommit(() => em.transactional((savepoint) => inner(transactionOf(savepoint)))),
    });
    return sockets.afterCommit(() =>
      app
        .get<MikroORM>(MikroORM)
        .em.fork()
        .transactional((em) => work(transactionOf(em))),
    );
  },
};

describe('What is published in afterCommit(), around a transaction of MikroORM', () => {
  holdsUntilCommitted(mikroOrm);
  holdsSavepoints(mikroOrm);
});

describe('A subscriber of MikroORM that publishes what has changed', () => {
  const startWithSubscriber = () => startCards({ metadata: (file) => ({ providers: [ormOf(file), PublishCards] }) });

  it('tells what a flush has committed', async () => {
    const { app, file, client } = await startWithSubscriber();
    const found: unknown[] = [];
    client.socket.on('card', () => found.push(file.title(1)));
    const em = app.get<MikroORM>(MikroORM).em.fork();

    (await em.findOneOrFail(Card, { id: 1 })).title = 'new';
    await em.flush();

    await app.settle();
    expect(messages(client)).toEqual([renamed('new')]);
    expect(found).toEqual(['new']);
  });

  it('tells nothing of a flush that fails', async () => {
    const { app, client } = await startWithSubscriber();
    const em = app.get<MikroORM>(MikroORM).em.fork();

    Object.assign(await em.findOneOrFail(Card, { id: 1 }), { title: 'new', boardId: 9 });
    await expect(em.flush()).rejects.toThrow('FOREIGN KEY');

    await app.settle();
    expect(messages(client)).toEqual([]);
  });

  it.each([
    ['commits', 'new', [renamed('new')]],
    ['is rolled back', 'old', []],
  ])('waits in afterCommit() for a transaction that %s', async (_end, title, heard) => {
    const { app, file, client } = await startWithSubscriber();
    const em = app.get<MikroORM>(MikroORM).em.fork();

    const transaction = app.sockets.afterCommit(() =>
      em.transactional(async (inner) => {
        (await inner.findOneOrFail(Card, { id: 1 })).title = 'new';
        await inner.flush();
        await app.settle();
        expect(messages(client)).toEqual([]);
        if (title === 'old') throw new Error('later');
      }),
    );

    const [{ status }] = await Promise.allSettled([transaction]);
    await app.settle();
    expect(messages(client)).toEqual(heard);
    expect([status, file.title(1)]).toEqual([title === 'new' ? 'fulfilled' : 'rejected', title]);
  });
});
