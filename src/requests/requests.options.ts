import { BOOLEAN, BYTES, MILLISECONDS, wholeNumber, type OptionRule } from '../common/option-rules.js';
import { isOfOneRequest } from './packet/header-kinds.js';
import { isHeaderName } from './packet/request-headers.js';

/** Limits and switches of requests over the socket: the option `requests` of `SocketsModule`. */
export interface SocketRequestsOptions {
  /** How many requests of one connection are handled at once. @default 16 */
  concurrency?: number;
  /** How many more of them wait for a slot; further ones are answered with 429. @default 64 */
  queue?: number;
  /**
   * Milliseconds until an unanswered request is answered with 504 and aborted, including the wait for a slot.
   *
   * @default 30000
   */
  timeout?: number;
  /**
   * Milliseconds that requests under way are given when the application shuts down; those that take longer are answered
   * with 503. Further requests are refused at once, with 503, too.
   *
   * @default 3000
   */
  shutdownTimeout?: number;
  /** The largest response in bytes; a larger one is answered with 413. @default 1048576 */
  maxResponseSize?: number;
  /**
   * Names of further headers that a request cannot set, because something in front of the application uses them to say
   * who is asking: those that your proxy adds, or removes from requests over HTTP. The usual ones are always locked
   * (`x-forwarded-*`, `x-real-ip`, `x-auth-*`, `remote-*` …).
   *
   * @default []
   */
  lockedHeaders?: readonly string[];
  /**
   * Names of further headers of the handshake that all requests over its socket have, since they say who the caller is:
   * `x-user`, `x-tenant`. A request may say otherwise. Requests have the usual ones anyway (`authorization`, cookies,
   * `user-agent`, `x-forwarded-*`, `x-api-key` …), those of `lockedHeaders`, and nothing else of the handshake.
   *
   * @default []
   */
  handshakeHeaders?: readonly string[];
  /** Whether answers include the response's headers. @default true */
  sendResponseHeaders?: boolean;
  /** Whether answers include the status; without it, `sails.io.js` takes everything for a success. @default true */
  sendStatusCode?: boolean;
  /**
   * The path from which `sails.io.js`, in a browser and on a page of another origin, fetches the session's cookie
   * before it connects; or `false`. The route precedes all others, so session middleware must be set up in `main.ts`:
   * what a module applies in `configure()` comes later.
   *
   * @default '/__getcookie'
   */
  cookieRoute?: string | false;
}

/** The options, with every default filled in. */
export type ResolvedSocketRequestsOptions = Required<SocketRequestsOptions>;

const DEFAULTS: ResolvedSocketRequestsOptions = {
  concurrency: 16,
  queue: 64,
  timeout: 30_000,
  shutdownTimeout: 3_000,
  maxResponseSize: 1_048_576,
  lockedHeaders: [],
  handshakeHeaders: [],
  sendResponseHeaders: true,
  sendStatusCode: true,
  cookieRoute: '/__getcookie',
};

const MAX_REQUESTS = 100_000;

export const SOCKET_REQUESTS_RULES: Record<keyof SocketRequestsOptions, OptionRule> = {
  concurrency: wholeNumber('requests', MAX_REQUESTS),
  queue: [
    `a whole number of requests, from 0 to ${MAX_REQUESTS}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_REQUESTS,
  ],
  timeout: MILLISECONDS,
  shutdownTimeout: MILLISECONDS,
  maxResponseSize: BYTES,
  lockedHeaders: ['an array of names of headers, such as ["x-tenant"]', isHeaderNames],
  handshakeHeaders: [
    'an array of names of headers that say who the caller is, such as ["x-user"]; not of those that are about a ' +
      'single request, such as "x-request-id" or "content-type", which no other request can have',
    (value) => isHeaderNames(value) && !value.some((name) => isOfOneRequest(name.toLowerCase())),
  ],
  sendResponseHeaders: BOOLEAN,
  sendStatusCode: BOOLEAN,
  cookieRoute: ['a path such as "/__getcookie", or false', isPathOrFalse],
};

/** Fills in the defaults; `false` if there are no requests over the socket. */
export function resolveRequestsOptions(
  given: SocketRequestsOptions | false = {},
): ResolvedSocketRequestsOptions | false {
  if (given === false) return false;
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(defined) };
}

function isPathOrFalse(value: unknown): boolean {
  return value === false || (typeof value === 'string' && /^\/[\w\-./]*[\w-]$/.test(value));
}

function isHeaderNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && isHeaderName(name));
}
