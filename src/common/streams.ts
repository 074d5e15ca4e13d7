/** Whether a response is sent piece by piece, or not as JSON, so that it cannot be a record. */
export function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || hasStreamMethods(value);
}

/** Whether the class that a handler declares as its return type is a stream. */
export function isStreamType(type: unknown): boolean {
  if (typeof type !== 'function' || typeof type.prototype !== 'object' || type.prototype === null) return false;
  const prototype = type.prototype as object;
  return type === ArrayBuffer || prototype instanceof Uint8Array || type === Uint8Array || hasStreamMethods(prototype);
}

/** Recognizes a `StreamableFile`, a Node or web stream, a web `Response` or `Blob`, and async iterables. */
function hasStreamMethods(value: object): boolean {
  const { getStream, pipe, getReader, arrayBuffer } = value as Record<string, unknown>;
  const methods = [getStream, pipe, getReader, arrayBuffer];
  return Symbol.asyncIterator in value || methods.some((method) => typeof method === 'function');
}
