import { expect } from 'vitest';
import { SocketsError } from '../../src/index.js';

/** A class of the package's errors. */
type ErrorClass = abstract new (...args: never[]) => SocketsError;

/**
 * What a promise was rejected with, or a function threw, and whether that is what a caller can act on: a class, a code,
 * and words about what was wrong.
 */
export async function expectRefusal(
  attempt: Promise<unknown> | (() => unknown),
  type: ErrorClass,
  code: string,
  ...words: Array<string | RegExp>
): Promise<void> {
  const error = await failureOf(attempt);
  expect(error).toBeInstanceOf(type);
  expect(error).toBeInstanceOf(SocketsError);
  const { name, message } = error as SocketsError;
  expect({ name, code: (error as SocketsError).code }).toEqual({ name: type.name, code });
  for (const word of words) expect(message).toMatch(word);
}

async function failureOf(attempt: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt);
  } catch (error) {
    return error;
  }
  throw new Error('It was not refused.');
}
