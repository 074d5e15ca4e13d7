/** Answers that are sent piece by piece, or that Nest does not send as JSON: nothing that could be a record. */
export function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { getStream, pipe, getReader, arrayBuffer } = value as Record<string, unknown>;
  return (
    Symbol.asyncIterator in value ||
    ArrayBuffer.isView(value) ||
    [getStream, pipe, getReader, arrayBuffer].some((method) => typeof method === 'function')
  );
}
