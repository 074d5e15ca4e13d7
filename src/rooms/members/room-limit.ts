import type { Socket } from 'socket.io';
import type { Revocation } from '../../protocol/subscription.js';

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
