import { describe, expect, it } from 'vitest';
import { InvalidEmitOptionsError } from '../../../src/index.js';
import { Logs } from '../../support/logs.js';
import { Gate } from '../../support/gate.js';
import { Rollback, told, watchedCards } from './support/cards.js';

describe('A transaction inside another', () => {
  it('is told with the one around it, in the order of the calls', async () => {
    const { app, cards, client } = await watchedCards();
    const { sockets } = app;
    const innerOpen = new Gate();
    const outerPublished = new Gate();

    await sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 1 });
      const inner = sockets.afterCommit(async () => {
        await cards.publishCreate({ id: 2 });
        innerOpen.open();
        await outerPublished.opened;
        await cards.publishCreate({ id: 4 });
      });
      await innerOpen.opened;
      await cards.publishCreate({ id: 3 });
      outerPublished.open();
      await inner;
      await app.settle();
      expect(told(client)).toEqual([]);
    });
    await app.settle();

    expect(told(client)).toEqual(['created 1', 'created 2', 'created 3', 'created 4']);
  });

  it('drops nothing but its own when it is rolled back', async () => {
    const { app, cards, client } = await watchedCards();
    const { sockets } = app;

    await sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 1 });
      const inner = sockets.afterCommit(async () => {
        await cards.publishCreate({ id: 2 });
        await sockets.afterCommit(() => cards.publishCreate({ id: 3 }));
        throw new Rollback();
      });
      await inner.catch(() => undefined);
      await cards.publishCreate({ id: 4 });
    });
    await app.settle();

    expect(told(client)).toEqual(['created 1', 'created 4']);
  });

  it('is told to nobody when the one around it is rolled back', async () => {
    const { app, cards, client } = await watchedCards();
    const { sockets } = app;

    const outer = sockets.afterCommit(async () => {
      await sockets.afterCommit(() => cards.publishCreate({ id: 1 }));
      throw new Rollback();
    });
    await expect(outer).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual([]);
  });

  it('is told by itself where it is independent, whatever becomes of the one around it', async () => {
    const { app, cards, client } = await watchedCards();
    const { sockets } = app;

    const outer = sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 1 });
      await sockets.afterCommit(
        async () => {
          await cards.publishCreate({ id: 2 });
          await sockets.afterCommit(() => cards.publishCreate({ id: 3 }));
        },
        { independent: true },
      );
      await app.settle();
      expect(told(client)).toEqual(['created 2', 'created 3']);
      throw new Rollback();
    });
    await expect(outer).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual(['created 2', 'created 3']);
  });

  it('is refused with an option that does not exist', async () => {
    const { app } = await watchedCards();

    const refused = app.sockets.afterCommit(() => 1, { independant: true } as never);
    await expect(refused).rejects.toThrow(InvalidEmitOptionsError);
  });
});

describe('What is left over from a transaction', () => {
  it('is told at once after the commit', async () => {
    const { app, cards, client } = await watchedCards();
    const committed = new Gate();
    let late: Promise<void> | undefined;

    await app.sockets.afterCommit(async () => {
      late = committed.opened.then(() => cards.publishCreate({ id: 2 }));
      await cards.publishCreate({ id: 1 });
    });
    committed.open();
    await late;
    await app.settle();

    expect(told(client)).toEqual(['created 1', 'created 2']);
  });

  it('is told to nobody after a rollback, and the log says so once for each transaction', async () => {
    const logs = new Logs();
    const { app, cards, client } = await watchedCards({}, { main: logs.open });
    const rolledBack = new Gate();
    const late: Promise<void>[] = [];

    for (const id of [1, 2]) {
      const transaction = app.sockets.afterCommit(async () => {
        const publishTwice = async (): Promise<void> => {
          await rolledBack.opened;
          await cards.publishUpdate(id, { title: 'late' });
          await app.sockets.blast('late', {});
        };
        late.push(publishTwice());
        throw new Rollback();
      });
      await expect(transaction).rejects.toThrow(Rollback);
    }
    rolledBack.open();
    await Promise.all(late);
    await app.settle();

    expect(told(client)).toEqual([]);
    const { warnings } = logs.naming('had been rolled back');
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('card.publishUpdate');
    expect(warnings[0]).toContain('await it');
  });

  it('waits for the transaction around it, where its own has committed into that', async () => {
    const { app, cards, client } = await watchedCards();
    const { sockets } = app;
    const innerEnded = new Gate();
    let late: Promise<void> | undefined;

    const outer = sockets.afterCommit(async () => {
      await sockets.afterCommit(async () => {
        late = innerEnded.opened.then(() => cards.publishCreate({ id: 1 }));
      });
      innerEnded.open();
      await late;
      await app.settle();
      expect(told(client)).toEqual([]);
      throw new Rollback();
    });
    await expect(outer).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual([]);
  });
});
