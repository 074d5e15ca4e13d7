import { malformed } from './request-refusal.js';

/** What a query can say of a value. */
type Plain = string | number | boolean | null | undefined;

/**
 * The data of a `get` as a query, for the application's own query parser to read: lists of plain values by repeating the name, what nests by brackets. What the
 * url says already is left as it is.
 *
 * @throws RequestRefusal
 */
export function queryOf(data: unknown, url: string): string {
  if (data === undefined || data === null) return '';
  if (typeof data !== 'object' || Array.isArray(data)) {
    throw malformed('The data of "get" and "head" must be an object.');
  }
  if (Buffer.isBuffer(data)) throw noBytes();
  const named = namesIn(url);
  return Object.entries(data)
    .filter(([name]) => !named.has(name))
    .flatMap(([name, value]) => pairsOf(name, value))
    .map((pair) => pair.map(encode).join('='))
    .join('&');
}

function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw malformed('The data contains half of a character.');
  }
}

function pairsOf(name: string, value: unknown): Array<[name: string, value: string]> {
  if (value === null) return [[name, '']];
  if (Buffer.isBuffer(value)) throw noBytes();
  if (Array.isArray(value) && value.every(isPlain)) return value.map((one) => [name, String(one ?? '')]);
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([key, field]) => pairsOf(`${name}[${key}]`, field));
  }
  return [[name, `${value as Plain}`]];
}

function noBytes(): Error {
  return malformed('The data of "get" and "head" cannot hold bytes.');
}

function isPlain(value: unknown): value is Plain {
  return typeof value !== 'object' || value === null;
}

/** The names in the query of a url; of `filter[a]`, also `filter`. */
function namesIn(url: string): Set<string> {
  const start = url.indexOf('?');
  if (start < 0) return new Set();
  const names = [...new URLSearchParams(url.slice(start)).keys()];
  return new Set(names.flatMap((name) => [name, name.split('[', 1)[0]]));
}
