import type { FactoryProvider } from '@nestjs/common';
import type { TransactionalAdapter } from '@nestjs-cls/transactional';
import knex, { type Knex } from 'knex';
import libsql from 'libsql';
import { createRequire } from 'node:module';
import type { CardsFile } from './cards-file.js';

const require = createRequire(import.meta.url);
const BetterSqlite3 = require('knex/lib/dialects/better-sqlite3/index.js') as typeof Knex.Client;

export class LibSql extends BetterSqlite3 {
  _driver(): unknown {
    return libsql;
  }
}

export const KNEX = 'KNEX';

/** Knex with several connections, since a transaction within another one needs its own. */
export const knexOf = (file: CardsFile): FactoryProvider => ({
  provide: KNEX,
  useFactory: () => {
    const database = knex({
      client: LibSql,
      connection: { filename: file.path },
      pool: { min: 1, max: 3 },
      useNullAsDefault: true,
    });
    return Object.assign(database, { onApplicationShutdown: () => database.destroy() });
  },
});

export const rename = (transaction: Knex, id: number, title: string): Promise<number> =>
  transaction('card')
    .where({ id })
    .update({ title })
    .then((count) => count);

/** Made for an error that a driver would take as a reason to run the transaction again. */
export class WriteConflict extends Error {}

interface Retries {
  /** How often a transaction is run at most. */
  attempts?: number;
}

/** There is no adapter for Knex to install. This is one as an application would write it. */
export class KnexAdapter implements TransactionalAdapter<Knex, Knex, Retries> {
  readonly connectionToken = KNEX;

  readonly optionsFactory = (database: Knex) => ({
    wrapWithTransaction: async (
      { attempts = 3 }: Retries,
      work: () => Promise<unknown>,
      set: (transaction?: Knex) => void,
    ) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await database.transaction((transaction) => {
            set(transaction);
            return work();
          });
        } catch (error) {
          if (!(error instanceof WriteConflict) || attempt >= attempts) throw error;
        }
      }
    },
    wrapWithNestedTransaction: (
      _: Retries,
      work: () => Promise<unknown>,
      set: (transaction?: Knex) => void,
      outer: Knex,
    ) =>
      outer.transaction((transaction) => {
        set(transaction);
        return work();
      }),
    getFallbackInstance: () => database,
  });
}
