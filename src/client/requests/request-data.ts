/** What JSON would leave out, or make an empty object or a mountain of numbers of. */
const NOT_JSON =
  /^(ArrayBuffer|SharedArrayBuffer|DataView|\w+Array|Blob|File|FormData|URLSearchParams|Headers|Map|Set|Promise|AbortSignal|\w*Function)$/;

/**
 * What is sent of the data: what JSON makes of it now, or a copy of its bytes. What becomes of it afterwards does not matter.
 *
 * @param name the request, as errors name it
 * @throws TypeError if it cannot be sent
 */
export function plainData(name: string, data: unknown): unknown {
  if (data instanceof ArrayBuffer) return data.slice(0);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  const json = JSON.stringify(data, function (this: Record<string, unknown>, key, value: unknown) {
    // What is here, before its toJSON().
    const kind = Object.prototype.toString.call(this[key]).slice(8, -1);
    if (NOT_JSON.test(kind)) throw new TypeError(refusal(name, kind, key));
    return value;
  }) as string | undefined;
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
}

function refusal(name: string, kind: string, key: string): string {
  const what = kind === 'Promise' ? 'a promise that nobody awaited' : kind;
  const hint = /Signal|Function/.test(kind)
    ? 'Options are the argument after the data, which may be undefined'
    : 'Data is what JSON can carry, or bytes alone: an ArrayBuffer or one of its views';
  return `${name}: the data holds ${what}${key && ` in "${key}"`}, which cannot be sent. ${hint}`;
}
