import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Namespace, Server, Socket } from 'socket.io';
import { ServerQuestion } from '../../server/cluster/server-questions.js';
import { cookiesOf, credentialsOf, isSameIdentity } from '../handshake.js';
import { identitiesOf } from '../identities.js';

/** The part of a request of Express or Fastify that says who sends it. */
interface IdentifiedRequest {
  headers: IncomingHttpHeaders;
}

/**
 * Tells whether the sender of this request opened this socket. That is decided by the users, as far as the
 * application's guards or middleware have identified them by now, or by the credentials where one of the two users is
 * not known.
 */
export function isOpenedByCaller(socket: Socket, request: IdentifiedRequest): boolean {
  const user = userOfRequest(request, socket.nsp.server);
  return isSameUser(socket, user) ?? isSameIdentity(socket.handshake, request.headers);
}

/** Says whether this is the user of a socket; `undefined` where one of the two is not known. */
export function isSameUser(socket: Socket, user: string | undefined): boolean | undefined {
  const own = identitiesOf(socket.nsp.server)?.userIdOf(socket);
  return own === undefined || user === undefined ? undefined : own === user;
}

/**
 * Returns the id of the user who sends a request, if it is known. A failure here has occurred before, and was logged,
 * when the connection began.
 */
export function userOfRequest(request: IdentifiedRequest, io: Server): string | undefined {
  const { user, raw } = request as { user?: unknown; raw?: { user?: unknown } };
  try {
    return identitiesOf(io)?.idOf(user ?? raw?.user);
  } catch {
    return undefined;
  }
}

/**
 * Identifies a caller, so that another server can tell whether it has opened a socket there, while nobody who reads the
 * bus learns cookies or tokens. Each digest has a salt of its own, so that two of them cannot be compared.
 */
export interface CallerDigest {
  salt: string;
  /** `null` for a caller without credentials. */
  credentials: string | null;
  /** One digest for each cookie. */
  cookies: string[];
  /** The user's id, which is not a secret between servers. */
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

/** Says the same as `isSameIdentity`, where only a digest of the headers is known. */
function isSameCaller(handshake: Socket['handshake'], { salt, credentials, cookies }: CallerDigest): boolean {
  const own = credentialsOf(handshake);
  if ((own === undefined ? null : digest(salt, own)) !== credentials) return false;
  const given = new Set(cookies);
  return [...cookiesOf(handshake.headers)].every((cookie) => given.has(digest(salt, cookie)));
}

/** Asks servers to repeat the id of this socket if it is connected there and was opened by this caller. */
const SOCKET_OF_CALLER = new ServerQuestion<{ id: string; caller: CallerDigest }>(
  'socketOf',
  ({ sockets }, { id, caller }) => {
    const socket = sockets.get(id);
    return socket && (isSameUser(socket, caller.user) ?? isSameCaller(socket.handshake, caller)) ? [id] : [];
  },
);

/** Tells other servers that ask, from now on, whether a socket of this one was opened by a caller of theirs. */
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
