import { type DynamicModule, type FactoryProvider, Injectable, Module } from '@nestjs/common';
import {
  ClsPluginTransactional,
  Propagation,
  Transactional,
  TransactionHost,
  type TransactionalAdapter,
} from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import type { Library, Transaction } from './library.js';

/** A service as applications write it: it says where a transaction is, and publishes as if there were none. */
@Injectable()
export class Transactions {
  constructor(private readonly host: TransactionHost) {}

  @Transactional()
  required<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.Nested)
  nested<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.RequiresNew)
  independent<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.NotSupported)
  outside<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  /** What the adapter calls the transaction. */
  get current(): object {
    return this.host.tx;
  }
}

@Module({})
class DatabaseModule {}

/** A module that provides a database. */
export const databaseModule = (provider: FactoryProvider): DynamicModule => ({
  module: DatabaseModule,
  providers: [provider],
  exports: [provider.provide],
});

/** What an application imports and provides that uses a database by an adapter of `@nestjs-cls/transactional`. */
export const withAdapter = <Connection, Tx, Options>(
  adapter: TransactionalAdapter<Connection, Tx, Options>,
  database: DynamicModule,
) => ({
  imports: [
    database,
    ClsModule.forRoot({
      global: true,
      middleware: { mount: true },
      plugins: [new ClsPluginTransactional({ imports: [database], adapter })],
    }),
  ],
  providers: [Transactions],
});

/** Runs work in the transactions of the service, with what the adapter calls the transaction. */
export const transactionBy =
  <Tx>(write: (tx: Tx, id: number, title: string) => Promise<unknown>): Library['transaction'] =>
  (app, work) => {
    const transactions = app.get(Transactions);
    const transaction: Transaction = {
      write: (id, title) => write(transactions.current as Tx, id, title),
      nested: (inner) => transactions.nested(() => inner(transaction)),
      independent: (inner) => transactions.independent(() => inner(transaction)),
    };
    return transactions.required(() => work(transaction));
  };
