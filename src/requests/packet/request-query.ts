import { HttpStatus } from '@nestjs/common';
import { maxHeaderSize } from 'node:http';
import { malformed, RequestRefusal } from '../request-refusal.js';

/** A value that a query can express without brackets. */
type Plain = string | number | boolean | null | undefined;

/**
 * Writes the data of a `get` as a query for the application's own query parser: lists of plain values repeat the name,
 * and nested values use brackets. A name that is in the url already is left as it is there.
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
  const query = new Query();
  for (const [name, value] of Object.entries(data)) if (!named.has(name)) query.add(name, value);
  return query.toString();
}

/** A query under construction, which never grows longer than a request line may be, however many fields there are. */
class Query {
  private readonly pairs: string[] = [];
  private length = 0;

  add(name: string, value: unknown): void {
    if (isPlain(value)) return this.addPair(name, value);
    if (Buffer.isBuffer(value)) throw noBytes();
    if (Array.isArray(value) && value.every(isPlain)) return value.forEach((one) => this.addPair(name, one));
    for (const [key, field] of Object.entries(value)) this.add(`${name}[${key}]`, field);
  }

  toString(): string {
    return this.pairs.join('&');
  }

  private addPair(name: string, value: Plain): void {
    const pair = `${encode(name)}=${encode(`${value ?? ''}`)}`;
    this.length += pair.length + 1;
    if (this.length > maxHeaderSize) throw tooLong();
    this.pairs.push(pair);
  }
}

/** @throws RequestRefusal when the request line becomes longer than HTTP allows */
export function withQuery(url: string, query: string): string {
  if (query === '') return url;
  const whole = `${url}${url.includes('?') ? '&' : '?'}${query}`;
  if (whole.length <= maxHeaderSize) return whole;
  throw tooLong();
}

function tooLong(): RequestRefusal {
  return new RequestRefusal(HttpStatus.URI_TOO_LONG, 'The data does not fit into the query. Send it with "post".');
}

function noBytes(): RequestRefusal {
  return malformed('The data of "get" and "head" cannot hold bytes. Send them with "post".');
}

function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw malformed('The data contains half of a surrogate pair.');
  }
}

function isPlain(value: unknown): value is Plain {
  return typeof value !== 'object' || value === null;
}

/** Returns the names in the query of a url; for `filter[a]`, also `filter`. */
function namesIn(url: string): Set<string> {
  const start = url.indexOf('?');
  if (start < 0) return new Set();
  const names = [...new URLSearchParams(url.slice(start)).keys()];
  return new Set(names.flatMap((name) => [name, name.split('[', 1)[0]]));
}
