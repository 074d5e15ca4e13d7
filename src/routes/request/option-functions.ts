import { describeValue } from '../../common/describe-value.js';
import { started, tryCatch } from '../../common/promises.js';
import type { Awaitable } from '../decorators/publish.options.js';

/** What a function among a decorator's options threw, with the name of that option. */
class FailedOptionError extends Error {
  constructor(option: string, failure: unknown) {
    const why = failure instanceof Error ? failure.message : `the thrown value is ${describeValue(failure)}`;
    super(
      `The option "${option}" failed: ${why}. Functions are given what the response shows; the record as it was is ` +
        `context.previous, if the decorator has the option "previous".`,
      { cause: failure },
    );
    // Whoever reads the log looks for the line of the function.
    if (failure instanceof Error) this.stack = failure.stack;
  }
}

/**
 * Runs a function among a decorator's options. The result is a promise only if the function returns one.
 *
 * @param option its name, for the log
 * @throws FailedOptionError if it throws or rejects
 */
export function runOption<T>(option: string, run: () => Awaitable<T>): T | Promise<T> {
  return tryCatch<T>(
    () => started(run()),
    (error) => {
      throw new FailedOptionError(option, error);
    },
  );
}
