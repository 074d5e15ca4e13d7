import { type OnApplicationShutdown } from '@nestjs/common';
import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { LineLogger } from '../common/log.js';
import type { BootParticipant } from '../common/boot/boot-participant.js';
import { InvalidEmitOptionsError } from '../common/common.errors.js';
import { readOptions } from '../common/option-rules.js';
import { started } from '../common/promises.js';
import { currentScope, Hold, type PublishingScope, runInScope } from './hold.js';
import { TransactionHandles } from './transaction-handles.js';
import { InvalidTransactionWorkError } from './transactions.errors.js';
import {
  type Attempts,
  HOLD_OPTIONS,
  type HoldOptions,
  type TransactionHolds,
  type TransactionIntegration,
  type TransactionOptions,
} from './transactions.options.js';
import { unreportedTransactionsWarning } from './unreported-transactions.js';

/** Opens holds for transactions, and tells publishing methods which hold they have to wait for. */
export class Transactions implements TransactionHolds, BootParticipant, OnApplicationShutdown {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly handles: TransactionHandles;
  private disconnects: Array<() => void> = [];

  private readonly integrations: readonly TransactionIntegration[];

  /** @param option the module's option `transactions` */
  constructor(
    private readonly option: readonly TransactionIntegration[] | false | undefined,
    private readonly providers: ModuleRef,
    private readonly modules: ModulesContainer,
  ) {
    this.integrations = option || [];
    this.handles = new TransactionHandles(this.integrations);
  }

  /** Lets the integrations report transactions, from now on. All providers exist by now. */
  declare(): void {
    try {
      for (const integration of this.integrations) {
        const disconnect = integration.connect(this, this.providers);
        if (disconnect) this.disconnects.push(disconnect);
      }
    } catch (error) {
      this.disconnect();
      throw error;
    }
  }

  /**
   * Warns where code publishes, and the application has transactions that nobody reports.
   *
   * @param publishers the classes that can publish from code
   */
  warnOfUnreported(publishers: readonly string[]): void {
    if (this.option !== undefined) return;
    const warning = unreportedTransactionsWarning(this.modules, publishers);
    if (warning !== undefined) this.logger.warn(warning);
  }

  onApplicationShutdown(): void {
    this.disconnect();
  }

  open({ independent = false }: HoldOptions = {}): Hold {
    return new Hold(independent ? undefined : currentScope().hold);
  }

  /** Holds what the work publishes until its promise is fulfilled. */
  async afterCommit<T>(work: (attempts: Attempts) => T | Promise<T>, options?: HoldOptions): Promise<T> {
    assertIsFunction('afterCommit', work);
    const hold = this.open(readOptions<HoldOptions>('afterCommit', options, HOLD_OPTIONS));
    // Of its own, since what the work publishes outside of attempts is not theirs to forget.
    const attempts = hold.run(() => this.open());
    const { isSilent } = currentScope();
    const attempt = <R>(begin: () => R): R => {
      attempts.restart();
      // The driver may have lost the async context.
      return runInScope({ isSilent: isSilent || currentScope().isSilent }, () => attempts.run(() => started(begin())));
    };
    try {
      const result = await hold.run(() => started(work({ attempt })));
      attempts.commit();
      hold.commit();
      return result;
    } catch (error) {
      hold.rollback();
      throw error;
    }
  }

  /** Runs work of which nobody is told. */
  async withoutPublishing<T>(work: () => T | Promise<T>): Promise<T> {
    assertIsFunction('withoutPublishing', work);
    return runInScope({ hold: currentScope().hold, isSilent: true }, () => started(work()));
  }

  /**
   * Finds the scope of one call.
   *
   * @param allowed the names of the method's options, for the error
   * @throws InvalidTransactionError, InvalidEmitOptionsError
   */
  scopeOf(
    method: string,
    { transaction, immediately }: TransactionOptions,
    allowed: readonly string[],
  ): PublishingScope {
    const { hold, isSilent } = currentScope();
    if (transaction === undefined) return { hold: immediately ? undefined : hold, isSilent };
    if (immediately) {
      const problem = 'contradicts "transaction": give one of the two';
      throw new InvalidEmitOptionsError(method, '"immediately"', allowed, problem);
    }
    return { hold: this.handles.holdOf(method, transaction), isSilent };
  }

  private disconnect(): void {
    for (const disconnect of this.disconnects.splice(0).toReversed()) disconnect();
  }
}

function assertIsFunction(method: string, work: unknown): void {
  if (typeof work !== 'function') throw new InvalidTransactionWorkError(method, work);
}
