import type { Server, Socket } from 'socket.io';
import { Slot, serverState } from '../../server/state.js';

/** Translates a room that stands for one room per audience into those that a socket enters and leaves. */
export interface AudienceRooms {
  /** Returns the rooms of the audience that this socket belongs to. */
  entering(socket: Socket, rooms: readonly string[]): string[];
  /** Returns the rooms of all audiences. */
  leaving(rooms: readonly string[]): string[];
}

const audienceRooms = new Slot<AudienceRooms | undefined>(() => undefined);

/**
 * Translates the rooms that this server's sockets enter and leave from now on, including at the request of another
 * server.
 */
export function useAudienceRooms(io: Server, rooms: AudienceRooms): void {
  serverState(io).set(audienceRooms, rooms);
}

export function roomsToEnter(socket: Socket, rooms: string[]): string[] {
  return serverState(socket.nsp.server).get(audienceRooms)?.entering(socket, rooms) ?? rooms;
}

export function roomsToLeave(io: Server, rooms: readonly string[]): string[] {
  return serverState(io).get(audienceRooms)?.leaving(rooms) ?? [...rooms];
}
