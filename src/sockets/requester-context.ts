import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'socket.io';

const requesters = new AsyncLocalStorage<Socket>();

/** While this runs, and in everything that it awaits or starts, the socket is the requester. */
export function runForRequester<T>(socket: Socket, work: () => T): T {
  return requesters.run(socket, work);
}

/** The socket whose request, or whose message to a gateway, is being handled. */
export function currentRequester(): Socket | undefined {
  return requesters.getStore();
}
