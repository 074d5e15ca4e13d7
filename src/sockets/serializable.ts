import { NotSerializableError } from './errors/not-serializable.error.js';
import { SocketsError } from './errors/sockets.error.js';

/**
 * Refuses what cannot travel before anything is sent: Socket.IO's own walk through the data overflows the stack on deep or circular data, and
 * that ends the process.
 */
export function assertSerializable(method: string, data: unknown, maxNesting: number): void {
  try {
    walk(method, data, maxNesting, []);
  } catch (error) {
    if (error instanceof SocketsError) throw error;
    throw new NotSerializableError(method, 'a getter or toJSON() of it throws', { cause: error });
  }
}

function walk(method: string, value: unknown, maxNesting: number, ancestors: object[]): void {
  if (typeof value === 'bigint') throw new NotSerializableError(method, 'it contains a BigInt; send it as a string');
  if (typeof value !== 'object' || value === null || isBinary(value)) return;
  if (ancestors.length === maxNesting) throw new NotSerializableError(method, tooDeep(value, ancestors, maxNesting));

  const { toJSON } = value as { toJSON?: unknown };
  // A field that merely happens to be called toJSON is plain data.
  const plain: unknown = typeof toJSON === 'function' ? toJSON.call(value) : value;
  if (plain !== value) return walk(method, plain, maxNesting, ancestors);

  ancestors.push(value);
  for (const child of Object.values(value)) walk(method, child, maxNesting, ancestors);
  ancestors.pop();
}

function tooDeep(value: object, ancestors: readonly object[], maxNesting: number): string {
  return new Set([...ancestors, value]).size <= ancestors.length
    ? 'it is circular'
    : `it nests deeper than ${maxNesting} levels (the option "maxNesting" of SocketsModule)`;
}

function isBinary(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob;
}
