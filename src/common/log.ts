import type { Logger } from '@nestjs/common';
import { describe } from './describe-value.js';

/**
 * Logs what the application's own code threw. That may be anything, such as an object that throws when it is looked at, and a log that fails would be the
 * end of the process. Its message and stack only: other fields of errors hold the parameters of a query, the record that a validator refused, or the headers
 * of a request.
 */
export function logFailure(logger: Logger, what: string, failure: unknown): void {
  try {
    if (failure instanceof Error) logger.error(`${what} ${failure.message}`, failure.stack);
    else logger.error(`${what} What was thrown is no error, but ${describe(failure)}.`);
  } catch {
    logger.error(what);
  }
}
