import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Namespace, Server, Socket } from 'socket.io';
import { LineLimit, LineLogger } from '../../common/log.js';
import { SOCKET_ID_HEADER } from '../../protocol/request.js';
import { lookedUp } from '../../server/cluster/questions/look-ups.js';
import { clusteredNamespaces } from '../../server/cluster/server-events.js';
import { findSocket } from '../../server/namespaces.js';
import { digestOfCaller, isOfSomebody, isOpenedByCaller, isSocketElsewhere, userOfRequest } from './caller.js';
import { socketIdLogOf } from './socket-id-log.js';

/** The part of an Express or Fastify request that concerns sockets. */
export interface HttpRequest {
  headers: IncomingHttpHeaders;
  /** The raw request, on Fastify. */
  raw?: unknown;
  /** The connection, which knows its HTTP server. */
  socket?: unknown;
  /** The request came over a socket. */
  isSocket?: boolean;
  /** No client sent the request: a read is repeated, to find out whether its socket may stay subscribed. */
  isRecheck?: boolean;
}

/** The key under which a request keeps the socket that it came over. */
const SOCKET = Symbol('nestjs-sockets:socket');

/** A socket's id as Socket.IO makes it. Other servers are asked only about ids of that form. */
const SOCKET_ID = /^[\w-]{20}$/;

const logger = new LineLogger('SocketsModule');
/** A client may name any socket, as often as it likes. */
const lookUpLines = new LineLimit(10, 60_000);

/**
 * The Socket.IO server by HTTP server: a parameter decorator has no injector, but a request leads to its HTTP server.
 */
const serversByHttpServer = new WeakMap<object, Server>();

export function rememberServer(io: Server): void {
  if (io.httpServer) serversByHttpServer.set(io.httpServer, io);
}

export function isHttpRequest(value: object): value is HttpRequest {
  const { headers, method } = value as { headers?: unknown; method?: unknown };
  return typeof headers === 'object' && headers !== null && typeof method === 'string';
}

/** Marks a request as one that came over this socket; `isSocket` tells the application. */
export function setRequestingSocket(request: IncomingMessage, socket: Socket): void {
  Object.assign(request, { isSocket: true, [SOCKET]: socket });
}

/**
 * Returns the socket behind a request, if it is connected to this server: the one that the request came over, or the
 * one that an HTTP caller names by the header `X-Socket-Id`, provided that the same caller has opened it.
 */
export function requestingSocket(request: HttpRequest): Socket | undefined {
  const own = ownSocket(request);
  if (own) return own;
  const io = serverOf(request);
  const id = namedSocketId(request);
  const socket = io && id !== undefined ? findSocket(io, id) : undefined;
  return socket && isOpenedByCaller(socket, request) ? socket : undefined;
}

/**
 * Returns the id of the socket behind a request, whichever server it is connected to. Other servers are asked only if
 * there are any and the request names a socket that is not here; if they do not answer, the request counts as one
 * without a socket.
 */
export function findRequestingSocketId(
  request: HttpRequest,
  io: Server,
): string | undefined | Promise<string | undefined> {
  const own = ownSocket(request);
  if (own) return own.id;
  const id = namedSocketId(request);
  if (id === undefined) return undefined;
  const socket = findSocket(io, id);
  if (socket) return isOpenedByCaller(socket, request) ? id : undefined;
  const namespaces = SOCKET_ID.test(id) ? clusteredNamespaces(io) : [];
  if (namespaces.length > 0) return lookUp(id, request, namespaces);
  socketIdLogOf(io).report('unknown');
  return undefined;
}

async function lookUp(id: string, request: HttpRequest, namespaces: Namespace[]): Promise<string | undefined> {
  try {
    const user = userOfRequest(request, namespaces[0].server);
    const caller = { ...digestOfCaller(request.headers), user, isSomebody: isOfSomebody(request) };
    const answers = namespaces.map((namespace) => isSocketElsewhere(namespace, id, caller));
    const found = await lookedUp(namespaces[0].server, 'the look-up on other servers', Promise.all(answers));
    if (found.includes(true)) return id;
    socketIdLogOf(namespaces[0].server).report('unknown');
    return undefined;
  } catch (error) {
    const omitted = lookUpLines.next();
    if (omitted === undefined) return undefined;
    const more = omitted > 0 ? ` (${omitted} more lines of this kind were left out.)` : '';
    logger.warn(
      `The socket named by X-Socket-Id could not be looked up, so the request counts as one without. ` +
        `${String(error)}${more}`,
    );
    return undefined;
  }
}

/** Returns the socket that a request came over, which is kept under a symbol, since no client can name that. */
export function ownSocket(request: HttpRequest): Socket | undefined {
  return ((request.raw ?? request) as { [SOCKET]?: Socket })[SOCKET];
}

function namedSocketId(request: HttpRequest): string | undefined {
  const id = request.headers[SOCKET_ID_HEADER];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function serverOf(request: HttpRequest): Server | undefined {
  // Fastify listens with a server of its own for each further address of "localhost"; its instance leads to the one
  // that ours is attached to.
  const { server: fastify } = request as { server?: { server?: object } };
  const { socket } = (request.raw ?? request) as { socket?: { server?: object } };
  const known = [fastify?.server, socket?.server].map(
    (httpServer) => httpServer && serversByHttpServer.get(httpServer),
  );
  return known.find((io) => io !== undefined);
}
