import { describe, expect, it } from 'vitest';
import { type Kysely } from 'kysely';
import type { Knex } from 'knex';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import { messages } from '../../../support/messages.js';
import {
  holdsSavepoints,
  holdsUntilCommitted,
  type Library,
  renamed,
  startCards,
  type Transaction,
} from './support/library.js';
import { DRIZZLE, drizzleOf, rename as renameByDrizzle } from './support/with-drizzle.js';
import { KNEX, knexOf, rename as renameByKnex } from './support/with-knex.js';
import { KYSELY, kyselyOf, rename as renameByKysely, type Tables } from './support/with-kysely.js';

/** Libraries that no integration is needed for: the application runs their transactions in `afterCommit()`. */
const drizzle: Library = {
  metadata: (file) => ({ providers: [drizzleOf(file)] }),
  transaction: (app, work) => {
    const { sockets } = app;
    type Tx = Parameters<Parameters<LibSQLDatabase['transaction']>[0]>[0];
    const transactionOf = (tx: Tx): Transaction => ({
      write: (id, title) => renameByDrizzle(tx, id, title),
      nested: (inner) => sockets.afterCommit(() => tx.transaction((savepoint) => inner(transactionOf(savepoint)))),
    });
    return sockets.afterCommit(() => app.get<LibSQLDatabase>(DRIZZLE).transaction((tx) => work(transactionOf(tx))));
  },
};

const knex: Library = {
  metadata: (file) => ({ providers: [knexOf(file)] }),
  transaction: (app, work) => {
    const { sockets } = app;
    const transactionOf = (trx: Knex): Transaction => ({
      write: (id, title) => renameByKnex(trx, id, title),
      nested: (inner) => sockets.afterCommit(() => trx.transaction((savepoint) => inner(transactionOf(savepoint)))),
    });
    return sockets.afterCommit(() => app.get<Knex>(KNEX).transaction((trx) => work(transactionOf(trx))));
  },
};

const kysely: Library = {
  metadata: (file) => ({ providers: [kyselyOf(file)] }),
  transaction: (app, work) =>
    app.sockets.afterCommit(() =>
      app
        .get<Kysely<Tables>>(KYSELY)
        .transaction()
        .execute((trx) => work({ write: (id, title) => renameByKysely(trx, id, title) })),
    ),
};

describe('What is published in afterCommit(), around a transaction of', () => {
  describe('Drizzle', () => {
    holdsUntilCommitted(drizzle);
    holdsSavepoints(drizzle);
  });

  describe('Knex', () => {
    holdsUntilCommitted(knex);
    holdsSavepoints(knex);

    it.each([
      ['commits', 'new', [renamed('new')]],
      ['is rolled back', 'old', []],
    ])('needs no afterCommit() if the call names the transaction, which %s', async (_end, title, heard) => {
      const { app, file, channel, client } = await startCards(knex);
      const trx = await app.get<Knex>(KNEX).transaction();

      await renameByKnex(trx, 1, 'new');
      await channel.publishUpdate(1, { title: 'new' }, { transaction: trx });
      await app.settle();
      expect(messages(client)).toEqual([]);
      await (title === 'new' ? trx.commit() : trx.rollback());

      await app.settle();
      expect(messages(client)).toEqual(heard);
      expect(file.title(1)).toBe(title);
    });
  });

  describe('Kysely', () => {
    holdsUntilCommitted(kysely);
  });
});
