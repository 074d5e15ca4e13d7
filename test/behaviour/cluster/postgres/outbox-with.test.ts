import { Controller } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribesTo } from '../../../../src/index.js';
import { Gate } from '../../../support/gate.js';
import {
  BoardsController,
  type Card,
  cardsOf,
  readBoards,
  toldOf,
  VersionedBoardsController,
} from './support/boards.js';
import { inTransaction, leaveBehind, startTwo, type Subject, untilTold, withPostgres } from './support/outbox.js';

const postgres = withPostgres();

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('card')
class AdminGateway {}

const boards = { controllers: [BoardsController] };

/** What the readers of boards 7 and 8 were told, once they have heard of a card that comes last. */
async function toldBoards(subject: Subject, readers: Awaited<ReturnType<typeof readBoards>>): Promise<string[][][]> {
  const [cards] = cardsOf(subject);
  await cards.publishCreate({ id: 27, boardId: 7, title: 'last' });
  await cards.publishCreate({ id: 28, boardId: 8, title: 'last' });
  for (const { seven, eight } of readers) {
    await expect.poll(() => toldOf(seven)).toContain('created 27 last');
    await expect.poll(() => toldOf(eight)).toContain('created 28 last');
  }
  return readers.map((both) => [both.seven, both.eight].map((one) => toldOf(one).slice(0, -1)));
}

/** The same of each server. */
const everywhere = (seven: string[], eight: string[]): string[][][] => [
  [seven, eight],
  [seven, eight],
];

describe('A transaction that moves a record, in the outbox', () => {
  it('tells the new slice alone of what it publishes about the record afterwards', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await cards.publishUpdate(1, { boardId: 8 }, { outbox: client });
      await cards.publishUpdate(1, { title: 'for board 8' }, { outbox: client });
    });

    expect(await toldBoards(subject, readers)).toEqual(everywhere(['left 1'], ['entered 1', 'updated 1 for board 8']));
  });

  it.for([
    ['in memory', (move: () => Promise<void>) => move()],
    ['untold', (move: () => Promise<void>, { app }: Subject) => app.sockets.withoutPublishing(move)],
  ] as const)('tells the new slice of what it publishes after a move that is kept %s', async ([how, run], context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await run(() => cards.publishUpdate(1, { boardId: 8 }), subject);
      await cards.publishUpdate(1, { title: 'for board 8' }, { outbox: client });
    });

    const moved = how === 'in memory' ? [['left 1'], ['entered 1']] : [[], []];
    expect(await toldBoards(subject, readers)).toEqual(everywhere(moved[0], [...moved[1], 'updated 1 for board 8']));
  });

  it('tells the old slice of what it publishes after a move in memory that was rolled back', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      const inner = subject.app.sockets.afterCommit(async () => {
        await cards.publishUpdate(1, { boardId: 8 });
        throw new Error('not this');
      });
      await expect(inner).rejects.toThrow('not this');
      await cards.publishUpdate(1, { title: 'for board 7' }, { outbox: client });
    });

    expect(await toldBoards(subject, readers)).toEqual(everywhere(['updated 1 for board 7'], []));
  });

  it('knows where a record was moved after the transaction, in what the transaction has started', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    let later: (() => Promise<void>) | undefined;
    await inTransaction(subject, async () => {
      await cards.publishUpdate(1, { boardId: 8 });
      later = AsyncResource.bind(() =>
        inTransaction(subject, (client) => cards.publishUpdate(1, { title: 'for board 7' }, { outbox: client })),
      );
    });
    await cards.publishUpdate(1, { boardId: 7 });
    await later?.();

    const seven = ['left 1', 'entered 1', 'updated 1 for board 7'];
    expect(await toldBoards(subject, readers)).toEqual(everywhere(seven, ['entered 1', 'left 1']));
  });

  it('tells the new slice of what it publishes while a view of the move before it still waits', async (context) => {
    const gate = new Gate();
    @Controller()
    @Resourceful('card', {
      idType: 'number',
      slices: ['boardId'],
      view: async (card: Card) => {
        if (card.boardId === 8) await gate.opened;
        return card;
      },
    })
    class SlowBoardsController extends BoardsController {}
    const subject = await startTwo(postgres, context, { controllers: [SlowBoardsController] });
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      const moved = cards.publishUpdate(1, { boardId: 8 });
      const written = cards.publishUpdate(1, { title: 'for board 8' }, { outbox: client });
      // Its own view has answered by then.
      await new Promise((resolve) => setImmediate(resolve));
      gate.open();
      await Promise.all([moved, written]);
    });

    expect(await toldBoards(subject, readers)).toEqual(everywhere(['left 1'], ['entered 1', 'updated 1 for board 8']));
  });

  it('tells the old slice if only the move was rolled back, to a savepoint that is known', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await client.query('SAVEPOINT here');
      const inner = subject.app.sockets.afterCommit(async () => {
        await cards.publishUpdate(1, { boardId: 8 }, { outbox: client });
        throw new Error('not this');
      });
      await expect(inner).rejects.toThrow('not this');
      await client.query('ROLLBACK TO here');
      await cards.publishUpdate(1, { title: 'for board 7' }, { outbox: client });
    });

    expect(await toldBoards(subject, readers)).toEqual(everywhere(['updated 1 for board 7'], []));
  });

  it('has no server take the record for moved if that was rolled back by hand', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await client.query('SAVEPOINT here');
      await cards.publishUpdate(1, { boardId: 8 }, { outbox: client });
      await client.query('ROLLBACK TO here');
    });
    // Which was found out by the time that this is known to be counted after it.
    await cards.publishCreate({ id: 2, boardId: 7, title: 'between' });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toEqual(['created 2 between']);
    await elsewhere.publishUpdate(1, { title: 'of another server' });
    for (const { seven } of readers) {
      await expect.poll(() => toldOf(seven)).toContain('updated 1 of another server');
    }
    await cards.publishUpdate(1, { title: 'of its own' });

    for (const [, eight] of await toldBoards(subject, readers)) expect(eight).toEqual([]);
  });
});

describe('What follows from a transaction of the outbox', () => {
  it('leaves a record where another server has moved it before the commit', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await cards.publishUpdate(1, { title: 'in the transaction' }, { outbox: client });
      await elsewhere.publishUpdate(1, { boardId: 8 }, { immediately: true });
      await expect.poll(() => toldOf(readers[0].eight)).toEqual(['entered 1']);
    });
    await cards.publishUpdate(1, { title: 'for board 8' });

    for (const [seven, eight] of await toldBoards(subject, readers)) {
      // It was written for the slice where the record was then.
      expect(seven).toEqual(['left 1', 'updated 1 in the transaction']);
      expect(eight).toEqual(['entered 1', 'updated 1 for board 8']);
    }
  });

  it('leaves a record where its last change has taken it, of two that wait, one of them with a key', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await cards.publishUpdate(1, { boardId: 9 }, { outbox: client });
      await cards.publishUpdate(1, { boardId: 8 }, { outbox: client, once: 'job' });
    });
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toEqual(['entered 1']);
    await cards.publishUpdate(1, { title: 'for board 8' });
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toContain('updated 1 for board 8');
    await elsewhere.publishUpdate(1, { title: 'for board 8, too' });

    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toContain('updated 1 for board 8, too');
  });

  it('leaves a record where it was created again after its end, in one transaction', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await cards.publishDestroy(1, { outbox: client });
      await cards.publishCreate({ id: 1, boardId: 8, title: 'again' }, { outbox: client });
    });
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toContain('created 1 again');
    await cards.publishUpdate(1, { title: 'for board 8' });

    expect(await toldBoards(subject, readers)).toEqual(
      everywhere(['destroyed 1'], ['created 1 again', 'updated 1 for board 8']),
    );
  });

  it('leaves a record where a newer version has moved it before the commit', async (context) => {
    const subject = await startTwo(postgres, context, { controllers: [VersionedBoardsController] });
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await cards.publishUpdate(1, { boardId: 8, version: 2 }, { outbox: client });
      await elsewhere.publishUpdate(1, { boardId: 7, title: 'newer', version: 3 }, { immediately: true });
      for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toEqual(['updated 1 newer']);
    });
    // By the time that this has come, the other server has heard of the older version, too.
    await cards.publishCreate({ id: 2, boardId: 7, title: 'between', version: 1 });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('created 2 between');
    await elsewhere.publishUpdate(1, { title: 'for board 7', version: 4 });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('updated 1 for board 7');

    const seven = ['updated 1 newer', 'created 2 between', 'updated 1 for board 7'];
    expect(await toldBoards(subject, readers)).toEqual(everywhere(seven, []));
  });

  it('takes no record for moved by what was rolled back by hand, though it was changed afterwards', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);

    await inTransaction(subject, async (client) => {
      await client.query('SAVEPOINT here');
      await cards.publishUpdate(1, { boardId: 8 }, { outbox: client });
      await client.query('ROLLBACK TO here');
      await cards.publishUpdate(1, { title: 'changed' }, { outbox: client });
    });
    await cards.publishCreate({ id: 2, boardId: 7, title: 'between' });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('created 2 between');
    await cards.publishUpdate(1, { title: 'not for board 8' });

    for (const [, eight] of await toldBoards(subject, readers))
      expect(eight).not.toContain('updated 1 not for board 8');
  });
});

describe('What is published with a key, { once }', () => {
  it('keeps its place among what other channels publish in the same transaction', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const [{ seven }] = await readBoards(subject);
    const [cards] = cardsOf(subject);
    const lists = subject.app.channel<{ id: number; title: string }>('list');
    await lists.subscribe(seven.id, [1]);
    const heard: string[] = [];
    seven.socket.onAny((resource: string, { id }: { id: number }) => heard.push(`${resource} ${id}`));

    await subject.app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, { title: 'first' }, { once: 'first' });
      await cards.publishCreate({ id: 2, boardId: 7, title: 'second' }, { once: 'second' });
      await cards.publishUpdate(2, { title: 'third' });
      await lists.publishUpdate(1, { title: 'fourth' });
    });

    await expect.poll(() => heard).toContain('list 1');
    await cards.publishUpdate(1, { title: 'last' });
    await expect.poll(() => heard).toHaveLength(5);
    expect(heard).toEqual(['card 1', 'card 2', 'card 2', 'list 1', 'card 1']);
  });
});

describe('What is written in the outbox with a key, { once }', () => {
  it('is told once, whichever server the job runs on again, and a copy says nothing of slices', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);
    const run = (on: Subject['app']): Promise<void> =>
      inTransaction({ ...subject, app: on }, (client) =>
        on.channel<Card>('card').publishUpdate(1, { boardId: 8 }, { outbox: client, once: 'job' }),
      );

    await run(subject.app);
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toEqual(['entered 1']);
    await elsewhere.publishUpdate(1, { boardId: 7 });
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toEqual(['entered 1', 'left 1']);
    await run(subject.other);
    await run(subject.app);
    await untilTold(subject);
    await cards.publishUpdate(1, { title: 'for board 7' });

    expect(await toldBoards(subject, readers)).toEqual(
      everywhere(['left 1', 'entered 1', 'updated 1 for board 7'], ['entered 1', 'left 1']),
    );
  });

  it('is told once if another server tells of the first run, and of the second', async (context) => {
    const subject = await startTwo(postgres, context, boards);
    const readers = await readBoards(subject);
    const [cards] = cardsOf(subject);
    const run = (): Promise<void> =>
      leaveBehind(subject, (client) => cards.publishUpdate(1, { title: 'job' }, { outbox: client, once: 'job' }));

    await run();
    await run();
    await untilTold(subject);

    expect(await toldBoards(subject, readers)).toEqual(everywhere(['updated 1 job'], []));
    const { app, other } = subject;
    const relayed = [app, other].map(({ sockets }) => sockets.metrics().journal?.relayed ?? 0);
    expect(relayed.reduce((sum, one) => sum + one, 0)).toBe(1);
  });
});

describe('What is written in the outbox of a resource in several namespaces', () => {
  it.for([true, false])('is told once in each of them (by its own server: %j)', async (isHeard, context) => {
    const subject = await startTwo(postgres, context, { ...boards, providers: [AdminGateway] });
    const [cards] = cardsOf(subject);
    const clients = await Promise.all(
      [subject.app, subject.other].flatMap((one) => [one.connect(), one.connect({ namespace: '/admin' })]),
    );
    for (const client of clients) await client.socket.emitWithAck('get', { url: '/cards/1' });
    for (const [index, client] of clients.entries()) {
      const own = index < 2 ? subject.app : subject.other;
      await own.channel('card').subscribe(client.id, 1);
    }

    await (isHeard ? inTransaction : leaveBehind)(subject, async (client) => {
      await cards.publishUpdate(1, { title: 'first' }, { outbox: client });
      await cards.publishDestroy(1, { outbox: client });
    });
    // The subscriptions end with that.
    for (const client of clients) await expect.poll(() => toldOf(client)).toContain('destroyed 1');
    await cards.publishUpdate(1, { title: 'of a card that came later' });
    await cards.publishUpdate(2, { title: 'afterwards' }, { to: clients.map(({ id }) => id) });

    for (const client of clients) {
      await expect.poll(() => toldOf(client)).toContain('updated 2 afterwards');
      expect(toldOf(client)).toEqual(['updated 1 first', 'destroyed 1', 'updated 2 afterwards']);
    }
  });
});
