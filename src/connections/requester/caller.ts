import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Namespace, Server, Socket } from 'socket.io';
import { ServerQuestion } from '../../server/cluster/server-questions.js';
import { cookiesOf, credentialsOf, isSameIdentity } from '../handshake.js';
import { identitiesOf } from '../identities.js';

/** A request of Express or Fastify, as far as it says who sends it. */
interface IdentifiedRequest {
  headers: IncomingHttpHeaders;
}

/**
 * Was this socket opened by whoever sends this request? By the same user, as the application's guards or middleware have found out by now; where one of the
 * two is not known, with the same credentials.
 */
export function isOpenedByCaller(socket: Socket, request: IdentifiedRequest): boolean {
  const user = userOfRequest(request, socket.nsp.server);
  return isSameUser(socket, user) ?? isSameIdentity(socket.handshake, request.headers);
}

/** `undefined` where one of the two is not known. */
export function isSameUser(socket: Socket, user: string | undefined): boolean | undefined {
  const own = identitiesOf(socket.nsp.server)?.userIdOf(socket);
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

/**
 * By what a caller is known, so that another server can tell whether it opened a socket there, and whoever reads the bus learns neither cookies nor tokens.
 * With a salt of its own, so that two of them tell nothing together.
 */
export interface CallerDigest {
  salt: string;
  /** `null` for a caller without. */
  credentials: string | null;
  /** Of each one. */
  cookies: string[];
  /** The id of the user, which is no secret between servers. */
  user?: string;
}

export function digestOfCaller(headers: IncomingHttpHeaders): CallerDigest {
  const salt = randomUUID();
  const { authorization } = headers;
  return {
    salt,
    credentials: authorization === undefined ? null : digest(salt, authorization),
    cookies: [...cookiesOf(headers)].map((cookie) => digest(salt, cookie)),
  };
}

/** What `isSameIdentity` says where the headers are known. */
export function isSameCaller(handshake: Socket['handshake'], { salt, credentials, cookies }: CallerDigest): boolean {
  const own = credentialsOf(handshake);
  if ((own === undefined ? null : digest(salt, own)) !== credentials) return false;
  const given = new Set(cookies);
  return [...cookiesOf(handshake.headers)].every((cookie) => given.has(digest(salt, cookie)));
}

/** The id of this socket again, if it is connected here and was opened by this caller. */
const SOCKET_OF_CALLER = new ServerQuestion<{ id: string; caller: CallerDigest }>(
  'socketOf',
  ({ sockets }, { id, caller }) => {
    const socket = sockets.get(id);
    return socket && (isSameUser(socket, caller.user) ?? isSameCaller(socket.handshake, caller)) ? [id] : [];
  },
);

/** Answers other servers, from now on, whether a socket of this one was opened by a caller of theirs. */
export function answerCallerQuestions(io: Server): void {
  SOCKET_OF_CALLER.answerOtherServers(io);
}

/**
 * Says whether a socket with this id is connected to another server and was opened by this caller.
 *
 * @throws ServersTimeoutError
 */
export async function isSocketElsewhere(namespace: Namespace, id: string, caller: CallerDigest): Promise<boolean> {
  const found = await SOCKET_OF_CALLER.askOtherServers('the look-up of a socket', namespace, { id, caller });
  return found.includes(id);
}

function digest(salt: string, value: string): string {
  return createHmac('sha256', salt).update(value).digest('base64url');
}
