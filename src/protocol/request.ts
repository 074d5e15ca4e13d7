/** The events by which a client sends a request over its socket: HTTP's methods. */
export const REQUEST_METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const;

/** The method of a request over the socket, which is also its event's name. */
export type RequestMethod = (typeof REQUEST_METHODS)[number];

/** A request over the socket: the only argument of the event, besides the acknowledgement. */
export interface SocketRequest {
  /** A path of the application, with a query or without: `/boards/7/cards?done=true`. */
  url: string;
  /** The body; of `get` and `head`, what is added to the query. */
  data?: unknown;
  /** As old Sails clients name `data`, which wins where both have a field. */
  params?: unknown;
  /** Further headers. Those that say who is asking are taken from the handshake, whatever stands here. */
  headers?: Readonly<Record<string, string>>;
}

/** The answer to a request over the socket, for errors too: the only argument of the acknowledgement. */
export interface SocketResponse<Body = unknown> {
  /** JSON as what it says, text as a string, all else as binary; absent if the response is empty. */
  body?: Body;
  /** By name, in lower case; without cookies. */
  headers: Record<string, string | string[]>;
  statusCode: number;
}

/** What a client is told of an error that is not the application's own answer. */
export interface ErrorBody {
  /** As in HTTP. */
  statusCode: number;
  /** For programs: the status by its name, such as `TOO_MANY_REQUESTS`. */
  code: string;
  /** For people. */
  message: string;
}

/** Told, with an `ErrorBody`, to who sent a request that cannot be read and wants no answer. */
export const PARSE_ERROR_EVENT = 'sails:parseError';

/** The header by which an HTTP caller names its own socket, so that it does not hear of what it did itself. */
export const SOCKET_ID_HEADER = 'x-socket-id';
