import { SocketsError } from '../common/common.errors.js';
import { describeValue } from '../common/describe-value.js';

/** Thrown when a value is no transaction that publications could wait for. */
export class InvalidTransactionError extends SocketsError {
  readonly code = 'INVALID_TRANSACTION';

  /** @param integrations the names of those that the module was given */
  constructor(method: string, value: unknown, integrations: readonly string[]) {
    const known =
      integrations.length > 0
        ? `what ${integrations.join(' or ')} knows`
        : `what an integration knows (SocketsModule.forRoot({ transactions: [typeOrm()] }); there is none)`;
    super(
      `${method}: ${describeValue(value)}, given as the option "transaction", is no transaction that is known here. ` +
        `It may be ${known}, a transaction of Sequelize or Knex, or a promise that settles with the transaction. ` +
        `With any other library, run the transaction in SocketsService.afterCommit(), without this option.`,
    );
  }
}

/** Thrown when a method is not given the function that it should run. */
export class InvalidTransactionWorkError extends SocketsError {
  readonly code = 'INVALID_TRANSACTION_WORK';

  constructor(method: string, value: unknown) {
    super(
      `${method}: ${describeValue(value)} is not a function. Give the function that does the work, so that what it ` +
        `publishes is known: ${method}(() => dataSource.transaction(…)).`,
    );
  }
}
