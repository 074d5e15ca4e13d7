import knex, { type Knex } from 'knex';
import { type Sequelize, Transaction as SequelizeTransaction } from 'sequelize';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { onceDone } from '../../../support/lifetime.js';
import { Rollback, told, watchedCards, type Stage } from '../support/cards.js';
import { CardsFile } from './support/cards-file.js';
import { LibSql } from './support/with-knex.js';
import { sequelizeOf } from './support/with-sequelize.js';

/** A transaction that is open. */
interface Open {
  /** What the library gives to the application. */
  handle: object;
  query(sql: string): Promise<unknown>;
  nested(work: (transaction: Open) => Promise<void>): Promise<void>;
  commit(): Promise<unknown>;
  rollback(): Promise<unknown>;
}

interface Library {
  transaction(work: (transaction: Open) => Promise<void>): Promise<void>;
  begin(): Promise<Open>;
}

function ofSequelize(file: CardsFile): Library {
  const sequelize: Sequelize = sequelizeOf(file);
  const opened = (transaction: SequelizeTransaction): Open => ({
    handle: transaction,
    query: (sql) => sequelize.query(sql, { transaction }),
    nested: (work) => sequelize.transaction({ transaction }, (inner) => work(opened(inner))),
    commit: () => transaction.commit(),
    rollback: () => transaction.rollback(),
  });
  return {
    transaction: (work) => sequelize.transaction((transaction) => work(opened(transaction))),
    begin: async () => opened(await sequelize.transaction()),
  };
}

function ofKnex(file: CardsFile): Library {
  const database = knex({ client: LibSql, connection: { filename: file.path }, useNullAsDefault: true });
  onceDone(() => database.destroy());
  const opened = (transaction: Knex.Transaction): Open => ({
    handle: transaction,
    query: (sql) => transaction.raw(sql),
    nested: (work) => transaction.transaction((inner) => work(opened(inner))),
    commit: () => transaction.commit(),
    rollback: () => transaction.rollback(),
  });
  return {
    transaction: (work) => database.transaction((transaction) => work(opened(transaction))),
    begin: async () => opened(await database.transaction()),
  };
}

async function stage(libraryOf: (file: CardsFile) => Library): Promise<Stage & { file: CardsFile; library: Library }> {
  const file = new CardsFile();
  return { ...(await watchedCards()), file, library: libraryOf(file) };
}

const RENAME = "UPDATE card SET title = 'new' WHERE id = 1";
/** What SQLite refuses only when the transaction is about to commit. */
const UNKNOWN_BOARD = 'UPDATE card SET boardId = 99 WHERE id = 1';

describe.each([
  ['Sequelize', ofSequelize],
  ['Knex', ofKnex],
])('A publication with the option transaction, for one of %s', (_name, libraryOf) => {
  it('waits for the commit', async () => {
    const { app, cards, client, file, library } = await stage(libraryOf);

    await library.transaction(async ({ handle: transaction, query }) => {
      await query(RENAME);
      await cards.publishUpdate(1, { title: 'new' }, { transaction });
      await app.sockets.blast('hello', {}, { transaction });
      await cards.publishUpdate(2, { title: 'elsewhere' });
      await app.settle();
      expect(told(client)).toEqual(['updated 2']);
    });
    await app.settle();

    expect(file.title(1)).toBe('new');
    expect(told(client)).toEqual(['updated 2', 'updated 1', 'hello']);
  });

  it('is told to nobody if the work fails', async () => {
    const { app, cards, client, file, library } = await stage(libraryOf);

    const failing = library.transaction(async ({ handle: transaction, query }) => {
      await query(RENAME);
      await cards.publishUpdate(1, { title: 'new' }, { transaction });
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await app.settle();

    expect(file.title(1)).toBe('old');
    expect(told(client)).toEqual([]);
  });

  it('is told to nobody if the commit itself fails', async () => {
    // Sequelize says so on the console.
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const { app, cards, client, file, library } = await stage(libraryOf);

    const failing = library.transaction(async ({ handle: transaction, query }) => {
      await query(RENAME);
      await query(UNKNOWN_BOARD);
      await cards.publishUpdate(1, { title: 'new' }, { transaction });
    });
    await expect(failing).rejects.toThrow(/FOREIGN KEY/i);
    await app.settle();

    expect(file.title(1)).toBe('old');
    expect(told(client)).toEqual([]);
  });

  it('goes by commit() and rollback() where the application calls them', async () => {
    const { app, cards, client, library } = await stage(libraryOf);

    const kept = await library.begin();
    await kept.query(RENAME);
    await cards.publishUpdate(1, { title: 'new' }, { transaction: kept.handle });
    await kept.commit();
    const dropped = await library.begin();
    await dropped.query(RENAME);
    await cards.publishUpdate(2, { title: 'new' }, { transaction: dropped.handle });
    await dropped.rollback();
    await app.settle();

    expect(told(client)).toEqual(['updated 1']);
  });

  it('waits for the transaction around a savepoint, and is dropped with the savepoint alone', async () => {
    const { app, cards, client, library } = await stage(libraryOf);

    await library.transaction(async (outer) => {
      await outer.query(RENAME);
      await cards.publishUpdate(1, {}, { transaction: outer.handle });
      await outer.nested(async (inner) => {
        await cards.publishUpdate(2, {}, { transaction: inner.handle });
      });
      const failing = outer.nested(async (inner) => {
        await cards.publishUpdate(3, {}, { transaction: inner.handle });
        throw new Rollback();
      });
      await expect(failing).rejects.toThrow(Rollback);
      await app.settle();
      expect(told(client)).toEqual([]);
    });
    await app.settle();

    expect(told(client)).toEqual(['updated 1', 'updated 2']);
  });

  it('is told to nobody if the transaction around its savepoint fails', async () => {
    const { app, cards, client, library } = await stage(libraryOf);

    const failing = library.transaction(async (outer) => {
      await outer.nested(async (inner) => {
        await cards.publishUpdate(1, {}, { transaction: inner.handle });
      });
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual([]);
  });
});
