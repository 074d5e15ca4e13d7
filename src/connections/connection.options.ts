import type { CanActivate, Type } from '@nestjs/common';
import { isClass } from '../common/type-guards.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DisconnectReason, Socket } from 'socket.io';
import { functionThat, MILLISECONDS, type OptionRule, wholeNumber } from '../common/option-rules.js';

/** Socket.IO's handshake: headers, query, address, and the `auth` of the client, which may be anything. */
export type Handshake = Socket['handshake'];

/**
 * Decides who connects. What it returns is the identity, `socket.data.user`.
 *
 * - `null` stands for nobody in particular: the client is connected, without a user. If it has shown a token (in `auth`
 *   or `Authorization`) it is refused with 401 nevertheless, since no user has that token.
 * - `true` lets a client in, whatever it has shown, with the identity that the function has put into
 *   `socket.data.user`.
 * - `undefined`, `false`, `0` and `''` refuse it with 401.
 *
 * An exception of Nest refuses it, too, with its status and message. So does what verifiers of tokens throw, such as
 * jsonwebtoken and jose, and any error whose `status` or `statusCode` is 401 or 403. Any other error refuses it without
 * telling why.
 *
 * @example
 * ```ts
 * import { UnauthorizedException } from '@nestjs/common';
 * import { SocketsModule, type AuthenticateFunction } from 'nestjs-sockets';
 *
 * const users = new Map([['a secret', { id: 1, name: 'ada' }]]);
 *
 * const authenticate: AuthenticateFunction = ({ auth }) => {
 *   const user = users.get(String(auth.token));
 *   if (!user) throw new UnauthorizedException('This token is not valid.');
 *   return user;
 * };
 *
 * export const sockets = SocketsModule.forRoot({ authenticate });
 * ```
 */
export type AuthenticateFunction = (handshake: Handshake, socket: Socket) => unknown;

/**
 * A Nest guard that decides on connections: an instance, or a class that the application provides, or that can be made
 * from global providers.
 */
export type ConnectionGuard = CanActivate | Type<CanActivate>;

/** What decides on connections: a function, a guard, or guards that all have to agree. */
export type Authenticate = AuthenticateFunction | ConnectionGuard | readonly ConnectionGuard[];

/** An Express middleware, such as those of express-session, cookie-parser or passport. */
export type HandshakeMiddleware = {
  /** Written as a method, so that a middleware that takes an Express request is accepted. */
  middleware(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): unknown;
}['middleware'];

/**
 * Returns the id of the user that an identity stands for: the same on every server, and another for every other user.
 */
export type UserId = {
  /** Written as a method, so that a function that knows the type of its identities is accepted. */
  userId(user: unknown): string | number | undefined;
}['userId'];

/** Returns when an identity expires: a date, or seconds since 1970 as in the `exp` of a JWT. */
export type ExpiresAt = {
  /** Written as a method, so that a function that knows the type of its identities is accepted. */
  expiresAt(user: unknown, socket: Socket): Date | number | undefined;
}['expiresAt'];

/** Called when a socket has disconnected, with Socket.IO's reason. */
export type AfterDisconnect = (socket: Socket, reason: DisconnectReason) => unknown;

/** Limits of users: a part of the option `limits`. */
export interface ConnectionLimits {
  /**
   * The connections that one user may have to one server at a time, whatever their namespaces; further ones are refused
   * with 429 `TOO_MANY_CONNECTIONS`. Clients of nobody in particular are limited by address only.
   *
   * @default 500
   */
  connectionsPerUser?: number;
}

export const CONNECTION_LIMITS: Required<ConnectionLimits> = { connectionsPerUser: 500 };

export const CONNECTION_LIMIT_RULES: Record<keyof ConnectionLimits, OptionRule> = {
  connectionsPerUser: wholeNumber('connections', 1_000_000_000),
};

/** Options that say how a connection begins and ends. */
export interface ConnectionOptions {
  /**
   * Decides on every connection to every namespace before it exists: no message of the client is handled before that. A
   * function returns the identity, which then is `socket.data.user`. Nest guards run in order, on a request that is
   * made from the handshake (`getType()` is `'http'`; a token in the client's `auth` is its bearer token), and the
   * identity is what they leave in `request.user`. A client that is refused gets `connect_error`, whose `data` is `{
   * statusCode, code, message }`.
   *
   * @default undefined every client whose origin is allowed may connect
   */
  authenticate?: Authenticate;
  /**
   * How long `authenticate` may take, in milliseconds, before the connection is refused with 504.
   *
   * @default 10000
   */
  authenticateTimeout?: number;
  /**
   * Returns the id of the user that an identity (`socket.data.user`) stands for. All sockets of a user are in the room
   * `userRoom(id)`, lose rights together, and may be named by `X-Socket-Id` in requests of that user. If the function
   * fails, the connection is refused.
   *
   * @default the identity itself if it is a string or a number, else its `id`, `userId` or `sub`
   */
  userId?: UserId;
  /**
   * Names of the cookies that say who a caller is, for requests that name their socket by `X-Socket-Id` where one of
   * the two users is not known: those of the handshake must also be in the request, with the same values.
   *
   * @default undefined the cookies that may be a secret, by their names or the lengths of their values, except for
   * those of balancers, of analytics, of consent and against request forgery
   */
  identityCookies?: ReadonlyArray<string | RegExp>;
  /**
   * Returns when an identity expires. The client is told at that time, by `reauthenticate`, and disconnected unless it
   * sends new credentials within `expiryGrace`. An identity that has expired already is refused with 401; if the
   * function fails, the connection is refused with 500.
   *
   * @default the identity's `exp`, if that is a number
   */
  expiresAt?: ExpiresAt;
  /**
   * How long a client may take to authenticate again after its identity has expired, in milliseconds.
   *
   * @default 25000
   */
  expiryGrace?: number;
  /**
   * Middleware for the request that begins a connection, polling or websocket, so that `socket.request.session` and the
   * like are there for `authenticate`, gateways and hooks. An error that it throws or hands to `next` refuses the
   * connection. It runs before `origins` are checked. With any middleware, Engine.IO refuses WebTransport, which has no
   * such request.
   *
   * @default undefined none
   */
  handshakeMiddleware?: HandshakeMiddleware | readonly HandshakeMiddleware[];
  /**
   * Called once for each socket of any namespace when it has disconnected and left its rooms. Before that, a session of
   * express-session, `socket.request.session`, is read again, and is `undefined` if it has ended; what the hook changes
   * in it is saved. A failure of the hook is logged.
   *
   * @default undefined nothing
   */
  afterDisconnect?: AfterDisconnect;
}

/** The same, with every default filled in. */
export type ResolvedConnectionOptions = ConnectionOptions &
  Required<Pick<ConnectionOptions, 'authenticateTimeout' | 'expiryGrace'>> & { limits: Required<ConnectionLimits> };

export const CONNECTION_DEFAULTS = { authenticateTimeout: 10_000, expiryGrace: 25_000 } as const;

export const CONNECTION_RULES: Record<keyof ConnectionOptions, OptionRule> = {
  authenticate: [
    'a function (handshake, socket) => identity, a guard (an instance, or a class, that has a method canActivate()), ' +
      'or an array of one or more guards',
    isAuthenticate,
  ],
  authenticateTimeout: MILLISECONDS,
  userId: functionThat('takes the identity and gives its id: (user) => user.id'),
  identityCookies: ['an array of names of cookies, or of regular expressions, such as ["sid"]', isCookieNames],
  expiresAt: functionThat('takes the identity and gives a date, or seconds since 1970: (user) => user.exp'),
  expiryGrace: MILLISECONDS,
  handshakeMiddleware: [
    'a function (request, response, next) as Express has them, or an array of such functions',
    isHandshakeMiddleware,
  ],
  afterDisconnect: functionThat('takes the socket and the reason: (socket, reason) => …'),
};

/** Tells a guard's class from a function; a class could not be called. */
export function isGuardClass(value: unknown): value is Type<CanActivate> {
  return typeof value === 'function' && hasCanActivate(value.prototype);
}

export function hasCanActivate(value: unknown): value is CanActivate {
  return typeof (value as Partial<CanActivate> | null | undefined)?.canActivate === 'function';
}

function isAuthenticate(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isGuard);
  return isGuard(value) || (typeof value === 'function' && !isClass(value));
}

function isCookieNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => name instanceof RegExp || (typeof name === 'string' && name));
}

function isGuard(value: unknown): boolean {
  return isGuardClass(value) || (typeof value === 'object' && hasCanActivate(value));
}

function isHandshakeMiddleware(value: unknown): boolean {
  return [value].flat().every((one) => typeof one === 'function' && !isClass(one));
}
