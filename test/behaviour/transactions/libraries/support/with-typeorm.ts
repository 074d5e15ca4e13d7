import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import libsql from 'libsql';
import { Column, DataSource, Entity, type EntityManager, PrimaryColumn } from 'typeorm';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import { typeOrm } from '../../../../../src/transactions/typeorm.js';
import type { CardsFile } from './cards-file.js';
import type { Library, Transaction } from './library.js';

@Entity()
export class Card {
  @PrimaryColumn('integer')
  id!: number;

  @Column('text')
  title!: string;

  @Column('integer', { nullable: true })
  boardId!: number | null;
}

/** The options of a data source of the cards, for Nest or for TypeORM. */
export const dataSourceOf = (file: CardsFile): BetterSqlite3DataSourceOptions => ({
  type: 'better-sqlite3',
  driver: libsql,
  database: file.path,
  entities: [Card],
});

/** A second connection to the same file. */
const other = getDataSourceToken('other') as string;

export const withTypeOrm: Library = {
  metadata: (file) => ({
    imports: [
      TypeOrmModule.forRoot(dataSourceOf(file)),
      TypeOrmModule.forRoot({ ...dataSourceOf(file), name: 'other' }),
    ],
  }),
  transactions: [typeOrm()],
  transaction: (app, work) =>
    app.get(DataSource).transaction((manager) => work(transactionOf(manager, app.get<DataSource>(other)))),
};

const transactionOf = (manager: EntityManager, elsewhere: DataSource): Transaction => ({
  write: (id, title) => manager.update(Card, id, { title }),
  nested: (work) => manager.transaction((inner) => work(transactionOf(inner, elsewhere))),
  independent: (work) => elsewhere.transaction((inner) => work(transactionOf(inner, elsewhere))),
});
