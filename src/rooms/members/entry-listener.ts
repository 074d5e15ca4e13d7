import type { Server, Socket } from 'socket.io';
import { Slot, serverState } from '../../server/state.js';

/**
 * Is told of each socket that a read lets into rooms, on the server of the socket, right before it enters.
 *
 * @param shown what the read has shown, as plain JSON, if that is known: only resources/ knows what it means
 * @param since when the read began, as this server's `performance.now()` has it
 */
export type EntryListener = (socket: Socket, rooms: readonly string[], shown: unknown, since: number) => void;

const entryListener = new Slot<EntryListener | undefined>(() => undefined);

export function setEntryListener(io: Server, listener: EntryListener): void {
  serverState(io).set(entryListener, listener);
}

export function tellOfEntry(socket: Socket, rooms: readonly string[], shown: unknown, since: number): void {
  serverState(socket.nsp.server).get(entryListener)?.(socket, rooms, shown, since);
}
