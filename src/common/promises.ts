import { LineLogger } from './log.js';
import { describeValue } from './describe-value.js';

/** Settles as the work does, or rejects, naming the work, if it takes too long. Its outcome is then ignored. */
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

const logger = new LineLogger('SocketsModule');

/**
 * Starts the work now, and returns a promise that nobody has to await: a failure is logged, so that a forgotten `await`
 * does not hide it, and handled, so that it does not end the process.
 */
export function fireAndForget<T>(work: () => T | Promise<T>): Promise<T> {
  let done: T | Promise<T>;
  try {
    done = work();
  } catch (error) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- It rejects with whatever was thrown.
    done = Promise.reject<T>(error);
  }
  // Nothing can fail any more: a promise of its own for each of many calls would be most of what they cost.
  if (done === undefined) return DONE as Promise<T>;
  const outcome = Promise.resolve(done);
  if (isThenable(done)) outcome.catch(logFailure);
  return outcome;
}

const DONE = Promise.resolve();

function logFailure(error: unknown): void {
  logger.warn(
    error instanceof Error ? error.message : `The thrown value is not an error, but ${describeValue(error)}.`,
  );
}

/**
 * Starts the work now, and returns a promise whose failure is handled, but not logged: its caller awaits the result.
 */
export function ignoreRejection<T>(work: () => T | Promise<T>): Promise<T> {
  const outcome = new Promise<T>((resolve) => resolve(work()));
  outcome.catch(() => undefined);
  return outcome;
}

/**
 * Starts what waits to be asked for its outcome, such as a query of Prisma or Mongoose, in the async context of the
 * caller and not of whoever awaits it. Everything else is returned as it is.
 */
export function started<T>(work: T): T {
  if (!isThenable(work) || work instanceof Promise) return work;
  return new Promise((resolve, reject) => void work.then(resolve, reject)) as T;
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Resumes at once with a value, or with the value of a promise once it is fulfilled. */
export function thenSync<T, R>(value: T | Promise<T>, resume: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(resume) : resume(value);
}

/** Work that waits for some values by `yield* ready(…)`, as an async function does by `await`. */
export type Steps<T> = Generator<PromiseLike<unknown>, T, unknown>;

/** Waits within `runSteps()` for a value that may be there already. */
export function* ready<T>(value: T | PromiseLike<T>): Steps<T> {
  return isThenable(value) ? ((yield value) as T) : value;
}

/** Does the work, without a promise if nothing that it waits for is one. */
export function runSteps<T>(steps: Steps<T>): T | Promise<T> {
  const step = steps.next();
  return step.done ? step.value : finish(steps, step.value);
}

async function finish<T>(steps: Steps<T>, first: PromiseLike<unknown>): Promise<T> {
  let awaited = first;
  for (;;) {
    const step = await awaited.then(
      (value) => steps.next(value),
      (error: unknown) => steps.throw(error),
    );
    if (step.done) return step.value;
    awaited = step.value;
  }
}

/** Returns the outcome of work, without a promise if it has none. */
export function settleSync<T>(work: () => T | Promise<T>): PromiseSettledResult<T> | Promise<PromiseSettledResult<T>> {
  // Without closures, since lists have thousands of records.
  try {
    const outcome = work();
    return outcome instanceof Promise ? outcome.then(fulfilled, rejected) : fulfilled(outcome);
  } catch (reason) {
    return rejected(reason);
  }
}

function fulfilled<T>(value: T): PromiseFulfilledResult<T> {
  return { status: 'fulfilled', value };
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

/** Waits for work, if there is any to wait for. */
export function whenAll(work: ReadonlyArray<Promise<void> | undefined>): Promise<void> | undefined {
  const waiting = work.filter((one) => one !== undefined);
  return waiting.length > 0 ? Promise.all(waiting).then(() => undefined) : undefined;
}

/** Returns all values, without a promise if none of them is one. */
export function allSync<T>(values: ReadonlyArray<T | Promise<T>>): T[] | Promise<T[]> {
  if (values.some((value) => value instanceof Promise)) return Promise.all(values);
  return values as T[];
}

/** Does the work for one item after the other, without a promise if it returns none. */
export function inTurnSync<T, R>(
  items: readonly T[],
  work: (item: T) => R | Promise<R>,
  done: readonly R[] = [],
): readonly R[] | Promise<readonly R[]> {
  if (done.length === items.length) return done;
  return thenSync(work(items[done.length]), (result) => inTurnSync(items, work, [...done, result]));
}

/**
 * Runs the work, and handles its failure whether it throws or rejects. The result is a promise only if it has to be.
 */
export function tryCatch<T>(work: () => T | Promise<T>, handle: (error: unknown) => T | Promise<T>): T | Promise<T> {
  try {
    const outcome = work();
    return outcome instanceof Promise ? outcome.catch(handle) : outcome;
  } catch (error) {
    return handle(error);
  }
}

/** Runs the work, and rejects if it throws. */
export function rejectInsteadOfThrow<T>(work: () => T | Promise<T>): T | Promise<T> {
  return tryCatch(work, failed);
}

async function failed(error: unknown): Promise<never> {
  throw error;
}

/** Does the work for each item, for at most `limit` items at the same time. Rejects with the first failure. */
export async function forEachConcurrent<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const takeTurns = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeTurns));
}

/** Returns a function that reads a value when it is first called, and keeps it. */
export function once<T>(read: () => T): () => T {
  let known: { value: T } | undefined;
  return () => (known ??= { value: read() }).value;
}
