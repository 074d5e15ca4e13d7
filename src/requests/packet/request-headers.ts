import { malformed } from '../request-refusal.js';

/** The headers of a request as Node gives them to an application: by name, in lower case. */
export type RequestHeaders = Record<string, string>;

/** What a packet says of headers, by name, in lower case: their values, or `null` to remove those of the handshake. */
export type PacketHeaders = Record<string, string | null>;

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Characters that Node refuses in a value: those that would end the line, or have no place in one. */
const NEVER_IN_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

const MAX_HEADERS = 100;
const MAX_CHARACTERS = 16_384;

export function isHeaderName(name: string): boolean {
  return NAME.test(name);
}

export function isHeaderValue(value: string): boolean {
  return !NEVER_IN_VALUE.test(value);
}

/**
 * Reads the headers of a packet, which may be anything.
 *
 * @throws RequestRefusal
 */
export function readHeaders(given: unknown): PacketHeaders {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw malformed('The headers must be an object whose values are strings.');
  const headers: PacketHeaders = {};
  let characters = 0;
  const entries = Object.entries(given);
  if (entries.length > MAX_HEADERS) throw malformed(`The request has more than ${MAX_HEADERS} headers.`);
  for (const [name, value] of entries) {
    if (!isHeaderName(name)) throw malformed('The request has a header with an invalid name.');
    const key = name.toLowerCase();
    const text = readValue(value);
    characters += key.length + (text?.length ?? 0);
    if (key !== '__proto__') headers[key] = text;
  }
  if (characters > MAX_CHARACTERS) throw malformed(`The headers have more than ${MAX_CHARACTERS} characters.`);
  return headers;
}

/** Applies what a packet says to the headers of the handshake. */
export function mergeHeaders(ofHandshake: RequestHeaders, ofPacket: Readonly<PacketHeaders>): RequestHeaders {
  const headers = { ...ofHandshake };
  for (const [name, value] of Object.entries(ofPacket)) {
    if (value === null) delete headers[name];
    else headers[name] = value;
  }
  return headers;
}

/** Lists names and values in turn, as Node lists what arrived. */
export function rawHeadersOf(headers: RequestHeaders): string[] {
  const raw: string[] = [];
  for (const name in headers) raw.push(name, headers[name]);
  return raw;
}

function readValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw malformed('The value of a header must be a string.');
  }
  const text = String(value);
  if (!isHeaderValue(text)) throw malformed('The value of a header contains an invalid character.');
  return text;
}
