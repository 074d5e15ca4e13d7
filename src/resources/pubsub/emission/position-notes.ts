import type { Namespace, Socket } from 'socket.io';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { POSITION_EVENT, type PositionNote } from '../../../protocol/position.js';

/** The sockets whose clients have said that they follow positions. Others need not hear of what is not for them. */
const following = new WeakSet<Socket>();

/** Notes that a client follows positions. */
export function followPositions(socket: Socket): void {
  following.add(socket);
}

/** Whether a client finds out by positions what it has missed. */
export function followsPositions(socket: Socket): boolean {
  return following.has(socket);
}

/**
 * Tells sockets of this server where a publication stands that is not for them, or that they were sent before this was
 * known.
 */
export function tellPosition(sockets: Iterable<Socket>, resource: string, { id, epoch, topics }: DeliveryNote): void {
  if (epoch === undefined || !topics) return;
  const note: PositionNote = { resource, id, epoch, topics };
  for (const socket of sockets) if (following.has(socket)) socket.emit(POSITION_EVENT, note);
}

/** Yields the sockets of these ids that are connected still. */
export function* socketsOf({ sockets }: Namespace, ids: Iterable<string>): Generator<Socket, void> {
  for (const id of ids) {
    const socket = sockets.get(id);
    if (socket) yield socket;
  }
}
