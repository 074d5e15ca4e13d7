import type { Namespace, Server, Socket } from 'socket.io';

/** Calls back for each socket as soon as it is connected, in every namespace that there is or will be, before the application hears of it. */
export function onConnectFirst(io: Server, listener: (socket: Socket) => void): void {
  const listen = (namespace: Namespace): void => {
    // Of the two events, which mean the same, the earlier one.
    namespace.prependListener('connect', listener);
  };
  io._nsps.forEach(listen);
  io.sockets.on('new_namespace', listen);
}

/** What Socket.IO calls for a socket before it is connected. */
export type NamespaceMiddleware = (socket: Socket, next: (error?: Error) => void) => void;

/** Puts a middleware before all others in every namespace, those included that come into being later, by whatever way. */
export function useFirst(io: Server, middleware: NamespaceMiddleware): void {
  for (const namespace of io._nsps.values()) useFirstIn(namespace, middleware);
  io.sockets.on('new_namespace', (namespace: Namespace) => useFirstIn(namespace, middleware));
}

function useFirstIn(namespace: Namespace, middleware: NamespaceMiddleware): void {
  namespace.use(middleware);
  // A child of a namespace that is named by an expression is born with its parent's.
  const { _fns: inOrder } = namespace as unknown as { _fns?: unknown[] };
  if (Array.isArray(inOrder)) inOrder.unshift(inOrder.pop());
}
