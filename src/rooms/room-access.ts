import type { Server, Socket } from 'socket.io';
import { identitiesOf } from '../connections/identities.js';
import type { Revocation } from '../protocol/subscription.js';

/** How many rooms of a kind a socket may be in when it enters more of them. */
export interface RoomLimit {
  /** What the names of the rooms begin with. */
  prefix: string;
  most: number;
  /** What a socket is told that may not enter. */
  told: Revocation[];
}

/** Whether a socket that entered these rooms too would be in more than it may. */
export function isOverLimit({ rooms }: Socket, asked: readonly string[], { prefix, most }: RoomLimit): boolean {
  const added = asked.filter((room) => !rooms.has(room)).length;
  // Mostly there is nothing to count.
  if (added === 0 || rooms.size + added <= most) return false;
  return [...rooms].filter((room) => room.startsWith(prefix)).length + added > most;
}

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

/** What somebody has lost the right to. */
export interface Revoked {
  includes(room: string): boolean;
  /** What a socket is told that was in these rooms, all of which are included. */
  toldOf(rooms: readonly string[]): Revocation[];
}

interface Entry {
  /** As `performance.now()` has it. */
  at: number;
  user: string;
  revoked: Revoked;
}

/** Rooms that a socket may not enter, and what it is told of them. */
export interface Withheld {
  rooms: ReadonlySet<string>;
  told: Revocation[];
}

/** How long a revocation is kept, in milliseconds, and how many are. */
const KEPT = 60_000;
const MOST = 50_000;

const NOTHING: Withheld = { rooms: new Set(), told: [] };

const memories = new WeakMap<Server, RevocationMemory>();

/** What was revoked on a server. */
export function revocationsOn(io: Server): RevocationMemory {
  const known = memories.get(io) ?? new RevocationMemory();
  memories.set(io, known);
  return known;
}

/**
 * Which of these rooms a socket must not enter, since its user has lost the right to them after it was found to have it.
 *
 * @param since when it was asked for, as `performance.now()` has it
 */
export function withheldFrom(socket: Socket, rooms: readonly string[], since: number): Withheld {
  const io = socket.nsp.server;
  const user = identitiesOf(io)?.of(socket);
  return user === undefined ? NOTHING : revocationsOn(io).since(since, user, rooms);
}

/** The revocations of the last minute: what was asked for before one, and is answered after it, must not bring back what it took. */
export class RevocationMemory {
  private entries: Entry[] = [];
  /** Of whatever was revoked before this, nothing is known any more. */
  private forgotten = -Infinity;

  add(user: string, revoked: Revoked): void {
    const at = performance.now();
    this.entries.push({ at, user, revoked });
    const first = this.entries.length - MOST;
    const kept = this.entries.findIndex((entry, index) => index >= first && entry.at > at - KEPT);
    if (kept > 0) this.forgotten = this.entries[kept - 1].at;
    if (kept > 0) this.entries.splice(0, kept);
  }

  since(time: number, user: string, rooms: readonly string[]): Withheld {
    if (rooms.length === 0) return NOTHING;
    // Rather too few subscriptions than one too many; and it is not known any more what was lost.
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
