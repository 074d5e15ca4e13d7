import type { ModuleRef } from '@nestjs/core';
import { BOOLEAN, type OptionRule } from '../common/option-rules.js';
import { isRecord } from '../common/type-guards.js';

/**
 * Holds what is published during one transaction. It begins open, and ends with `commit()` or `rollback()`; what is
 * added afterwards is sent at once, or dropped and logged.
 */
export interface TransactionHold {
  /** Runs work of the transaction. What it publishes, in all that it starts, is held. */
  run<T>(work: () => T): T;
  /** Forgets what is held, since the transaction begins again: drivers repeat one that met a conflict. */
  restart(): void;
  /** Sends what is held, or hands it to the transaction around this one. Nothing that fails in it is thrown. */
  commit(): void;
  /** Drops what is held. */
  rollback(): void;
}

/** How a hold stands to the transaction around it. */
export interface HoldOptions {
  /**
   * Whether the transaction commits by itself, whatever becomes of the one around it.
   *
   * @default false
   */
  independent?: boolean;
}

/** Opens holds: what an integration is given to report transactions with. */
export interface TransactionHolds {
  /** Opens a hold within the one that the caller runs in, if there is one. */
  open(options?: HoldOptions): TransactionHold;
}

/**
 * Reports the transactions of one database library: an element of the module's option `transactions`.
 *
 * @example
 * ```ts
 * import type { TransactionIntegration } from 'nestjs-sockets';
 *
 * declare class Database {
 *   around: ((work: () => Promise<unknown>) => Promise<unknown>) | undefined;
 * }
 *
 * export const database = (): TransactionIntegration => ({
 *   name: 'database()',
 *   connect: (holds, providers) => {
 *     const connection = providers.get(Database, { strict: false });
 *     connection.around = async (transaction) => {
 *       const hold = holds.open();
 *       try {
 *         const result = await hold.run(transaction);
 *         hold.commit();
 *         return result;
 *       } catch (error) {
 *         hold.rollback();
 *         throw error;
 *       }
 *     };
 *     return () => (connection.around = undefined);
 *   },
 * });
 * ```
 */
export interface TransactionIntegration {
  /** The call that made it, for errors and logs, such as `typeOrm()`. */
  readonly name: string;
  /**
   * Begins to report transactions. It is called once all providers exist, before the application listens.
   *
   * @param providers finds the library's own providers
   * @returns a function that stops it, called when the application shuts down
   * @throws if the library is not in the application; the message says what to do
   */
  connect(holds: TransactionHolds, providers: ModuleRef): (() => void) | void;
  /**
   * Finds the hold of a transaction that a publishing method was given as the option `transaction`.
   *
   * @returns `undefined` if it is none of this library's
   */
  find?(transaction: unknown): TransactionHold | undefined;
}

/** What the work of `SocketsService.afterCommit()` is given. */
export interface Attempts {
  /**
   * Says that the transaction begins, or begins again, and runs one attempt at it. What earlier attempts have published
   * is forgotten.
   */
  attempt<T>(work: () => T): T;
}

/** Options of methods that publish or broadcast, inside a transaction. */
export interface TransactionOptions {
  /**
   * The transaction that has to commit before anybody is told: what an integration of the module's option
   * `transactions` knows, a transaction of Sequelize or Knex, or a promise that settles with the transaction.
   *
   * @default the transaction that the code runs in, if an integration or `SocketsService.afterCommit()` reports it
   */
  transaction?: object;
  /**
   * Tells at once, whatever becomes of the transaction: for the progress of a long one.
   *
   * @default false
   */
  immediately?: boolean;
}

export const TRANSACTION_OPTIONS: Record<keyof TransactionOptions, OptionRule | undefined> = {
  transaction: undefined,
  immediately: BOOLEAN,
};

export const HOLD_OPTIONS: Record<keyof HoldOptions, OptionRule> = { independent: BOOLEAN };

/** The rule of the module's option `transactions`. */
export const TRANSACTIONS: OptionRule = [
  'an array of integrations such as [typeOrm()], or false if nothing is to wait for transactions',
  (value) => value === false || (Array.isArray(value) && value.every(isIntegration)),
];

function isIntegration(value: unknown): boolean {
  return isRecord(value) && typeof value.name === 'string' && typeof value.connect === 'function';
}
