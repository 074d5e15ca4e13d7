import { NotSerializableError } from './common.errors.js';
import type { ShowObject } from './serializers/class-transformer.js';
import { describeValue } from './describe-value.js';

/**
 * Data as JSON: its text, which is written once, and what that says, which is read when somebody asks. Most of what is
 * published leaves as it was written, and nobody on this server reads it.
 */
export class Json {
  private constructor(
    private written: string | undefined,
    private read: { value: unknown } | undefined,
  ) {}

  static ofText(text: string): Json {
    return new Json(text, undefined);
  }

  /** @param value plain data, as JSON has them */
  static of(value: unknown): Json {
    return new Json(undefined, { value });
  }

  get text(): string {
    return (this.written ??= JSON.stringify(this.read?.value));
  }

  get value(): unknown {
    return (this.read ??= { value: JSON.parse(this.text) as unknown }).value;
  }
}

/**
 * Copies data as JSON would, except that binary stays binary. The copy has no methods, getters or cycles, so that every
 * server and every transport delivers the same, and the data is read only once.
 *
 * Data that cannot be sent is refused here, before anything is sent: Socket.IO's own walk through deep or circular data
 * overflows the stack, and that ends the process.
 *
 * @param show replaces each object by what may be sent of it
 * @throws NotSerializableError
 */
export function copyWithBinary(method: string, data: unknown, maxNesting: number, show?: ShowObject): unknown {
  // As the last argument of an emit, Socket.IO would take a function for the callback of an acknowledgement.
  if (typeof data === 'function' || typeof data === 'symbol') {
    throw new NotSerializableError(method, `${describeValue(data)} is not data`);
  }
  try {
    return new PlainCopier(method, maxNesting, show).copy(data, '');
  } catch (error) {
    if (error instanceof NotSerializableError) throw error;
    throw new NotSerializableError(method, 'a getter or toJSON() in it throws', { cause: error });
  }
}

/**
 * Refuses data that cannot be sent.
 *
 * @throws NotSerializableError
 */
function assertSerializable(method: string, data: unknown, maxNesting: number): void {
  copyWithBinary(method, data, maxNesting);
}

/** How many places of a list may be empty: each becomes a `null`, and one assignment can make four billion of them. */
const MAX_GAPS = 1_000_000;

class PlainCopier {
  private readonly ancestors: object[] = [];

  constructor(
    private readonly method: string,
    private readonly maxNesting: number,
    private readonly show: ShowObject | undefined,
  ) {}

  copy(value: unknown, key: string): unknown {
    const shown = applyToJson(this.show && isShowable(value) ? this.show(value) : value, key);
    if (typeof shown === 'bigint') throw this.refusal('it contains a BigInt; send it as a string');
    if (typeof shown === 'function' || typeof shown === 'symbol') return undefined;
    if (typeof shown !== 'object' || shown === null) return shown;
    if (isBinary(shown)) return bufferOf(shown);
    if (shown instanceof Blob) throw this.refusal('it contains a Blob; send Buffer.from(await blob.arrayBuffer())');
    if (shown instanceof String || shown instanceof Number || shown instanceof Boolean) return shown.valueOf();

    // The value itself, not the result of its toJSON(), which may be new each time: otherwise a cycle would look like
    // depth.
    const self = typeof value === 'object' && value !== null ? value : shown;
    if (this.ancestors.length === this.maxNesting) throw this.tooDeep(self);
    this.ancestors.push(self);
    const copy = Array.isArray(shown) ? this.copyArray(shown) : this.copyObject(shown);
    this.ancestors.pop();
    return copy;
  }

  private copyArray(array: readonly unknown[]): unknown[] {
    if (array.length > MAX_GAPS && Object.keys(array).length < array.length - MAX_GAPS) {
      throw this.refusal('it contains a list that is mostly empty, but for its length');
    }
    return Array.from(array, (item, index) => this.copy(item, String(index)) ?? null);
  }

  private copyObject(object: object): object {
    const copy: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(object)) {
      const value = this.copy(field, key);
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

/**
 * Calls `toJSON` as JSON does: once, and only if it is a method. A field that happens to have this name is plain data.
 */
function applyToJson(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'bigint') return value;
  if (typeof value === 'object' && isBinary(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value, key) as unknown) : value;
}

/** Returns the replacer of JSON that shows objects before their `toJSON()` does. */
function replacerFor(show: ShowObject): (this: unknown, key: string, value: unknown) => unknown {
  return function (key, value) {
    const given = (this as Record<string, unknown>)[key];
    if (!isShowable(given)) return value;
    const shown = show(given);
    return shown === given ? value : shown;
  };
}

function isShowable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !isBinary(value);
}

function isBinary(value: object): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Copies binary to a Buffer: cluster adapters know nothing else, and would change the numbers of a Float64Array. */
function bufferOf(binary: ArrayBufferView | ArrayBuffer): Buffer {
  if (binary instanceof ArrayBuffer) return Buffer.from(new Uint8Array(binary));
  return Buffer.from(new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength));
}

/**
 * Copies data through JSON, so that everybody gets the same on every server and transport: what an HTTP response would
 * contain. The data is read once, so that its `toJSON()` methods and getters are called once.
 *
 * @param show replaces each object by what may be sent of it
 * @throws NotSerializableError
 */
export function copyAsJson(method: string, data: unknown, maxNesting: number, show?: ShowObject): unknown {
  return data === undefined ? undefined : readAsJson(method, data, maxNesting, show).value;
}

/**
 * Does the same for data that nobody may ever look at here.
 *
 * @throws NotSerializableError
 */
export function readAsJson(method: string, data: unknown, maxNesting: number, show?: ShowObject): Json {
  const text = stringify(method, data, maxNesting, show);
  if (text === undefined) throw new NotSerializableError(method, `JSON has no form for ${describeValue(data)}`);
  const json = Json.ofText(text);
  if (mayNestDeeper(text, maxNesting) && nestsDeeper(json.value, maxNesting))
    assertSerializable(method, json.value, maxNesting);
  return json;
}

/** Tells whether a text opens more brackets than there may be levels. If not, there is no need to read it. */
function mayNestDeeper(text: string, levels: number): boolean {
  let left = levels;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (--left < 0) return true;
  }
  return false;
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => nestsDeeper(child, levels - 1));
}

function stringify(
  method: string,
  data: unknown,
  maxNesting: number,
  show: ShowObject | undefined,
): string | undefined {
  try {
    return JSON.stringify(data, show && replacerFor(show));
  } catch (error) {
    // This throws an error that names the reason.
    assertSerializable(method, data, maxNesting);
    throw new NotSerializableError(method, 'a getter or toJSON() in it throws', { cause: error });
  }
}
