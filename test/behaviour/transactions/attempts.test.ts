import { describe, expect, it } from 'vitest';
import { Gate } from '../../support/gate.js';
import { lazy, Rollback, told, watchedCards } from './support/cards.js';

/** Runs a transaction as drivers do that repeat one which met a conflict. */
async function withRetries<T>(conflicts: number, work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= conflicts; attempt++) await work(attempt);
  return work(conflicts + 1);
}

describe('A transaction that the driver runs again', () => {
  it('is told once, as its last attempt has it', async () => {
    const { app, cards, client } = await watchedCards();

    const result = await app.sockets.afterCommit(({ attempt }) =>
      withRetries(2, (number) =>
        attempt(async () => {
          await cards.publishUpdate(number, { title: `attempt ${number}` });
          await app.sockets.blast('hello', {});
          return number;
        }),
      ),
    );
    await app.settle();

    expect(result).toBe(3);
    expect(told(client)).toEqual(['updated 3', 'hello']);
  });

  it('is told once inside another, whose own is told, too', async () => {
    const { app, cards, client } = await watchedCards();

    await app.sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 1 });
      await app.sockets.afterCommit(({ attempt }) =>
        withRetries(1, (number) => attempt(() => cards.publishCreate({ id: 10 + number }))),
      );
    });
    await app.settle();

    expect(told(client)).toEqual(['created 1', 'created 12']);
  });

  it('forgets what a transaction inside an earlier attempt commits afterwards', async () => {
    const { app, cards, client } = await watchedCards();
    const lastAttempt = new Gate();
    let leftOver: Promise<void> | undefined;

    await app.sockets.afterCommit(({ attempt }) =>
      withRetries(1, (number) =>
        attempt(async () => {
          await cards.publishCreate({ id: number });
          if (number === 2) return lastAttempt.open();
          leftOver = app.sockets.afterCommit(async () => {
            await cards.publishCreate({ id: 10 });
            await lastAttempt.opened;
          });
        }),
      ).then(() => leftOver),
    );
    await app.settle();

    expect(told(client)).toEqual(['created 2']);
  });

  it('forgets what an earlier attempt publishes while a later one is under way', async () => {
    const { app, cards, client } = await watchedCards();
    const lastAttempt = new Gate();
    let leftOver: Promise<void> | undefined;

    await app.sockets.afterCommit(({ attempt }) =>
      withRetries(1, (number) =>
        attempt(async () => {
          await cards.publishCreate({ id: number });
          if (number === 1) {
            leftOver = lastAttempt.opened.then(() => cards.publishCreate({ id: 10 }));
            return;
          }
          lastAttempt.open();
          await leftOver;
        }),
      ),
    );
    await app.settle();

    expect(told(client)).toEqual(['created 2']);
  });

  it('does not forget what was published before the first attempt, or after the last one', async () => {
    const { app, cards, client } = await watchedCards();

    await app.sockets.afterCommit(async ({ attempt }) => {
      await cards.publishCreate({ id: 1 });
      await withRetries(1, (number) => attempt(() => cards.publishCreate({ id: 10 + number })));
      await cards.publishCreate({ id: 2 });
    });
    await app.settle();

    expect(told(client)).toEqual(['created 1', 'created 12', 'created 2']);
  });

  it('forgets what a query publishes that an attempt returns, and that runs only when it is awaited', async () => {
    const { app, cards, client } = await watchedCards();

    await app.sockets.afterCommit(({ attempt }) =>
      withRetries(1, async (number) => attempt(() => lazy(() => cards.publishCreate({ id: number })))),
    );
    await app.settle();

    expect(told(client)).toEqual(['created 2']);
  });

  it('is told to nobody if the last attempt fails', async () => {
    const { app, cards, client } = await watchedCards();

    const failing = app.sockets.afterCommit(({ attempt }) =>
      withRetries(1, (number) =>
        attempt(async () => {
          await cards.publishCreate({ id: number });
          if (number === 2) throw new Rollback();
        }),
      ),
    );
    await expect(failing).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual([]);
  });

  it('is held in an attempt that the driver starts elsewhere, where the async context is lost', async () => {
    const { app, cards, client } = await watchedCards();
    const queue: Array<() => void> = [];
    const worker = setInterval(() => queue.shift()?.(), 1);

    const failing = app.sockets.afterCommit(
      ({ attempt }) =>
        new Promise<void>((resolve, reject) => {
          queue.push(() => {
            attempt(async () => {
              await cards.publishCreate({ id: 1 });
              throw new Rollback();
            }).then(resolve, reject);
          });
        }),
    );
    await expect(failing).rejects.toThrow(Rollback);
    clearInterval(worker);
    await app.settle();

    expect(told(client)).toEqual([]);
  });

  it('is told to nobody without publishing, even if the async context is lost', async () => {
    const { app, cards, client } = await watchedCards();
    const queue: Array<() => void> = [];
    const worker = setInterval(() => queue.shift()?.(), 1);

    await app.sockets.withoutPublishing(() =>
      app.sockets.afterCommit(
        ({ attempt }) =>
          new Promise<void>((resolve, reject) => {
            queue.push(() => void attempt(() => cards.publishCreate({ id: 1 })).then(resolve, reject));
          }),
      ),
    );
    clearInterval(worker);
    await app.settle();

    expect(told(client)).toEqual([]);
  });
});
