import type { Namespace, Server, Socket } from 'socket.io';
import { Slot, serverState } from './state.js';

type Attach = (namespace: Namespace) => void;

/** Holds what is to be called for each new namespace. */
const attaching = new Slot<Attach[]>(() => []);

/** Calls back for every namespace of a server: at once for those that exist, and for each later one when it is made. */
export function eachNamespace(io: Server, attach: Attach): void {
  io._nsps.forEach((namespace) => attach(namespace));
  const all = serverState(io).get(attaching);
  all.push(attach);
  // One listener for all of them, since Node warns of more than ten.
  if (all.length === 1) io.sockets.on('new_namespace', (namespace: Namespace) => all.forEach((one) => one(namespace)));
}

/** Finds a socket of this server by its id, whatever its namespace. */
export function findSocket(io: Server, id: string): Socket | undefined {
  for (const namespace of io._nsps.values()) {
    const socket = namespace.sockets.get(id);
    if (socket) return socket;
  }
  return undefined;
}

/** When a listener to connections is called. */
export interface ConnectionListenerOptions {
  /** Before those that the application added. @default false */
  first?: boolean;
}

/** Calls back for each socket that connects, in every namespace. */
export function onConnection(
  io: Server,
  listener: (socket: Socket) => void,
  { first = false }: ConnectionListenerOptions = {},
): void {
  eachNamespace(io, (namespace) => {
    // So that Node complains of too many listeners of the application only.
    const most = namespace.getMaxListeners();
    if (most > 0) namespace.setMaxListeners(most + 1);
    // Socket.IO emits two events, which mean the same. This one is the earlier.
    if (first) namespace.prependListener('connect', listener);
    else namespace.on('connection', listener);
  });
}

/** What Socket.IO calls for a socket before it is connected. */
export type NamespaceMiddleware = (socket: Socket, next: (error?: Error) => void) => void;

/** Puts a middleware before all others of every namespace. */
export function useFirst(io: Server, middleware: NamespaceMiddleware): void {
  eachNamespace(io, (namespace) => useFirstIn(namespace, middleware));
}

function useFirstIn(namespace: Namespace, middleware: NamespaceMiddleware): void {
  namespace.use(middleware);
  // A child of a dynamic namespace is made with the middlewares of its parent already in place.
  const { _fns: inOrder } = namespace as unknown as { _fns?: unknown[] };
  if (Array.isArray(inOrder)) inOrder.unshift(inOrder.pop());
}
