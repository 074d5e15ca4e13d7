import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'socket.io';

interface Requester {
  socket: Socket;
  mutation: string | undefined;
}

const requesters = new AsyncLocalStorage<Requester>();

/**
 * Makes the socket the requester while the work runs, and in everything that it awaits or starts.
 *
 * @param mutation the id that the client gave to the change that it requests
 */
export function runForRequester<T>(socket: Socket, work: () => T, mutation?: string): T {
  return requesters.run({ socket, mutation }, work);
}

/** Returns the socket whose request, or whose message to a gateway, is being handled. */
export function currentRequester(): Socket | undefined {
  return requesters.getStore()?.socket;
}

/** Returns the id of the change that is being made for the requester, if it has one. */
export function currentMutation(): string | undefined {
  return requesters.getStore()?.mutation;
}
