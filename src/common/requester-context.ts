import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'socket.io';

interface Requester {
  socket: Socket;
  mutation: string | undefined;
}

const requesters = new AsyncLocalStorage<Requester>();

/**
 * While this runs, and in everything that it awaits or starts, the socket is the requester.
 *
 * @param mutation what the client calls the change that it asks for
 */
export function runForRequester<T>(socket: Socket, work: () => T, mutation?: string): T {
  return requesters.run({ socket, mutation }, work);
}

/** The socket whose request, or whose message to a gateway, is being handled. */
export function currentRequester(): Socket | undefined {
  return requesters.getStore()?.socket;
}

/** The name of the change that is being made for it, if it has one. */
export function currentMutation(): string | undefined {
  return requesters.getStore()?.mutation;
}
