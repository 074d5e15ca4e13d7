import { types } from 'node:util';
import { Hold } from './hold.js';
import { InvalidTransactionError } from './transactions.errors.js';
import type { TransactionIntegration } from './transactions.options.js';

type Method = (...args: unknown[]) => Promise<unknown>;

/** A transaction of Sequelize. One in another is a savepoint. */
interface SequelizeTransaction {
  afterCommit(hook: () => void): unknown;
  commit?: Method;
  rollback?: Method;
  finished?: unknown;
  parent?: object | null;
}

/** A transaction of Knex. One in another is a savepoint. */
interface KnexTransaction {
  executionPromise: Promise<unknown>;
  rollback: Method;
  isCompleted?(): boolean;
  parentTransaction?: object | null;
}

/** Finds the hold of a transaction that a publishing method is given as the option `transaction`. */
export class TransactionHandles {
  private readonly holds = new WeakMap<object, Hold>();

  constructor(private readonly integrations: readonly TransactionIntegration[]) {}

  /** @throws InvalidTransactionError */
  holdOf(method: string, transaction: unknown): Hold {
    const hold = this.findHold(transaction);
    if (hold) return hold;
    const names = this.integrations.map(({ name }) => name);
    throw new InvalidTransactionError(method, transaction, names);
  }

  private findHold(transaction: unknown): Hold | undefined {
    for (const integration of this.integrations) {
      const hold = integration.find?.(transaction);
      if (hold instanceof Hold) return hold;
    }
    return isReference(transaction) ? this.observe(transaction) : undefined;
  }

  /** Returns a hold that ends as the transaction does; `undefined` if nothing shows how that ends. */
  private observe(transaction: object): Hold | undefined {
    const known = this.holds.get(transaction);
    if (known) return known;
    const hold = this.holdUntilEnd(transaction);
    if (hold) this.holds.set(transaction, hold);
    return hold;
  }

  private holdUntilEnd(transaction: object): Hold | undefined {
    if (types.isPromise(transaction)) return holdUntilSettled(transaction);
    if (isOfSequelize(transaction)) return holdOfSequelize(transaction, this.holdAround(transaction.parent));
    if (isOfKnex(transaction)) return holdOfKnex(transaction, this.holdAround(transaction.parentTransaction));
    return undefined;
  }

  private holdAround(parent: object | null | undefined): Hold | undefined {
    return parent ? this.observe(parent) : undefined;
  }
}

function holdUntilSettled(promise: Promise<unknown>, hold = new Hold()): Hold {
  promise.then(
    () => hold.commit(),
    () => hold.rollback(),
  );
  return hold;
}

/** Watches `commit()` itself: Sequelize calls the hooks of `afterCommit()` even where the commit has failed. */
function holdOfSequelize(transaction: SequelizeTransaction, around: Hold | undefined): Hold {
  const hold = new Hold(around);
  const { commit, rollback, finished } = transaction;
  if (finished === 'commit') hold.commit();
  if (finished === 'rollback') hold.rollback();
  if (!commit || !rollback) {
    transaction.afterCommit(() => hold.commit());
    return hold;
  }
  transaction.commit = (...args) => {
    const committed = Promise.resolve(commit.apply(transaction, args));
    holdUntilSettled(committed, hold);
    return committed;
  };
  transaction.rollback = (...args) => {
    hold.rollback();
    return rollback.apply(transaction, args);
  };
  return hold;
}

/** Watches `rollback()`, too: unless it is given an error, the promise of a transaction of Knex is then fulfilled. */
function holdOfKnex(transaction: KnexTransaction, around: Hold | undefined): Hold | undefined {
  // Nothing shows how a transaction has ended that is over already.
  if (transaction.isCompleted?.()) return undefined;
  const hold = new Hold(around);
  const { rollback } = transaction;
  transaction.rollback = (...args) => {
    hold.rollback();
    return rollback.apply(transaction, args);
  };
  return holdUntilSettled(transaction.executionPromise, hold);
}

function isOfSequelize(transaction: object): transaction is SequelizeTransaction {
  return 'afterCommit' in transaction && typeof transaction.afterCommit === 'function';
}

function isOfKnex(transaction: object): transaction is KnexTransaction {
  if (!('executionPromise' in transaction && 'rollback' in transaction)) return false;
  return types.isPromise(transaction.executionPromise) && typeof transaction.rollback === 'function';
}

function isReference(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
