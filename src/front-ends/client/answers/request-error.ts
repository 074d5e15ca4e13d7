/** The details of a failed request. */
export interface RequestErrorDetails {
  code: string;
  /** @default 0 */
  statusCode?: number;
  body?: unknown;
  /** @default {} */
  headers?: Record<string, string | string[]>;
  /** @default false */
  sent?: boolean;
  cause?: unknown;
}

/**
 * A request failed: the server answered with an error, or no answer arrived.
 *
 * `code` is meant for programs. For an answer it is the `code` in its body or, if there is none, the name of the
 * status, such as `NOT_FOUND`. Without an answer it is one of these, and `statusCode` is 0:
 *
 * - `TIMEOUT`: there was no connection, no room for one more request, or no answer, in time.
 * - `CONNECTION_LOST`: the connection was lost after the request was sent. Nobody knows whether the server has handled
 *   it.
 * - `CONNECTION_REFUSED`: the server refused the connection and gave no details. If it does, `statusCode`, `code` and
 *   `message` are its own.
 * - `SERVER_UNREACHABLE`: the server could not be reached, and the client has stopped trying.
 * - `NO_CREDENTIALS`: the option `auth` is a function that failed; `cause` says why.
 * - `EXPIRED`: the credentials of the connection had expired, so the server closed it (`statusCode` is 401).
 * - `CLOSED`: the connection was closed by `close()`, or never opened.
 * - `CLOSED_BY_SERVER`: the server closed the connection before the request was sent, and the client has stopped
 *   trying.
 * - `INVALID_REQUEST`: a read could not be repeated, because the client's `headers` are invalid.
 * - `INVALID_ANSWER`: the server that answered does not speak this protocol.
 *
 * A request that is larger than the server accepts is not sent: `PAYLOAD_TOO_LARGE`, with the `statusCode` 413, and
 * `sent` is `false`. The connection, and other requests, are not affected.
 *
 * If the server says that the connection has sent too much, the client waits for as long as the server says and sends
 * the request once more. `TOO_MANY_REQUESTS` with the header `retry-after` means that it was refused again, or that its
 * time would have been over before. It was not done.
 *
 * `mutate` may also reject with `NOT_HEARD`: the change was made, and `statusCode` and `body` are those of the answer,
 * but what it published was not heard in time, or not before the connection was lost, which is then the `cause`.
 *
 * A request whose signal is aborted rejects with the signal's reason instead, as `fetch` does.
 *
 * @example
 * ```ts
 * import { connect, RequestError } from 'nestjs-sockets/client';
 *
 * const sockets = connect('http://localhost:3000');
 *
 * try {
 *   await sockets.patch('/cards/5', { title: 'Ship it' });
 * } catch (error) {
 *   if (!(error instanceof RequestError)) throw error;
 *   if (error.statusCode === 403) console.log('not yours');
 *   else if (!error.sent) console.log('not done, safe to do again');
 *   else console.log(error.code, error.message);
 * }
 * ```
 */
export class RequestError<Body = unknown> extends Error {
  /** The status of the answer, as in HTTP; 0 without an answer. */
  readonly statusCode: number;
  readonly code: string;
  /** The body of the answer, if there is one. */
  readonly body: Body | undefined;
  /** The headers of the answer; names are in lower case. */
  readonly headers: Record<string, string | string[]>;
  /** Whether the request was sent. If not, or if the server had no room for it, nothing was done. */
  readonly sent: boolean;

  constructor(message: string, { statusCode = 0, code, body, headers = {}, sent = false, cause }: RequestErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    // Not the name of the class, which a bundler may shorten.
    this.name = 'RequestError';
    this.statusCode = statusCode;
    this.code = code;
    this.body = body as Body | undefined;
    this.headers = headers;
    this.sent = sent;
  }
}

/**
 * The names of statuses that mean failure, which are also the server's: for each first number, those of it and of the
 * numbers that follow. Written so, they are small.
 */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400:
    'BAD_REQUEST UNAUTHORIZED PAYMENT_REQUIRED FORBIDDEN NOT_FOUND METHOD_NOT_ALLOWED NOT_ACCEPTABLE ' +
    'PROXY_AUTHENTICATION_REQUIRED REQUEST_TIMEOUT CONFLICT GONE LENGTH_REQUIRED PRECONDITION_FAILED ' +
    'PAYLOAD_TOO_LARGE URI_TOO_LONG UNSUPPORTED_MEDIA_TYPE REQUESTED_RANGE_NOT_SATISFIABLE ' +
    'EXPECTATION_FAILED I_AM_A_TEAPOT',
  421: 'MISDIRECTED UNPROCESSABLE_ENTITY LOCKED FAILED_DEPENDENCY',
  428: 'PRECONDITION_REQUIRED TOO_MANY_REQUESTS',
  456: 'UNRECOVERABLE_ERROR',
  500:
    'INTERNAL_SERVER_ERROR NOT_IMPLEMENTED BAD_GATEWAY SERVICE_UNAVAILABLE GATEWAY_TIMEOUT ' +
    'HTTP_VERSION_NOT_SUPPORTED',
  507: 'INSUFFICIENT_STORAGE LOOP_DETECTED',
};

export function statusName(statusCode: number): string {
  const names = Object.entries(STATUS_NAMES).map(([first, run]) => run.split(' ')[statusCode - Number(first)]);
  return names.find(Boolean) ?? 'ERROR';
}
