import type { Packet } from '../clients/connection.js';
import type { Transport } from '../support/scene.js';

/** Something that a hostile or broken client sends, and what has to come of it. */
export interface Attack {
  /** The kind of input: a row of the table. */
  row: keyof typeof ROWS;
  name: string;
  /** What is sent once the connection is open, and its `CONNECT` accepted. */
  send?: () => Packet[];
  /** What is sent for `CONNECT`; nothing if it is `undefined`. */
  connect?: () => string | undefined;
  headers?: Record<string, string>;
  /** What the path of the handshake ends with. */
  query?: string;
  /** The method of the handshake. @default `GET` */
  method?: string;
  /** One of these. */
  expect: Expectation | readonly Expectation[];
  /** By this transport only. */
  only?: Transport;
  /** Concerns what only the library has. */
  own?: true;
}

/**
 * `closed`: the connection ends. `ignored`: it goes on, as if nothing had been sent. `refused`: `CONNECT_ERROR`. An
 * `answer`: exactly one acknowledgement, of which that is a part. A `status`: the handshake is refused with it.
 */
export type Expectation = 'closed' | 'ignored' | 'refused' | { answer: unknown } | { status: number };

/** Any answer, as long as there is exactly one. */
export const ANY = Symbol('any');

/** The number of the acknowledgement that attacks ask for. */
export const ACK = 7;

/** An event, with an acknowledgement. */
export const event = (...args: unknown[]): string => `42${ACK}${JSON.stringify(args)}`;

/** An event, whose payload is JSON already. */
export const eventOf = (name: string, json: string): string => `42${ACK}["${name}",${json}]`;

export const nestedJson = (levels: number, open = '[', close = ']'): string =>
  open.repeat(levels) + (open === '[' ? '' : '1') + close.repeat(levels);

export const keysJson = (count: number): string =>
  `{${Array.from({ length: count }, (_, key) => `"k${key.toString(36)}":0`).join()}}`;

/** The answer of the library and of Nest to what is not to be had. */
export const answer = (statusCode: number): Expectation => ({ answer: { statusCode } });

/** The kinds of input, in the order of the table. */
export const ROWS = {
  frames: 'frames that are no packets',
  acknowledgements: 'acknowledgements that nobody waits for, and events for which nobody waits for one',
  connects: 'CONNECT again, and to namespaces that do not exist',
  auth: '`auth` of a handshake: lists, 100 kB, 10,000 levels, `__proto__`, numbers as tokens',
  silent: 'a connection that never sends CONNECT',
  attachments: 'bytes that were not announced, or announced and never sent; placeholders of others',
  size: 'packets of 2 MB',
  handshakes: 'handshakes with an unknown session, transport or method',
  origins: 'handshakes of pages of another origin, with cookies',
  nesting: '33, 5,000 and 400,000 levels, in payloads, requests and `auth`',
  keys: 'objects and lists with 100,001 members',
  prototype: '`__proto__`, `constructor` and `prototype` as keys, into a naive merge',
  text: 'lone surrogates, NUL, RTL marks, 500 kB of text',
  events: 'names of events: numbers, empty, 100 kB, `__proto__`, reserved, unknown',
  results: 'handlers that return records with `event`, `then`, `toJSON`, `subscribe` …',
  unsendable: 'handlers that return BigInts, circles, 5,000 levels, rejected promises',
  failures: 'handlers that throw errors, strings, `null`, circles of causes',
  urls: 'requests with no, odd and foreign urls',
  methods: 'requests with odd methods',
  headers: 'requests with odd headers, and those that only proxies may set',
  answers: 'requests that are refused, or never answered',
  oracle: 'requests for records that are not to be had, or do not exist',
  subscriptions: 'unsubscribing from what never was, and with odd arguments',
  early: 'messages before CONNECT is accepted',
  tokens: 'tokens that are not valid',
  forged: 'events that only servers send',
} as const;
