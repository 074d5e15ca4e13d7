import type { BroadcastOperator, Namespace } from 'socket.io';

/**
 * Everybody in the rooms, ready to be moved. Nobody for no rooms, which Socket.IO would take for everybody. Sockets that are all connected here are
 * moved without a word to other servers.
 */
export function membersOf(namespace: Namespace, rooms: string[]): BroadcastOperator<never, unknown> | undefined {
  if (rooms.length === 0) return undefined;
  return rooms.every((room) => namespace.sockets.has(room)) ? namespace.local.in(rooms) : namespace.in(rooms);
}
