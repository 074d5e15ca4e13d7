/** Kinds of values that JSON would leave out, or turn into an empty object or a mountain of numbers. */
const NOT_JSON =
  /.Array$|ArrayBuffer$|Function$|^(DataView|Blob|File|FormData|URLSearchParams|Headers|Map|Set|Promise|AbortSignal)$/;

/**
 * Copies the data of a request as JSON carries it, or its bytes, so that later changes to it do not matter.
 *
 * @param name the request as errors name it
 * @throws TypeError if the data cannot be sent
 */
export function copyRequestData(name: string, data: unknown): unknown {
  if (data instanceof ArrayBuffer) return data.slice(0);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  const json = JSON.stringify(data, function (this: Record<string, unknown>, key, value: unknown) {
    // The value before its toJSON() ran.
    const kind = Object.prototype.toString.call(this[key]).slice(8, -1);
    if (NOT_JSON.test(kind)) throw new TypeError(unsendable(name, kind, key));
    return value;
  }) as string | undefined;
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
}

function unsendable(name: string, kind: string, key: string): string {
  const what = kind === 'Promise' ? 'a promise that nobody awaited' : kind;
  const hint = /Signal|Function/.test(kind)
    ? 'Options are the argument after the data, which may be undefined'
    : 'Data must be JSON, or bytes alone: an ArrayBuffer or one of its views';
  return `${name}: the data contains ${what}${key && ` in "${key}"`}, which cannot be sent. ${hint}`;
}
