import type { IncomingHttpHeaders } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { isSameIdentity } from './handshake-identity.js';
import { identitiesOf } from './identities.js';

/** A request of Express or Fastify, as far as it says who sends it. */
interface IdentifiedRequest {
  headers: IncomingHttpHeaders;
}

/**
 * Was this socket opened by whoever sends this request? By the same user, as the application's guards or middleware have found out by now; where one of the
 * two is not known, with the same credentials.
 */
export function isOfCaller(socket: Socket, request: IdentifiedRequest): boolean {
  const user = userOfRequest(request, socket.nsp.server);
  return isSameUser(socket, user) ?? isSameIdentity(socket.handshake, request.headers);
}

/** `undefined` where one of the two is not known. */
export function isSameUser(socket: Socket, user: string | undefined): boolean | undefined {
  const own = identitiesOf(socket.nsp.server)?.of(socket);
  return own === undefined || user === undefined ? undefined : own === user;
}

/** The id of the user whose request it is, as far as that is known. What fails here has failed for connections before, and was logged. */
export function userOfRequest(request: IdentifiedRequest, io: Server): string | undefined {
  const { user, raw } = request as { user?: unknown; raw?: { user?: unknown } };
  try {
    return identitiesOf(io)?.idOf(user ?? raw?.user);
  } catch {
    return undefined;
  }
}
