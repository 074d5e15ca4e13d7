import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Namespace, Server, Socket } from 'socket.io';
import { ServerQuestion } from '../../server/cluster/questions/server-questions.js';
import { Slot, serverState } from '../../server/state.js';
import { connectionState } from '../connection-state.js';
import { credentialsOf } from '../handshake.js';
import { identitiesOf, isNobody, userOf } from '../identities.js';
import { cookiesIn, type CookieNames, identityCookies, nameOf, secretCookies } from './identity-cookies.js';
import { socketIdLogOf } from './socket-id-log.js';

/** The part of a request of Express or Fastify that says who sends it. */
interface IdentifiedRequest {
  headers: IncomingHttpHeaders;
}

/** What is known of a caller: from its request or, on another server, from a digest of it. */
interface Caller {
  user: string | undefined;
  /** Whether the application knows who this is, even if not by an id. */
  isSomebody: boolean;
  hasCredentials(credentials: string | undefined): boolean;
  hasCookie(cookie: string): boolean;
}

const namedCookies = new Slot<CookieNames | undefined>(() => undefined);

/** Says by which cookies callers are known on this server, from now on. */
export function nameIdentityCookies(io: Server, names: CookieNames | undefined): void {
  serverState(io).set(namedCookies, names);
}

/** The user that guards have last found in a request over a connection that does not know its user by itself. */
const foundUser = new Slot<string | undefined>(() => undefined);

/** Remembers whom the guards have found in a request that came over this socket. */
export function rememberFoundUser(socket: Socket, user: string | undefined): void {
  if (user !== undefined) connectionState(socket).set(foundUser, user);
}

/** Forgets it, since the socket belongs to nobody now. */
export function forgetFoundUser(socket: Socket): void {
  connectionState(socket).set(foundUser, undefined);
}

/**
 * Tells whether the sender of this request opened this socket. That is decided by the users, as far as the
 * application's guards or middleware have identified them by now, or by the credentials and cookies where one of the
 * two users is not known: then one side is nobody so far, and has to show a secret of the handshake. That neither has
 * any is no sameness, unless nobody is known on either side. If it did not, the log says why, once.
 *
 * Without this check, a caller could silence somebody else's socket by naming it.
 */
export function isOpenedByCaller(socket: Socket, request: IdentifiedRequest): boolean {
  const { headers } = request;
  const cookies = new Set(cookiesIn(headers.cookie));
  return isOpenedBy(socket, {
    user: userOfRequest(request, socket.nsp.server),
    isSomebody: isOfSomebody(request),
    hasCredentials: (credentials) => credentials === headers.authorization,
    hasCookie: (cookie) => cookies.has(cookie),
  });
}

function isOpenedBy(socket: Socket, caller: Caller): boolean {
  const io = socket.nsp.server;
  const found = connectionState(socket).get(foundUser);
  const isFound = found === undefined || caller.user === undefined ? undefined : found === caller.user;
  const isSame = isSameUser(socket, caller.user) ?? isFound;
  if (isSame === false) socketIdLogOf(io).report('user');
  if (isSame !== undefined) return isSame;
  if (!caller.hasCredentials(credentialsOf(socket.handshake))) {
    socketIdLogOf(io).report('credentials');
    return false;
  }
  const names = serverState(io).get(namedCookies);
  const missing = identityCookies(socket.handshake.headers.cookie, names).find((cookie) => !caller.hasCookie(cookie));
  if (missing !== undefined) {
    socketIdLogOf(io).report('cookie', nameOf(missing));
    return false;
  }
  const own = identitiesOf(io)?.userIdOf(socket) ?? found;
  const isOfNobody = own === undefined && isNobody(userOf(socket));
  if ((isOfNobody && !caller.isSomebody) || hasSecret(socket.handshake, names)) return true;
  socketIdLogOf(io).report(isOfNobody ? 'nobodysSocket' : 'nobody');
  return false;
}

/** Whether a handshake has something that only the one who sent it can know. */
function hasSecret(handshake: Socket['handshake'], names: CookieNames | undefined): boolean {
  const token = (credentialsOf(handshake) ?? '').replace(/^\s*(?:basic|bearer)\b/i, '').trim();
  return token !== '' || secretCookies(handshake.headers.cookie, names).length > 0;
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
  try {
    return identitiesOf(io)?.idOf(identityIn(request));
  } catch {
    return undefined;
  }
}

/**
 * Names the user of a request, as guards or middleware found it or else as its socket is connected: by an id, or as
 * nobody by an empty text; `undefined` for somebody who has no id.
 */
export function knownUserOf(request: IdentifiedRequest, io: Server, socket?: Socket): string | undefined {
  const found = userOfRequest(request, io);
  if (found !== undefined) return `user ${found}`;
  if (isOfSomebody(request)) return undefined;
  const own = socket && identitiesOf(io)?.userIdOf(socket);
  if (own !== undefined) return `user ${own}`;
  return socket && !isNobody(userOf(socket)) ? undefined : '';
}

/** Whether guards or middleware have found somebody in a request, even if not by an id. */
export function isOfSomebody(request: IdentifiedRequest): boolean {
  return !isNobody(identityIn(request));
}

function identityIn(request: IdentifiedRequest): unknown {
  const { user, raw } = request as { user?: unknown; raw?: { user?: unknown } };
  return user ?? raw?.user;
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
  isSomebody?: boolean;
}

export function digestOfCaller(headers: IncomingHttpHeaders): CallerDigest {
  const salt = randomUUID();
  const { authorization } = headers;
  return {
    salt,
    credentials: authorization === undefined ? null : digest(salt, authorization),
    cookies: cookiesIn(headers.cookie).map((cookie) => digest(salt, cookie)),
  };
}

/** Returns what is known of a caller by its digest. */
function callerOf({ salt, credentials, cookies, user, isSomebody = user !== undefined }: CallerDigest): Caller {
  const given = new Set(cookies);
  return {
    user,
    isSomebody,
    hasCredentials: (own) => (own === undefined ? null : digest(salt, own)) === credentials,
    hasCookie: (cookie) => given.has(digest(salt, cookie)),
  };
}

/** Asks servers to repeat the id of this socket if it is connected there and was opened by this caller. */
const SOCKET_OF_CALLER = new ServerQuestion<{ id: string; caller: CallerDigest }>(
  'socketOf',
  ({ sockets }, { id, caller }) => {
    const socket = sockets.get(id);
    return socket && isOpenedBy(socket, callerOf(caller)) ? [id] : [];
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
