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
