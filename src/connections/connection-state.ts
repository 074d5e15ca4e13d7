import type { Socket } from 'socket.io';
import { Slot, State } from '../server/state.js';

type Connection = Socket['conn'];

const states = new WeakMap<Connection, State>();

/** Returns the state of a client's connection, which its sockets share, whatever their namespaces. */
export function connectionState({ conn }: Pick<Socket, 'conn'>): State {
  const known = states.get(conn);
  if (known) return known;
  const state = new State();
  states.set(conn, state);
  return state;
}

/** Forgets one thing that is kept for a connection, and the state with it if there is nothing else. */
export function forgetState({ conn }: Pick<Socket, 'conn'>, slot: Slot<unknown>): void {
  if (states.get(conn)?.delete(slot) === 0) states.delete(conn);
}

/** Returns the sockets of a connection, of which it has one in each of its namespaces. Socket.IO's types hide them. */
export function socketsOfConnection(socket: Socket): readonly Socket[] {
  const { sockets } = socket.client as unknown as { sockets?: ReadonlyMap<string, Socket> };
  return sockets?.has(socket.id) ? [...sockets.values()] : [socket];
}

const closeListeners = new Slot<Set<() => void> | undefined>(() => undefined);

/**
 * Calls back when the client's connection closes. However many of its namespaces wait, a connection has one listener: a
 * client may ask for as many namespaces as it likes.
 *
 * @returns a function that removes the listener
 */
export function onConnectionClosed(socket: Pick<Socket, 'conn'>, listener: () => void): () => void {
  const listeners = connectionState(socket).get(closeListeners) ?? listenToClose(socket);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function listenToClose(socket: Pick<Socket, 'conn'>): Set<() => void> {
  const listeners = new Set<() => void>();
  connectionState(socket).set(closeListeners, listeners);
  socket.conn.once('close', () => listeners.forEach((listener) => listener()));
  return listeners;
}
