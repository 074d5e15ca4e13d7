import type { RecordId } from '../../protocol/resource-message.js';

/**
 * Returns the id that a value is: a number that identifies exactly one record, a string, or something that JSON turns
 * into one of them, such as a BigInt or an `ObjectId`. Returns `undefined` for anything else.
 */
export function readId(value: unknown): RecordId | undefined {
  if (typeof value === 'number') {
    // Beyond 2^53, different integers are the same number.
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined;
    // As a string, -0 is 0.
    return value + 0;
  }
  // A lone surrogate would turn into another character on its way to another server, and so into another id.
  if (typeof value === 'string') return value === '' || !isWellFormed(value) ? undefined : value;
  const plain = plainValue(value);
  return typeof plain === 'number' || typeof plain === 'string' ? readId(plain) : undefined;
}

/** Returns the number that a text is the one written form of, if there is one that identifies exactly one record. */
export function numberIn(written: string): number | undefined {
  const number = Number(written);
  return String(number) === written ? (readId(number) as number | undefined) : undefined;
}

/** Returns what JSON makes of a BigInt or an object with a method `toJSON`. A date is a value, and not an id. */
function plainValue(value: unknown): unknown {
  const isBigInt = typeof value === 'bigint';
  if (!isBigInt && (typeof value !== 'object' || value === null || value instanceof Date)) return undefined;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== 'function') return isBigInt ? String(value) : undefined;
  try {
    return toJSON.call(value, '') as unknown;
  } catch {
    return undefined;
  }
}

function isWellFormed(value: string): boolean {
  return !/\p{Surrogate}/u.test(value);
}
