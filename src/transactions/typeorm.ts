import { AsyncLocalStorage } from 'node:async_hooks';
import type { InjectionToken } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { findInstances } from './find-instances.js';
import { override } from './override.js';
import type { TransactionHold, TransactionHolds, TransactionIntegration } from './transactions.options.js';

/** Options of `typeOrm()`. */
export interface TypeOrmOptions {
  /**
   * The injection tokens of the data sources whose transactions count, as `getDataSourceToken('audit')` of
   * `@nestjs/typeorm` makes them.
   *
   * @default all data sources that the application provides
   */
  dataSources?: readonly InjectionToken[];
}

/** `typeOrm()` is among the module's `transactions`, but the application does not provide the data source. */
export class NoDataSourceError extends Error {
  override readonly name = 'NoDataSourceError';
  readonly code = 'NO_DATA_SOURCE';
}

/**
 * Holds what is published in a transaction of TypeORM until it has committed.
 *
 * That is what runs in `dataSource.transaction()` or in `transaction()` of any manager, savepoints included. Between
 * `queryRunner.startTransaction()` and `commitTransaction()`, publishing methods need the option
 * `{ transaction: queryRunner }`; they take a manager as well.
 *
 * @throws {NoDataSourceError} at boot, if the application provides no data source, or none by one of the tokens
 *
 * @example
 * ```ts
 * import { SocketsModule } from 'nestjs-sockets';
 * import { typeOrm } from 'nestjs-sockets/typeorm';
 *
 * SocketsModule.forRoot({ transactions: [typeOrm()] });
 * ```
 */
export function typeOrm(options: TypeOrmOptions = {}): TransactionIntegration {
  const applications = new Set<WatchedRunners>();
  return {
    name: 'typeOrm()',
    connect: (holds, providers) => {
      const dataSources = dataSourcesIn(providers, options.dataSources);
      const runners = new WatchedRunners(holds);
      const ends = dataSources.map((dataSource) => watch(dataSource, runners));
      applications.add(runners);
      return () => {
        applications.delete(runners);
        for (const end of ends) end();
        runners.end();
      };
    },
    find: (transaction) => {
      for (const runners of applications) {
        const hold = runners.holdOf(transaction);
        if (hold) return hold;
      }
      return undefined;
    },
  };
}

function dataSourcesIn(providers: ModuleRef, tokens: readonly InjectionToken[] | undefined): readonly DataSource[] {
  const { found, missing } = findInstances(providers, tokens, isDataSource);
  if (missing !== undefined) {
    throw new NoDataSourceError(
      `typeOrm(): the application provides no data source of TypeORM by the token ${missing} of "dataSources". ` +
        "Name it by getDataSourceToken('name') of @nestjs/typeorm, or leave out the option.",
    );
  }
  if (found.length > 0) return found;
  throw new NoDataSourceError(
    'typeOrm() is among the "transactions" of SocketsModule, but the application provides no data source of TypeORM. ' +
      'Import TypeOrmModule.forRoot(), provide a DataSource, or leave out typeOrm().',
  );
}

/** Recognizes a data source as TypeORM itself does, whichever copy of TypeORM it is from. */
const isDataSource = (instance: unknown): instance is DataSource =>
  (instance as { '@instanceof'?: unknown } | null)?.['@instanceof'] === Symbol.for('DataSource');

/** Watches every manager and every query runner that a data source makes. Returns a function that ends it. */
function watch(dataSource: DataSource, runners: WatchedRunners): () => void {
  const ends = [
    runners.watchManager(dataSource.manager),
    override(dataSource, 'createEntityManager', (create) => (...args) => {
      const manager = create(...args);
      runners.watchManager(manager);
      return manager;
    }),
    override(dataSource, 'createQueryRunner', (create) => (...args) => {
      const runner = create(...args);
      runners.watch(runner);
      return runner;
    }),
  ];
  return () => ends.forEach((end) => end());
}

/** A call of `transaction()`. */
interface Call {
  /** Whether it was made within another one. */
  readonly nested: boolean;
  /** The hold of its transaction, as soon as that has started. */
  hold?: TransactionHold;
}

/** The query runners of one application, and the calls that use them. */
class WatchedRunners {
  private readonly transactions = new WeakMap<object, RunnerTransactions>();
  private readonly ends = new Set<() => void>();
  /** Leads from a transaction that starts to the call that has started it. */
  private readonly calls = new AsyncLocalStorage<Call>();

  constructor(private readonly holds: TransactionHolds) {}

  /** Runs what a manager's `transaction()` is given in the hold of the transaction. */
  watchManager(manager: EntityManager): () => void {
    type Work = (manager: EntityManager) => unknown;
    // The work comes after the isolation level, if there is one.
    type Transact = (...args: (string | Work | undefined)[]) => Promise<unknown>;

    return override(manager as { transaction: Transact }, 'transaction', (transact) => (...args) => {
      const call: Call = { nested: this.calls.getStore() !== undefined };
      const held = (work: Work): Work => {
        return (inside) => (call.hold ? call.hold.run(() => work(inside)) : work(inside));
      };
      const given = args.map((arg) => (typeof arg === 'function' ? held(arg) : arg));
      return this.calls.run(call, () => transact(...given));
    });
  }

  watch(runner: QueryRunner): void {
    const known = this.transactions.get(runner);
    // With SQLite, a data source has one query runner, which it hands out again and again.
    if (known) return known.forgetEnded();
    const transactions = new RunnerTransactions(runner, (outer) => this.open(outer));
    this.transactions.set(runner, transactions);
    const end = transactions.watch(() => this.ends.delete(end));
    this.ends.add(end);
  }

  /** @param transaction a query runner, or a manager or a repository of one */
  holdOf(transaction: unknown): TransactionHold | undefined {
    const runner = (transaction as { queryRunner?: object } | null)?.queryRunner ?? transaction;
    const transactions = this.transactions.get(runner as object);
    return transactions && (transactions.hold ?? this.committed());
  }

  end(): void {
    for (const end of this.ends) end();
  }

  /** What is written while no transaction is open is committed by then, as subscribers of TypeORM hear of it. */
  private committed(): TransactionHold {
    const hold = this.holds.open({ independent: true });
    hold.commit();
    return hold;
  }

  /** @param outer the transaction of the same connection that the new one is a savepoint of */
  private open(outer: TransactionHold | undefined): TransactionHold {
    const call = this.calls.getStore();
    // A transaction within one of another connection commits by itself.
    const independent = call !== undefined && (call.nested || call.hold !== undefined);
    const hold = outer ? outer.run(() => this.holds.open()) : this.holds.open({ independent });
    if (call) call.hold ??= hold;
    return hold;
  }
}

/**
 * The transactions of one query runner. It has one connection, so a transaction within another one is a savepoint.
 *
 * Subscribers of TypeORM would not do: they are told of a savepoint that is released as of a commit, and what they
 * throw rejects a transaction that has committed.
 */
class RunnerTransactions {
  /** The holds of those that are open, the outermost first. */
  private readonly holds: TransactionHold[] = [];
  private latest?: TransactionHold;

  constructor(
    private readonly runner: QueryRunner,
    private readonly open: (outer: TransactionHold | undefined) => TransactionHold,
  ) {}

  /** The hold of the innermost transaction or, if none is open, of the last one, which knows how that has ended. */
  get hold(): TransactionHold | undefined {
    return this.holds.at(-1) ?? this.latest;
  }

  /** Forgets how the last transaction has ended: whoever is given the query runner now had no part in it. */
  forgetEnded(): void {
    this.latest = undefined;
  }

  /**
   * @param onRelease is called once the query runner is not used any more
   * @returns a function that ends it
   */
  watch(onRelease: () => void): () => void {
    const { runner } = this;
    const ends = [
      override(runner, 'startTransaction', (start) => (...args) => {
        return this.follow(
          () => start(...args),
          (depth) => this.depth > depth,
          () => this.begin(),
        );
      }),
      override(runner, 'commitTransaction', (commit) => () => {
        return this.follow(
          commit,
          (depth) => this.depth < depth,
          () => this.pop()?.commit(),
        );
      }),
      override(runner, 'rollbackTransaction', (rollback) => () => {
        return this.follow(
          rollback,
          (depth) => this.depth < depth,
          () => this.pop()?.rollback(),
        );
      }),
      override(runner, 'release', (release) => async () => {
        try {
          await release();
        } finally {
          if (runner.isReleased) {
            while (this.holds.length > 0) this.pop()?.rollback();
            onRelease();
          }
        }
      }),
    ];
    return () => ends.forEach((end) => end());
  }

  /** How many transactions are open on the connection, by TypeORM's own count. */
  private get depth(): number {
    const { transactionDepth = 0 } = this.runner as { transactionDepth?: number };
    return Math.max(transactionDepth, Number(this.runner.isTransactionActive));
  }

  /** Runs a step, and what follows from it: also if it rejects though it was taken, since a subscriber has thrown. */
  private async follow(step: () => Promise<void>, taken: (depth: number) => boolean, then: () => void): Promise<void> {
    const { depth } = this;
    let succeeded = false;
    try {
      await step();
      succeeded = true;
    } finally {
      if (succeeded || taken(depth)) then();
    }
  }

  private begin(): void {
    // MongoDB has no transactions in TypeORM.
    if (this.runner.isTransactionActive) this.holds.push(this.open(this.holds.at(-1)));
  }

  private pop(): TransactionHold | undefined {
    const hold = this.holds.pop();
    if (hold) this.latest = hold;
    return hold;
  }
}
