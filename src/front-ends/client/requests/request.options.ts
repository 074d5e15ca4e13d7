import { isMutationId, MUTATION_HEADER } from '../../../protocol/notes.js';
import { REQUEST_METHODS, type RequestMethod } from '../../../protocol/request.js';
import { assertArgument, assertOptions, assertTimeout, isRecord } from '../assertions.js';
import { type AbortSignalLike, assertSignal } from './abort-signal.js';
import type { RepeatListener } from './repeated-reads.js';

/** Headers by name. One that is `undefined` is not sent. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** @throws TypeError unless the headers are absent, or an object of strings */
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

/** Merges headers; the later ones win. Names become lower case, so that each header appears once. */
export function mergeHeaders(...all: readonly (RequestHeaders | undefined)[]): Record<string, string> {
  const merged = new Map<string, string | undefined>();
  for (const headers of all) {
    for (const [header, value] of Object.entries(headers ?? {})) merged.set(header.toLowerCase(), value);
  }
  const sent = [...merged].filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(sent);
}

/** How long to wait for an answer. */
export interface WaitOptions {
  /** Milliseconds, including the wait for the connection. @default the `requestTimeout` of `connect()` */
  timeout?: number | undefined;
  /**
   * Ends the wait: the promise rejects with the signal's reason. The server is not told, so it may still handle a
   * request that was sent already. If that was a read, the client ends the subscriptions that come of it.
   */
  signal?: AbortSignalLike | undefined;
}

/** The parameters of a path by name. */
export type PathParams = Readonly<Record<string, string | number>>;

/** Options of one request. */
export interface RequestOptions extends WaitOptions {
  /**
   * What the url has names for: `'/boards/:boardId/cards'` with `{ boardId: 7 }` is `/boards/7/cards`. Values are
   * encoded; those of `*name` keep their slashes. Without this option a colon in the url means nothing.
   */
  params?: PathParams | undefined;
  /** Headers added to those of the client; one of the same name replaces it. One that is `undefined` is not sent. */
  headers?: RequestHeaders | undefined;
}

/** Options of one read. */
export interface ReadOptions<Body = unknown> extends RequestOptions {
  /**
   * Repeats the read on each reconnect, before any other request is sent, so that its subscriptions come back, and when
   * a message was not allowed to contain everything (`note.more`). Calls this function with the outcome. A read that is
   * in flight when the connection is lost is sent again, too, instead of failing. Repeating ends when the signal
   * aborts, when `stop()` of a repetition or `close()` is called, and if the first read fails. A later read of the same
   * by the same owner, which is the `signal` or, without one, this function, takes the place of this one.
   */
  repeat?: RepeatListener<Body> | undefined;
}

/** Everything about one request. Only `get` and `head` may be repeated. */
export type RequestConfig<Body = unknown> = {
  /** A path of the application, with a query or without. */
  url: string;
  /** The body; for `get` and `head`, data that is added to the query. */
  data?: unknown;
} & (
  | ({ method: 'get' | 'head' | 'GET' | 'HEAD' } & ReadOptions<Body>)
  | ({ method: RequestMethod | Uppercase<RequestMethod> } & RequestOptions & { repeat?: undefined })
);

const WAIT_OPTIONS = ['signal', 'timeout'];
const REQUEST_OPTIONS = ['headers', 'params', 'repeat', ...WAIT_OPTIONS];

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
  const { params, repeat } = given;
  assertArgument(
    params === undefined || isRecord(params),
    `${name}: the option "params" must be an object of parameters by name, such as { boardId: 7 }`,
  );
  assertArgument(
    repeat === undefined || name === 'get' || name === 'head',
    `${name}: the option "repeat" is for get and head. Anything else might be done twice: send it again yourself, ` +
      'if that is what you want',
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
    `${method}: the url must be a path of the application, such as "/users/1". ` +
      'The server is the one that connect() was given',
  );
}
