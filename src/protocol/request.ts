/** The events with which a client sends a request over its socket: the methods of HTTP. */
export const REQUEST_METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const;

/** The method of a request over the socket, which is also the name of its event. */
export type RequestMethod = (typeof REQUEST_METHODS)[number];

/** A request over the socket: the only argument of its event, besides the acknowledgement. */
export interface SocketRequest {
  /** A path of the application, with or without a query: `/boards/7/cards?done=true`. */
  url: string;
  /** The body; for `get` and `head`, data that is added to the query. */
  data?: unknown;
  /** The name of `data` in old Sails clients. If both have a field, `data` wins. */
  params?: unknown;
  /**
   * Further headers. Those that say who is asking are taken from the handshake, whatever is given here; `authorization`
   * counts if the server knows nothing of who is asking.
   */
  headers?: Readonly<Record<string, string>>;
}

/** The answer to a request over the socket, also if it failed: the only argument of the acknowledgement. */
export interface SocketResponse<Body = unknown> {
  /** JSON as its value, text as a string, anything else as binary; absent if the response is empty. */
  body?: Body;
  /** Headers by name, in lower case, without cookies. */
  headers: Record<string, string | string[]>;
  statusCode: number;
}

/** The body of an error that is not the application's own answer. */
export interface ErrorBody {
  /** The status, as in HTTP. */
  statusCode: number;
  /** The name of the status, for programs, such as `TOO_MANY_REQUESTS`. */
  code: string;
  /** What is wrong, for people. */
  message: string;
}

/** The event that sends an `ErrorBody` to a client whose request could not be read, and that asked for no answer. */
export const PARSE_ERROR_EVENT = 'sails:parseError';

/** The header in which an HTTP caller names its own socket, so that the socket is not sent the caller's own changes. */
export const SOCKET_ID_HEADER = 'x-socket-id';
