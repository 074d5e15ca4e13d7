import type { Server, Socket } from 'socket.io';

/** Which rooms a socket enters and leaves where rooms are named that stand for several. */
export interface RoomChoice {
  /** The ones for this socket. */
  entering(socket: Socket, rooms: readonly string[]): string[];
  /** All that they stand for. */
  leaving(rooms: readonly string[]): string[];
}

const choices = new WeakMap<Server, RoomChoice>();

/** From now on, each server chooses for its own sockets, also where another server says that they are to be moved. */
export function chooseRooms(io: Server, choice: RoomChoice): void {
  choices.set(io, choice);
}

export function roomsToEnter(socket: Socket, rooms: readonly string[]): string[] {
  return choices.get(socket.nsp.server)?.entering(socket, rooms) ?? [...rooms];
}

export function roomsToLeave(socket: Socket, rooms: readonly string[]): string[] {
  return choices.get(socket.nsp.server)?.leaving(rooms) ?? [...rooms];
}
