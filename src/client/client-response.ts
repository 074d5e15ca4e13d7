import type { SocketResponse } from '../protocol/request.js';

/** The answer to a request that did not fail. Its body is what the caller says it is; `undefined` if the answer is empty. */
export interface ClientResponse<Body = unknown> extends SocketResponse<Body> {
  body: Body;
}
