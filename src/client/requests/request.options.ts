import { isMutationId, MUTATION_HEADER } from '../../protocol/notes.js';
import { REQUEST_METHODS, type RequestMethod } from '../../protocol/request.js';
import {
  type AbortSignalLike,
  assertArgument,
  assertOptions,
  assertSignal,
  assertTimeout,
  isRecord,
} from '../assertions.js';
import type { RepeatListener } from './repeated-reads.js';

/** By name. What is undefined is not sent. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** @throws TypeError unless they are an object of strings */
export function assertHeaders(name: string, given: unknown): asserts given is RequestHeaders | undefined {
  assertArgument(
    given === undefined || isRecord(given),
    `${name}: the headers must be a plain object, such as { "mutation-id": "5" }`,
  );
  for (const [header, value] of Object.entries(given ?? {})) {
    assertArgument(
      value === undefined || typeof value === 'string',
      `${name}: the header "${header}" must be a string`,
    );
    assertArgument(
      value === undefined || header.toLowerCase() !== MUTATION_HEADER || isMutationId(value),
      `${name}: the header "${header}" must be 1 to 128 visible ASCII characters`,
    );
  }
}

/** The names are in lower case, so that the same header is there once; the later ones win. */
export function mergeHeaders(...all: readonly (RequestHeaders | undefined)[]): Record<string, string> {
  const merged = new Map<string, string | undefined>();
  for (const headers of all) {
    for (const [header, value] of Object.entries(headers ?? {})) merged.set(header.toLowerCase(), value);
  }
  const sent = [...merged].filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(sent);
}

/** How long somebody waits for an answer. */
export interface WaitOptions {
  /** Milliseconds, waiting for the connection included. @default what `connect()` was told */
  timeout?: number;
  /**
   * Ends the waiting: the promise rejects with the signal's reason. The server is not told: a request that was sent already may be done nevertheless, and a
   * read may subscribe; `unsubscribe` ends that.
   */
  signal?: AbortSignalLike;
}

/** Options of one request. */
export interface RequestOptions extends WaitOptions {
  /** Beside those of the client, and instead of those of the same name. What is `undefined` is not sent. */
  headers?: RequestHeaders;
}

/** Options of one read. */
export interface ReadOptions<Body = unknown> extends RequestOptions {
  /**
   * Reads again on each reconnect, before any other request is sent, so that the subscriptions come back, and tells this function what came of
   * it. A read that is under way when the connection is lost is sent again too, instead of failing. It ends when the signal aborts, with
   * `stop()` of a repetition, with `close()`, and if the read itself fails.
   */
  repeat?: RepeatListener<Body>;
}

/** Everything about one request. Only `get` and `head` may be repeated. */
export type RequestConfig<Body = unknown> = {
  /** A path of the application, with a query or without. */
  url: string;
  /** The body; of `get` and `head`, what is added to the query. */
  data?: unknown;
} & (
  | ({ method: 'get' | 'head' | 'GET' | 'HEAD' } & ReadOptions<Body>)
  | ({ method: RequestMethod | Uppercase<RequestMethod> } & RequestOptions & { repeat?: undefined })
);

const WAIT_OPTIONS = ['signal', 'timeout'];
const REQUEST_OPTIONS = ['headers', 'repeat', ...WAIT_OPTIONS];

/** @throws TypeError, RangeError */
export function assertWaitOptions(name: string, given: WaitOptions, known: readonly string[] = WAIT_OPTIONS): void {
  assertOptions(name, given, known);
  assertTimeout(name, 'timeout', given.timeout);
  assertSignal(name, given.signal);
}

/** @throws TypeError, RangeError */
export function assertRequestOptions<Body>(name: RequestMethod, given: ReadOptions<Body>): void {
  assertWaitOptions(name, given, REQUEST_OPTIONS);
  assertHeaders(name, given.headers);
  const { repeat } = given;
  assertArgument(
    repeat === undefined || name === 'get' || name === 'head',
    `${name}: the option "repeat" is for get and head. Anything else might be done twice: send it again yourself, if that is what you want`,
  );
  assertArgument(
    repeat === undefined || typeof repeat === 'function',
    `${name}: the option "repeat" must be a function that takes each repetition: ({ response, error }) => …`,
  );
}

/** @throws TypeError */
export function readMethod(method: unknown): RequestMethod {
  const known = REQUEST_METHODS.find((name) => name === String(method).toLowerCase());
  assertArgument(known !== undefined, `request: the method must be one of ${REQUEST_METHODS.join(', ')}`);
  return known;
}

/** @throws TypeError */
export function assertUrl(method: string, url: unknown): asserts url is string {
  assertArgument(
    typeof url === 'string' && url.startsWith('/'),
    `${method}: the url must be a path of the application, such as "/users/1". The server is the one that connect() was given`,
  );
}
