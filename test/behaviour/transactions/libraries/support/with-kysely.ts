import type { FactoryProvider } from '@nestjs/common';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import Database from 'libsql';
import type { CardsFile } from './cards-file.js';

export interface Tables {
  card: { id: number; title: string };
}

export const KYSELY = 'KYSELY';

export const kyselyOf = (file: CardsFile): FactoryProvider => ({
  provide: KYSELY,
  useFactory: () => {
    const database = new Database(file.path) as unknown as SqliteDatabase;
    const kysely = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
    return Object.assign(kysely, { onApplicationShutdown: () => kysely.destroy() });
  },
});

export const rename = (transaction: Kysely<Tables>, id: number, title: string): Promise<unknown> =>
  transaction.updateTable('card').set({ title }).where('id', '=', id).execute();
