import type { Socket } from 'socket.io';
import { type OptionRule, wholeNumber } from '../../common/option-rules.js';
import { connectionState, socketsOfConnection } from '../../connections/connection-state.js';
import type { Revocation } from '../../protocol/subscription.js';
import { Slot } from '../../server/state.js';

/** Limits of rooms: a part of the option `limits`. */
export interface RoomLimits {
  /**
   * The rooms of `@JoinRoom` that one connection may be in, in all its namespaces. A request that would exceed it lets
   * its socket into none, and the socket is told `revoked` with the code `LIMIT_EXCEEDED`. Rooms that code joins are
   * not limited.
   *
   * @default 1000
   */
  joinedRooms?: number;
}

export const ROOM_LIMITS: Required<RoomLimits> = { joinedRooms: 1_000 };

export const ROOM_LIMIT_RULES: Record<keyof RoomLimits, OptionRule> = {
  joinedRooms: wholeNumber('rooms', 1_000_000_000),
};

/** How many rooms of a kind a connection may be in when one of its sockets enters more of them. */
export interface RoomLimit {
  /** What is counted when a socket may not enter. */
  kind: 'subscriptions' | 'joinedRooms';
  /** The prefix of the rooms' names. Without one, those rooms count that have been entered with such a limit. */
  prefix?: string;
  most: number;
  /** What a socket that may not enter is told. */
  readonly told: Revocation[];
}

/** The rooms that the sockets of a connection have entered with a limit, as long as it is not known that they left. */
const entered = new Slot<Map<Socket, Set<string>>>(() => new Map());

/** Says whether the connection of a socket that entered so many rooms in addition would be in more than it may. */
export function isOverLimit(socket: Socket, added: number, { prefix, most }: RoomLimit): boolean {
  if (added === 0) return false;
  if (prefix === undefined) return countEntered(socket, most - added) + added > most;
  const sockets = socketsOfConnection(socket);
  // Usually there is nothing to count.
  if (sum(sockets, ({ rooms }) => rooms.size) + added <= most) return false;
  return sum(sockets, ({ rooms }) => [...rooms].filter((room) => room.startsWith(prefix)).length) + added > most;
}

/** Remembers rooms that a socket has entered with a limit, where their names do not tell. */
export function rememberEntered(socket: Socket, rooms: ReadonlySet<string>, { prefix }: RoomLimit): void {
  if (prefix !== undefined || rooms.size === 0) return;
  const ofConnection = connectionState(socket).get(entered);
  const known = ofConnection.get(socket);
  if (known) for (const room of rooms) known.add(room);
  else ofConnection.set(socket, new Set(rooms));
}

/**
 * Counts the rooms that a connection has entered with a limit, and only if they may be too many, whether it has left.
 */
function countEntered(socket: Socket, enough: number): number {
  const ofConnection = connectionState(socket).get(entered);
  const count = (): number => sum([...ofConnection.values()], ({ size }) => size);
  if (count() <= enough) return count();
  for (const [member, rooms] of ofConnection) {
    for (const room of rooms) if (!member.rooms.has(room)) rooms.delete(room);
    if (rooms.size === 0) ofConnection.delete(member);
  }
  return count();
}

function sum<T>(things: readonly T[], countOf: (thing: T) => number): number {
  return things.reduce((total, thing) => total + countOf(thing), 0);
}
