/** Where bytes stand in data, and what they are, as base64. */
type BytesAt = readonly [path: ReadonlyArray<string | number>, base64: string];

/** Data as JSON can hold it, and the bytes that it cannot hold. */
export interface SeparatedBytes {
  data: unknown;
  bytes: BytesAt[];
}

/**
 * Takes bytes out of plain data, since JSON has none. They are named by where they stand: a marker in their place could
 * be data of the application.
 */
export function separateBytes(data: unknown): SeparatedBytes {
  const bytes: BytesAt[] = [];
  const path: Array<string | number> = [];
  const separate = (value: unknown): unknown => {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      bytes.push([[...path], toBuffer(value).toString('base64')]);
      return null;
    }
    if (typeof value !== 'object' || value === null) return value;
    const known = bytes.length;
    const fields = Object.entries(value).map(([key, field]) => {
      path.push(Array.isArray(value) ? Number(key) : key);
      const separated = separate(field);
      path.pop();
      return [key, separated] as const;
    });
    if (bytes.length === known) return value;
    return Array.isArray(value) ? fields.map(([, field]) => field) : Object.fromEntries(fields);
  };
  return { data: separate(data), bytes };
}

function toBuffer(value: ArrayBufferView | ArrayBuffer): Buffer {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * Puts bytes back.
 *
 * @throws TypeError when they do not belong to the data
 */
export function joinBytes({ data, bytes }: SeparatedBytes): unknown {
  const root = { data };
  for (const [path, base64] of bytes) {
    const keys: Array<string | number> = ['data', ...path];
    const last = keys.pop() as string | number;
    const parent = keys.reduce<unknown>(ownField, root);
    if (ownField(parent, last) !== null) throw new TypeError('The bytes do not belong to the data.');
    const value = Buffer.from(base64, 'base64');
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  }
  return root.data;
}

function ownField(parent: unknown, key: string | number): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return undefined;
  return (parent as Record<string | number, unknown>)[key];
}
