import type { FactoryProvider } from '@nestjs/common';
import { createClient } from '@libsql/client';
import { eq } from 'drizzle-orm';
import { drizzle, type LibSQLDatabase } from 'drizzle-orm/libsql';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { CardsFile } from './cards-file.js';

const cards = sqliteTable('card', { id: integer().primaryKey(), title: text().notNull() });

export const DRIZZLE = 'DRIZZLE';

export const drizzleOf = (file: CardsFile): FactoryProvider => ({
  provide: DRIZZLE,
  useFactory: () => {
    const client = createClient({ url: `file:${file.path}` });
    return Object.assign(drizzle(client), { onApplicationShutdown: () => client.close() });
  },
});

export const rename = (transaction: Pick<LibSQLDatabase, 'update'>, id: number, title: string) =>
  transaction.update(cards).set({ title }).where(eq(cards.id, id));
