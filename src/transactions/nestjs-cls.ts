import type { InjectionToken } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { findInstances } from './find-instances.js';
import { override } from './override.js';
import type { TransactionHold, TransactionHolds, TransactionIntegration } from './transactions.options.js';

/** Options of `cls()`. */
export interface ClsOptions {
  /**
   * The injection tokens of the transaction hosts whose transactions count, as `getTransactionHostToken('audit')` of
   * `@nestjs-cls/transactional` makes them.
   *
   * @default all transaction hosts that the application provides
   */
  transactionHosts?: readonly InjectionToken[];
}

/** `cls()` is among the module's `transactions`, but the application does not provide the transaction host. */
export class NoTransactionHostError extends Error {
  override readonly name = 'NoTransactionHostError';
  readonly code = 'NO_TRANSACTION_HOST';
}

/**
 * Holds what is published in a transaction of `@nestjs-cls/transactional` until it has committed, whichever adapter it
 * uses: in methods with `@Transactional()`, and in what `TransactionHost` runs.
 *
 * It goes by the propagation: what a nested transaction publishes shares the fate of the outer one, that of
 * `RequiresNew` is sent when it commits itself, and that of `NotSupported` at once.
 *
 * @throws {NoTransactionHostError} at boot, if the application provides no transaction host, or none by one of the
 *   tokens
 *
 * @example
 * ```ts
 * import { SocketsModule } from 'nestjs-sockets';
 * import { cls } from 'nestjs-sockets/nestjs-cls';
 *
 * SocketsModule.forRoot({ transactions: [cls()] });
 * ```
 */
export function cls(options: ClsOptions = {}): TransactionIntegration {
  const applications = new Set<WatchedHosts>();
  return {
    name: 'cls()',
    connect: (holds, providers) => {
      const hosts = new WatchedHosts(transactionHostsIn(providers, options.transactionHosts), holds);
      const end = hosts.watch();
      applications.add(hosts);
      return () => {
        applications.delete(hosts);
        end();
      };
    },
    find: (transaction) => {
      for (const hosts of applications) {
        const hold = hosts.holdOf(transaction);
        if (hold) return hold;
      }
      return undefined;
    },
  };
}

function transactionHostsIn(providers: ModuleRef, tokens: readonly InjectionToken[] | undefined) {
  const { found, missing } = findInstances(providers, tokens, isTransactionHost);
  if (missing !== undefined) {
    throw new NoTransactionHostError(
      `cls(): the application provides no transaction host by the token ${missing} of "transactionHosts". ` +
        "Name it by getTransactionHostToken('name') of @nestjs-cls/transactional, or leave out the option.",
    );
  }
  if (found.length > 0) return found;
  throw new NoTransactionHostError(
    'cls() is among the "transactions" of SocketsModule, but the application provides no TransactionHost. Add ' +
      'ClsPluginTransactional to the plugins of ClsModule.forRoot(), or leave out cls().',
  );
}

type Work = () => Promise<unknown>;
type SetTransaction = (transaction?: unknown) => void;

/** What an adapter of `@nestjs-cls/transactional` does. Its promises resolve once the transaction has committed. */
interface Adapter {
  wrapWithTransaction(options: unknown, work: Work, set: SetTransaction): Promise<unknown>;
  wrapWithNestedTransaction?(options: unknown, work: Work, set: SetTransaction, outer: unknown): Promise<unknown>;
}

/** A `TransactionHost`, of whichever copy of `@nestjs-cls/transactional`. */
interface TransactionHost {
  readonly _options: Adapter;
  isTransactionActive(): boolean;
  withoutTransaction(work: Work): Promise<unknown>;
}

function isTransactionHost(instance: unknown): instance is TransactionHost {
  const host = instance as Partial<TransactionHost> | null | undefined;
  return typeof host?.withoutTransaction === 'function' && typeof host._options?.wrapWithTransaction === 'function';
}

/** The transaction hosts of one application. */
class WatchedHosts {
  /** By the object that stands for the transaction, such as a manager of TypeORM. */
  private readonly transactions = new WeakMap<object, HeldTransaction>();

  constructor(
    private readonly hosts: readonly TransactionHost[],
    private readonly holds: TransactionHolds,
  ) {}

  /** Watches their transactions, until the function that it returns is called. */
  watch(): () => void {
    const ends = this.hosts.flatMap((host) => [...this.watchAdapter(host._options), this.watchPauses(host)]);
    return () => ends.forEach((end) => end());
  }

  holdOf(transaction: unknown): TransactionHold | undefined {
    return this.transactions.get(transaction as object)?.hold;
  }

  private *watchAdapter(adapter: Adapter): Iterable<() => void> {
    yield override(adapter, 'wrapWithTransaction', (wrap) => (options, work, set) => {
      // One that begins while another is active, as `RequiresNew` does, commits by itself.
      const independent = this.hosts.some((host) => host.isTransactionActive());
      const held = new HeldTransaction(this.holds, this.holds.open({ independent }));
      return held.report(() => wrap(options, held.holding(work), this.remembering(held, set)));
    });
    if (!adapter.wrapWithNestedTransaction) return;
    yield override(adapter as Required<Adapter>, 'wrapWithNestedTransaction', (wrap) => (options, work, set, outer) => {
      const around = this.transactions.get(outer as object);
      const whole = around ? around.hold.run(() => this.holds.open()) : this.holds.open();
      const held = new HeldTransaction(this.holds, whole);
      const nested = held.report(() => wrap(options, held.holding(work), this.remembering(held, set), outer));
      return nested.finally(() => {
        // A savepoint may be the same object as the transaction around it.
        if (around) this.transactions.set(outer as object, around);
      });
    });
  }

  /** Sends at once what is published while a transaction is suspended, as by `NotSupported`. */
  private watchPauses(host: TransactionHost): () => void {
    return override(host, 'withoutTransaction', (without) => (work) => {
      if (!host.isTransactionActive()) return without(work);
      const ended = this.holds.open({ independent: true });
      ended.commit();
      return without(() => ended.run(work));
    });
  }

  private remembering(held: HeldTransaction, set: SetTransaction): SetTransaction {
    return (transaction) => {
      // Some are functions, as with Knex.
      if (Object(transaction) === transaction) this.transactions.set(transaction as object, held);
      set(transaction);
    };
  }
}

/**
 * One call of an adapter, with a hold for the call, and another one for each time that the adapter runs the work: some
 * repeat what met a conflict. The latter is opened where the work runs, so that it is within a hold of the adapter's
 * own library, if that is reported, too: `typeOrm()` knows better what is a savepoint.
 */
class HeldTransaction {
  private run?: TransactionHold;

  constructor(
    private readonly holds: TransactionHolds,
    private readonly whole: TransactionHold,
  ) {}

  get hold(): TransactionHold {
    return this.run ?? this.whole;
  }

  /** The work as the adapter has to run it. */
  holding(work: Work): Work {
    return () => {
      this.run?.rollback();
      this.run = this.holds.open();
      return this.run.run(work);
    };
  }

  /** Runs the adapter, and ends the holds as the transaction ends. */
  async report(adapter: () => Promise<unknown>): Promise<unknown> {
    try {
      const result = await this.whole.run(adapter);
      this.run?.commit();
      this.whole.commit();
      return result;
    } catch (error) {
      this.run?.rollback();
      this.whole.rollback();
      throw error;
    }
  }
}
