import { Logger } from '@nestjs/common';
import { describeValue } from './describe-value.js';

/** The work's outcome, or a rejection that names it when it takes longer than this; whatever comes of it then is dropped. */
export async function withTimeout<T>(milliseconds: number, name: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} took longer than ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const logger = new Logger('SocketsModule');

/**
 * Does the work at once and gives a promise of its outcome that nobody has to await: a failure is logged, so that a forgotten
 * `await` cannot hide it, and handled, so that it cannot end the process.
 */
export function fireAndForget<T>(work: () => T | Promise<T>): Promise<T> {
  const outcome = new Promise<T>((resolve) => resolve(work()));
  outcome.catch((error: unknown) =>
    logger.warn(error instanceof Error ? error.message : `What was thrown is no error, but ${describeValue(error)}.`),
  );
  return outcome;
}

/** The same for a question: whoever asks looks at the answer, so a failure is told to nobody else. */
export function ignoreRejection<T>(work: () => T | Promise<T>): Promise<T> {
  const outcome = new Promise<T>((resolve) => resolve(work()));
  outcome.catch(() => undefined);
  return outcome;
}

/** Goes on at once with what is known, and otherwise as soon as it is. */
export function thenSync<T, R>(value: T | Promise<T>, goOn: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** All values: at once, if none of them has to be waited for. */
export function allSync<T>(values: ReadonlyArray<T | Promise<T>>): T[] | Promise<T[]> {
  if (values.some((value) => value instanceof Promise)) return Promise.all(values);
  return values as T[];
}

/** What becomes of work, or of its failure, at once or later. */
export function tryCatch<T>(work: () => T | Promise<T>, instead: (error: unknown) => T | Promise<T>): T | Promise<T> {
  try {
    const outcome = work();
    return outcome instanceof Promise ? outcome.catch(instead) : outcome;
  } catch (error) {
    return instead(error);
  }
}

/** What fails at once, fails as what takes its time does. */
export function rejectInsteadOfThrow<T>(work: () => T | Promise<T>): T | Promise<T> {
  return tryCatch(work, failed);
}

async function failed(error: unknown): Promise<never> {
  throw error;
}

/** Does the work for each item, for so many at once. Rejects with the first failure. */
export async function forEachConcurrent<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const takeTurns = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, takeTurns));
}
