import type { Socket } from 'socket.io';
import { credentialsOf } from '../../connections/handshake.js';
import { SOCKET_ID_HEADER } from '../../protocol/request.js';
import { malformed } from '../request-refusal.js';

/** The headers of a request as Node gives them to an application: by name, in lower case. */
export type RequestHeaders = Record<string, string>;

/**
 * Headers that say who asks, from where and through what. They come from the handshake, and a packet cannot set them.
 */
const IDENTITY = anyOf(
  'cookie2?|authorization|origin|host|forwarded|via|sec-.*|x-forwarded-.*|x-original-.*',
  '(?:(?:x|true|cf|fastly|fly)-)?(?:real|client|connecting|cluster-client)-ip|(?:x-)?remote-.*',
  'x-(?:auth|authenticated)-.*|x-(?:amzn|amz|goog|ms|envoy|azure)-.*|cf-access-.*',
);

/** Headers about a connection or the bytes on it, neither of which exists here. */
const HOP_BY_HOP = anyOf(
  'connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|upgrade-insecure-requests|expect',
  'http2-settings|content-length|content-encoding|accept-encoding',
);

/** Headers of the handshake that are about the handshake itself. */
const HANDSHAKE_ONLY = /^(?:content-.*|accept|range|if-.*|cache-control|pragma|sec-websocket-.*|__sails_io_.*)$/;

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Characters that Node refuses in a value: those that would end the line, or have no place in one. */
const NEVER_IN_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/;

const MAX_HEADERS = 100;
const MAX_CHARACTERS = 16_384;

/** Makes the headers that every request of a socket has, before its packet adds others. */
export function handshakeHeaders({ handshake }: Socket): RequestHeaders {
  const headers: RequestHeaders = { accept: 'application/json, text/plain, */*' };
  for (const [name, value] of Object.entries(handshake.headers)) {
    if (value === undefined || HOP_BY_HOP.test(name) || HANDSHAKE_ONLY.test(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const credentials = credentialsOf(handshake);
  // A token in `auth` may be anything. One that no header can carry is not a token.
  if (credentials !== undefined && !NEVER_IN_VALUE.test(credentials)) headers.authorization = credentials;
  delete headers.cookie;
  return headers;
}

/**
 * Reads which headers a packet adds, and which it removes (`null`). Headers that only the handshake may set are
 * silently left out, as browsers do with those that a script may not set.
 *
 * @throws RequestRefusal
 */
export function packetHeaders(given: unknown, locked: ReadonlySet<string>): Record<string, string | null> {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given))
    throw malformed('The headers must be an object whose values are strings.');
  const headers: Record<string, string | null> = {};
  let characters = 0;
  const entries = Object.entries(given);
  if (entries.length > MAX_HEADERS) throw malformed(`The request has more than ${MAX_HEADERS} headers.`);
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw malformed('The request has a header with an invalid name.');
    const key = name.toLowerCase();
    const text = readValue(value);
    characters += key.length + (text?.length ?? 0);
    if (!isReserved(key) && !locked.has(key)) headers[key] = text;
  }
  if (characters > MAX_CHARACTERS) throw malformed(`The headers have more than ${MAX_CHARACTERS} characters.`);
  return headers;
}

/** Applies what a packet says to the headers of the handshake. */
export function mergeHeaders(
  ofHandshake: RequestHeaders,
  ofPacket: Readonly<Record<string, string | null>>,
): RequestHeaders {
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

function isReserved(name: string): boolean {
  return name === '__proto__' || name === SOCKET_ID_HEADER || IDENTITY.test(name) || HOP_BY_HOP.test(name);
}

function readValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw malformed('The value of a header must be a string.');
  }
  const text = String(value);
  if (NEVER_IN_VALUE.test(text)) throw malformed('The value of a header contains an invalid character.');
  return text;
}

function anyOf(...alternatives: string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join('|')})$`);
}
