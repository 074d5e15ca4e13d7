import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import type { ErrorBody } from '../../protocol/request.js';
import { useFirst } from '../namespaces.js';

/** Why the connections that these requests began are refused. */
const refusals = new WeakMap<IncomingMessage, ErrorBody>();

/**
 * Refuses a connection once its client asks for a namespace, so that the client learns why.
 *
 * The answer to a handshake itself tells the client nothing: a browser hides it from pages of other origins, and that
 * of a websocket from all pages. So the transport is let in, and every namespace is refused. Nothing else is done with
 * what the client sends.
 */
export function refuseInNamespaces(handshake: IncomingMessage, why: ErrorBody): void {
  refusals.set(handshake, why);
}

/** Whether the connection that this request begins is to be refused. */
export function isRefusedInNamespaces(handshake: IncomingMessage): boolean {
  return refusals.has(handshake);
}

/** Refuses such connections, in every namespace. Must be called last: the last to put itself first is asked first. */
export function refuseMarkedHandshakes(io: Server): void {
  useFirst(io, ({ request }, next) => {
    const why = refusals.get(request);
    if (why) next(connectError(why));
    else next();
  });
}

/** Makes the error that `connect_error` gives to the client. */
export function connectError(body: ErrorBody): Error {
  return Object.assign(new Error(body.message), { data: body });
}
