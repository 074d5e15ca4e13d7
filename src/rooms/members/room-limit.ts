import type { Socket } from 'socket.io';
import { type OptionRule, wholeNumber } from '../../common/option-rules.js';
import type { Revocation } from '../../protocol/subscription.js';

/** Limits of rooms: a part of the option `limits`. */
export interface RoomLimits {
  /**
   * The rooms of `@JoinRoom` that one connection may be in. A request that would exceed it lets its socket into none,
   * and the socket is told `revoked` with the code `LIMIT_EXCEEDED`.
   *
   * @default 1000
   */
  joinedRooms?: number;
}

export const ROOM_LIMITS: Required<RoomLimits> = { joinedRooms: 1_000 };

export const ROOM_LIMIT_RULES: Record<keyof RoomLimits, OptionRule> = {
  joinedRooms: wholeNumber('rooms', 1_000_000_000),
};

/** How many rooms of a kind a socket may be in when it enters more of them. */
export interface RoomLimit {
  /** The prefix of the rooms' names. */
  prefix: string;
  most: number;
  /** What a socket that may not enter is told. */
  told: Revocation[];
}

/** Says whether a socket that also entered these rooms would be in more than it may. */
export function isOverLimit({ rooms }: Socket, asked: readonly string[], { prefix, most }: RoomLimit): boolean {
  const added = asked.filter((room) => !rooms.has(room)).length;
  // Usually there is nothing to count.
  if (added === 0 || rooms.size + added <= most) return false;
  return [...rooms].filter((room) => room.startsWith(prefix)).length + added > most;
}
