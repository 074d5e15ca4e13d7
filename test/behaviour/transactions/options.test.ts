import { describe, expect, it } from 'vitest';
import { InvalidEmitOptionsError, InvalidTransactionError } from '../../../src/index.js';
import { Gate } from '../../support/gate.js';
import { Rollback, told, watchedCards } from './support/cards.js';

describe('The option transaction', () => {
  it('takes a promise that settles with the transaction', async () => {
    const { app, cards, client } = await watchedCards();
    const committing = new Gate();
    const commit = committing.opened.then(() => 'committed');
    const rollback = committing.opened.then(() => {
      throw new Rollback();
    });

    await cards.publishUpdate(1, {}, { transaction: commit });
    await app.sockets.broadcast(client.id, 'welcome', {}, { transaction: commit });
    await app.sockets.broadcast(client.id, { text: 'short' }, { transaction: commit });
    await cards.publishUpdate(2, {}, { transaction: rollback });
    await app.settle();
    expect(told(client)).toEqual([]);

    committing.open();
    await Promise.allSettled([commit, rollback]);
    await app.settle();
    expect(told(client)).toEqual(['updated 1', 'welcome', 'message']);
  });

  it('counts rather than the transaction that the code runs in', async () => {
    const { app, cards, client } = await watchedCards();
    const committing = new Gate();

    const failing = app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, {}, { transaction: committing.opened });
      committing.open();
      await committing.opened;
      await app.settle();
      expect(told(client)).toEqual(['updated 1']);
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
  });

  it('takes what has afterCommit(), too, though it cannot be watched otherwise', async () => {
    const { app, cards, client } = await watchedCards();
    const hooks: Array<() => void> = [];

    await cards.publishUpdate(1, {}, { transaction: { afterCommit: (hook: () => void) => hooks.push(hook) } });
    await app.settle();
    expect(told(client)).toEqual([]);

    for (const hook of hooks) hook();
    await app.settle();
    expect(told(client)).toEqual(['updated 1']);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'tx'],
    ['a query runner that no integration reports', { startTransaction: () => undefined }],
    ['a session of MongoDB', { withTransaction: () => undefined, inTransaction: () => true }],
    ['a promise of its own kind, which would run when it is awaited', { then: () => undefined }],
    ['a transaction of Knex that is over', overOfKnex()],
  ])('is refused if it is %s, and the error says what it may be', async (_what, transaction) => {
    const { app, cards } = await watchedCards({ transactions: [{ name: 'own()', connect: () => undefined }] });
    const given = { transaction: transaction as object };

    for (const refused of [
      cards.publishUpdate(1, {}, given),
      app.sockets.blast('hello', {}, given),
      app.sockets.of('/').broadcast('room', 'hello', {}, given),
    ]) {
      await expect(refused).rejects.toThrow(InvalidTransactionError);
      await expect(refused).rejects.toThrow(
        'It may be what own() knows, a transaction of Sequelize or Knex, or a promise that settles with the transaction',
      );
      await expect(refused).rejects.toThrow('SocketsService.afterCommit()');
    }
  });

  it('names the integration to add where there is none', async () => {
    const { cards } = await watchedCards();

    const refused = cards.publishUpdate(1, {}, { transaction: {} });
    await expect(refused).rejects.toThrow('card.publishUpdate: an object');
    await expect(refused).rejects.toThrow('transactions: [typeOrm()]');
  });
});

describe('The option immediately', () => {
  it('tells at once, whatever becomes of the transaction', async () => {
    const { app, cards, client } = await watchedCards();

    const failing = app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, {});
      await cards.message(1, 'half done', { immediately: true });
      await app.sockets.blast('progress', 50, { immediately: true });
      await app.settle();
      expect(told(client)).toEqual(['messaged 1', 'progress']);
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual(['messaged 1', 'progress']);
  });

  it('changes nothing if it is false', async () => {
    const { app, cards, client } = await watchedCards();

    await app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, {}, { immediately: false, transaction: undefined });
      await app.settle();
      expect(told(client)).toEqual([]);
    });
  });

  it('is refused together with a transaction, and if it is not a boolean', async () => {
    const { app, cards } = await watchedCards();
    const both = { immediately: true, transaction: Promise.resolve() };

    for (const refused of [cards.publishUpdate(1, {}, both), app.sockets.blast('hello', {}, both)]) {
      await expect(refused).rejects.toThrow(InvalidEmitOptionsError);
      await expect(refused).rejects.toThrow('contradicts "transaction"');
    }
    const wrong = cards.publishUpdate(1, {}, { immediately: 'yes' as never });
    await expect(wrong).rejects.toThrow('must be true or false');
  });
});

function overOfKnex(): object {
  const rollback = (): Promise<void> => Promise.resolve();
  return { executionPromise: Promise.resolve(), rollback, isCompleted: () => true };
}
