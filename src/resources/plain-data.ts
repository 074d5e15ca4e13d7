import { describe } from '../sockets/describe.js';
import { NotSerializableError } from '../sockets/errors/not-serializable.error.js';
import { assertSerializable } from '../sockets/serializable.js';

/**
 * What JSON makes of data: the same for everybody, on whichever server and by whichever transport, and what an HTTP response would have been. The
 * data itself is read once, so a `toJSON()` or a getter is called once.
 *
 * @throws NotSerializableError
 */
export function plainData(method: string, data: unknown, maxNesting: number): unknown {
  if (data === undefined) return undefined;
  const text = write(method, data, maxNesting);
  if (text === undefined) throw new NotSerializableError(method, `JSON makes nothing of ${describe(data)}`);
  const plain: unknown = JSON.parse(text);
  if (nestsDeeper(plain, maxNesting)) assertSerializable(method, plain, maxNesting);
  return plain;
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => nestsDeeper(child, levels - 1));
}

function write(method: string, data: unknown, maxNesting: number): string | undefined {
  try {
    return JSON.stringify(data);
  } catch (error) {
    // Says which of the reasons it was.
    assertSerializable(method, data, maxNesting);
    throw new NotSerializableError(method, 'a getter or toJSON() of it throws', { cause: error });
  }
}
