import { BOOLEAN, BYTES, MILLISECONDS, wholeNumber, type OptionRule } from '../common/option-rules.js';

/** Limits and switches of requests over the socket: the option `requests` of `SocketsModule`. */
export interface SocketRequestsOptions {
  /** How many requests of one connection are handled at once. @default 16 */
  concurrency?: number;
  /** How many more of them wait for their turn; what comes beyond is answered with 429. @default 64 */
  queue?: number;
  /** Milliseconds until a request without an answer is answered with 504 and aborted, the wait for its turn included. @default 30000 */
  timeout?: number;
  /** Bytes that a response may have; a larger one is answered with 413. @default 1048576 */
  maxResponseSize?: number;
  /**
   * Names of further headers that a request cannot set, since something before the application says by them who is asking: those that a proxy of yours
   * adds, or takes away from requests over HTTP. The usual ones are locked anyway (`x-forwarded-*`, `x-real-ip`, `x-auth-*`, `remote-*` …).
   *
   * @default []
   */
  lockedHeaders?: readonly string[];
  /** Whether answers carry the response's headers. @default true */
  sendResponseHeaders?: boolean;
  /** Whether answers carry the response's status; without it, `sails.io.js` takes everything for a success. @default true */
  sendStatusCode?: boolean;
  /**
   * The path at which `sails.io.js`, in a browser and on a page of another origin, fetches the session's cookie before it connects; or `false`. It is there
   * before any route, so session middleware has to be set up in `main.ts`: what a module applies in `configure()` comes later.
   *
   * @default '/__getcookie'
   */
  cookieRoute?: string | false;
}

/** The same, with every default filled in. */
export type ResolvedSocketRequestsOptions = Required<SocketRequestsOptions>;

/** Injection token of the resolved options; `false` where there are no requests over the socket. */
export const SOCKET_REQUESTS_OPTIONS = Symbol('SOCKET_REQUESTS_OPTIONS');

export const SOCKET_REQUESTS_DEFAULTS: ResolvedSocketRequestsOptions = {
  concurrency: 16,
  queue: 64,
  timeout: 30_000,
  maxResponseSize: 1_048_576,
  lockedHeaders: [],
  sendResponseHeaders: true,
  sendStatusCode: true,
  cookieRoute: '/__getcookie',
};

const MOST_REQUESTS = 100_000;

export const SOCKET_REQUESTS_RULES: Record<keyof SocketRequestsOptions, OptionRule> = {
  concurrency: wholeNumber('requests', MOST_REQUESTS),
  queue: [
    `a whole number of requests, from 0 to ${MOST_REQUESTS}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST_REQUESTS,
  ],
  timeout: MILLISECONDS,
  maxResponseSize: BYTES,
  lockedHeaders: ['an array of names of headers, such as ["x-tenant"]', isHeaderNames],
  sendResponseHeaders: BOOLEAN,
  sendStatusCode: BOOLEAN,
  cookieRoute: ['a path such as "/__getcookie", or false', isPathOrFalse],
};

function isPathOrFalse(value: unknown): boolean {
  return value === false || (typeof value === 'string' && /^\/[\w\-./]*[\w-]$/.test(value));
}

function isHeaderNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(name));
}
