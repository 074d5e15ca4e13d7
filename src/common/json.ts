import { NotSerializableError } from './common.errors.js';
import { describeValue } from './describe-value.js';

/**
 * What JSON makes of the data, with binary left as it is: a copy that has no methods, getters or cycles, so that every server and every transport
 * delivers the same, and that is asked of the data only once.
 *
 * What cannot travel is refused here, before anything is sent: Socket.IO's own walk through the data overflows the stack on deep or circular
 * data, and that ends the process.
 *
 * @throws NotSerializableError
 */
export function plainOf(method: string, data: unknown, maxNesting: number): unknown {
  // As the last argument of an emit, Socket.IO would take a function for the callback of an acknowledgement.
  if (typeof data === 'function' || typeof data === 'symbol') {
    throw new NotSerializableError(method, `${describeValue(data)} is no data`);
  }
  try {
    return new Walk(method, maxNesting).plain(data, '');
  } catch (error) {
    if (error instanceof NotSerializableError) throw error;
    throw new NotSerializableError(method, 'a getter or toJSON() of it throws', { cause: error });
  }
}

/**
 * Refuses what cannot travel.
 *
 * @throws NotSerializableError
 */
export function assertSerializable(method: string, data: unknown, maxNesting: number): void {
  plainOf(method, data, maxNesting);
}

class Walk {
  private readonly ancestors: object[] = [];

  constructor(
    private readonly method: string,
    private readonly maxNesting: number,
  ) {}

  plain(value: unknown, key: string): unknown {
    const shown = shownAs(value, key);
    if (typeof shown === 'bigint') throw this.refusal('it contains a BigInt; send it as a string');
    if (typeof shown === 'function' || typeof shown === 'symbol') return undefined;
    if (typeof shown !== 'object' || shown === null) return shown;
    if (isBinary(shown)) return bytesOf(shown);
    if (shown instanceof Blob) throw this.refusal('it contains a Blob; send Buffer.from(await blob.arrayBuffer())');
    if (shown instanceof String || shown instanceof Number || shown instanceof Boolean) return shown.valueOf();

    // The value itself, not what toJSON() made of it, which may be new each time: only so can a circle be told from depth.
    const self = typeof value === 'object' && value !== null ? value : shown;
    if (this.ancestors.length === this.maxNesting) throw this.tooDeep(self);
    this.ancestors.push(self);
    const copy = Array.isArray(shown) ? this.plainArray(shown) : this.plainObject(shown);
    this.ancestors.pop();
    return copy;
  }

  private plainArray(array: readonly unknown[]): unknown[] {
    return Array.from(array, (item, index) => this.plain(item, String(index)) ?? null);
  }

  private plainObject(object: object): object {
    const copy: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(object)) {
      const value = this.plain(field, key);
      if (value === undefined) continue;
      if (key === '__proto__') Object.defineProperty(copy, key, { value, enumerable: true });
      else copy[key] = value;
    }
    return copy;
  }

  private tooDeep(value: object): NotSerializableError {
    const repeats = this.ancestors.includes(value) || new Set(this.ancestors).size < this.ancestors.length;
    return this.refusal(
      repeats
        ? 'it is circular'
        : `it nests deeper than ${this.maxNesting} levels (the option "maxNesting" of SocketsModule)`,
    );
  }

  private refusal(why: string): NotSerializableError {
    return new NotSerializableError(this.method, why);
  }
}

/** As JSON does it: once, and only where `toJSON` is a method. A field that merely happens to be called so is plain data. */
function shownAs(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'bigint') return value;
  if (typeof value === 'object' && isBinary(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value, key) as unknown) : value;
}

function isBinary(value: object): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** A cluster's adapter knows Buffers only, and would make other numbers of, say, a Float64Array. */
function bytesOf(binary: ArrayBufferView | ArrayBuffer): Buffer {
  if (Buffer.isBuffer(binary)) return binary;
  if (binary instanceof ArrayBuffer) return Buffer.from(binary);
  return Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
}

/**
 * What JSON makes of data: the same for everybody, on whichever server and by whichever transport, and what an HTTP response would have been. The
 * data itself is read once, so a `toJSON()` or a getter is called once.
 *
 * @throws NotSerializableError
 */
export function plainData(method: string, data: unknown, maxNesting: number): unknown {
  if (data === undefined) return undefined;
  const text = write(method, data, maxNesting);
  if (text === undefined) throw new NotSerializableError(method, `JSON makes nothing of ${describeValue(data)}`);
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
