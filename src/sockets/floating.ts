import { Logger } from '@nestjs/common';
import { describe } from './describe.js';

const logger = new Logger('SocketsModule');

/**
 * Does the work at once and gives a promise of its outcome that nobody has to await: a failure is logged, so that a forgotten
 * `await` cannot hide it, and handled, so that it cannot end the process.
 */
export function floating<T>(work: () => T | Promise<T>): Promise<T> {
  const outcome = new Promise<T>((resolve) => resolve(work()));
  outcome.catch((error: unknown) =>
    logger.warn(error instanceof Error ? error.message : `What was thrown is no error, but ${describe(error)}.`),
  );
  return outcome;
}

/** The same for a question: whoever asks looks at the answer, so a failure is told to nobody else. */
export function answered<T>(work: () => T | Promise<T>): Promise<T> {
  const outcome = new Promise<T>((resolve) => resolve(work()));
  outcome.catch(() => undefined);
  return outcome;
}

/** Goes on at once with what is known, and otherwise as soon as it is. */
export function onceKnown<T, R>(value: T | Promise<T>, goOn: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
