import type { IncomingHttpHeaders } from 'node:http';
import type { RemoteSocket, Server, Socket } from 'socket.io';
import { SOCKET_ID_HEADER } from '../wire/socket-id-header.js';
import { isSameIdentity } from './handshake-identity.js';

/** An Express or Fastify request, as far as sockets are concerned. */
export interface HttpRequest {
  headers: IncomingHttpHeaders;
  /** The raw request, on Fastify. */
  raw?: unknown;
  /** The connection, which knows its HTTP server. */
  socket?: unknown;
}

/** A parameter decorator has no injector; the connection behind every request leads to its HTTP server, and that to ours. */
const serversByHttpServer = new WeakMap<object, Server>();

export function rememberServer(io: Server): void {
  if (io.httpServer) serversByHttpServer.set(io.httpServer, io);
}

export function isHttpRequest(value: object): value is HttpRequest {
  const { headers, method } = value as { headers?: unknown; method?: unknown };
  return typeof headers === 'object' && headers !== null && typeof method === 'string';
}

/**
 * The socket behind a request, if it is connected to this server: the one that an HTTP caller names by the header `X-Socket-Id`, provided that it
 * was opened by the same caller.
 */
export function requestingSocket(request: HttpRequest): Socket | undefined {
  const id = namedSocketId(request);
  const io = id === undefined ? undefined : serverOf(request);
  if (!id || !io) return undefined;
  for (const namespace of io._nsps.values()) {
    const socket = namespace.sockets.get(id);
    if (socket) return isSameIdentity(socket.handshake, request.headers) ? socket : undefined;
  }
  return undefined;
}

/** Where the cluster is asked how long, at the most, for a socket that the caller says is its own. */
const LOOK_UP_TIMEOUT = 2_000;

/**
 * The id of the socket behind a request, wherever that is connected. Asks the other servers only when the request names a socket
 * that is not here.
 */
export function findRequestingSocketId(
  request: HttpRequest,
  io: Server,
): string | undefined | Promise<string | undefined> {
  const id = namedSocketId(request);
  if (id === undefined) return undefined;
  const local = requestingSocket(request);
  if (local) return local.id;
  return lookUp(id, request, io);
}

async function lookUp(id: string, request: HttpRequest, io: Server): Promise<string | undefined> {
  for (const namespace of io._nsps.values()) {
    const found: Array<RemoteSocket<never, unknown>> = await namespace.timeout(LOOK_UP_TIMEOUT).in(id).fetchSockets();
    // A room may carry any name; only the socket whose id it is will do.
    const socket = found.find((candidate) => candidate.id === id);
    if (socket) return isSameIdentity(socket.handshake, request.headers) ? id : undefined;
  }
  return undefined;
}

function namedSocketId(request: HttpRequest): string | undefined {
  const id = request.headers[SOCKET_ID_HEADER];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function serverOf(request: HttpRequest): Server | undefined {
  const raw = (request.raw ?? request) as { socket?: { server?: object } };
  const httpServer = raw.socket?.server;
  return httpServer && serversByHttpServer.get(httpServer);
}
