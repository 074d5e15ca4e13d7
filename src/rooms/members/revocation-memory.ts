import type { Server, Socket } from 'socket.io';
import { identitiesOf } from '../../connections/identities.js';
import type { Revocation } from '../../protocol/subscription.js';
import { Slot, serverState } from '../../server/state.js';

/** What a user has lost the right to. */
export interface Revoked {
  includes(room: string): boolean;
  /** Returns what a socket that was in these rooms is told. All of the rooms must be included. */
  toldOf(rooms: readonly string[]): Revocation[];
}

interface Entry {
  /** As `performance.now()` has it. */
  at: number;
  user: string;
  revoked: Revoked;
}

/** Rooms that a socket may not enter, and what it is told about them. */
export interface Withheld {
  rooms: ReadonlySet<string>;
  told: Revocation[];
}

/** How long revocations are remembered, in milliseconds, and how many of them. */
const MAX_AGE = 60_000;
const MAX_ENTRIES = 50_000;

const NOTHING: Withheld = { rooms: new Set(), told: [] };

const memory = new Slot(() => new RevocationMemory());

/** Returns the revocations of the last minute on a server. */
export function revocationsOn(io: Server): RevocationMemory {
  return serverState(io).get(memory);
}

/**
 * Returns which of these rooms a socket must not enter, since its user has lost the right to them after it was found to
 * have it.
 *
 * @param since when the rooms were asked for, by `performance.now()`
 */
export function withheldFrom(socket: Socket, rooms: readonly string[], since: number): Withheld {
  const io = socket.nsp.server;
  const identities = identitiesOf(io);
  if (rooms.length > 0 && since <= (identities?.lossOf(socket) ?? -Infinity)) {
    return { rooms: new Set(rooms), told: [{ everything: true }] };
  }
  const user = identities?.userIdOf(socket);
  return user === undefined ? NOTHING : revocationsOn(io).since(since, user, rooms);
}

/**
 * Remembers the revocations of the last minute: a request that was made before one, and is answered after it, must not
 * bring back what it took away.
 */
export class RevocationMemory {
  private entries: Entry[] = [];
  /** Nothing is known any longer about revocations before this time. */
  private forgotten = -Infinity;

  add(user: string, revoked: Revoked): void {
    const at = performance.now();
    this.entries.push({ at, user, revoked });
    const first = this.entries.length - MAX_ENTRIES;
    const kept = this.entries.findIndex((entry, index) => index >= first && entry.at > at - MAX_AGE);
    if (kept > 0) this.forgotten = this.entries[kept - 1].at;
    if (kept > 0) this.entries.splice(0, kept);
  }

  since(time: number, user: string, rooms: readonly string[]): Withheld {
    if (rooms.length === 0) return NOTHING;
    // Too few subscriptions are better than one too many: what was lost is no longer known.
    if (time <= this.forgotten) return { rooms: new Set(rooms), told: [{ everything: true }] };
    const withheld = new Set<string>();
    const told: Revocation[] = [];
    for (let index = this.entries.length - 1; index >= 0 && this.entries[index].at >= time; index--) {
      const entry = this.entries[index];
      if (entry.user !== user) continue;
      const lost = rooms.filter((room) => !withheld.has(room) && entry.revoked.includes(room));
      if (lost.length > 0) told.push(...entry.revoked.toldOf(lost));
      for (const room of lost) withheld.add(room);
    }
    return withheld.size > 0 ? { rooms: withheld, told } : NOTHING;
  }
}
