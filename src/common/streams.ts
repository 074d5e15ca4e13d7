/** Answers that are sent piece by piece, or that Nest does not send as JSON: nothing that could be a record. */
export function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || streams(value);
}

/** The same of a class, where a handler declares what it answers. */
export function isStreamType(type: unknown): boolean {
  if (typeof type !== 'function' || typeof type.prototype !== 'object' || type.prototype === null) return false;
  const prototype = type.prototype as object;
  return type === ArrayBuffer || prototype instanceof Uint8Array || type === Uint8Array || streams(prototype);
}

/** By their methods: a `StreamableFile`, a Node or web stream, a web `Response` or `Blob`, an async iterable. */
function streams(value: object): boolean {
  const { getStream, pipe, getReader, arrayBuffer } = value as Record<string, unknown>;
  const methods = [getStream, pipe, getReader, arrayBuffer];
  return Symbol.asyncIterator in value || methods.some((method) => typeof method === 'function');
}
