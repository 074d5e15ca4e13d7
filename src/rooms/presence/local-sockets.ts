import { ByRoom, type Stay } from './roster.js';

/** Counts the sockets of this server that are in rooms, by user. */
export class LocalSockets {
  private readonly stays = new ByRoom<{ stay: Stay; sockets: Set<string> }>();
  /** By socket: the rooms that it counts in, and the user that it counts for. */
  private readonly sockets = new Map<string, Map<string, string>>();

  has(room: string, socket: string): boolean {
    return this.sockets.get(socket)?.has(room) === true;
  }

  /** Returns the rooms in which a socket counts, and the user that it counts for in each. */
  roomsOf(socket: string): Array<[room: string, id: string]> {
    return [...(this.sockets.get(socket) ?? [])];
  }

  /** @returns the stay that begins now, if this is the user's first socket here */
  enter(room: string, socket: string, id: string, begin: () => Stay): Stay | undefined {
    const rooms = this.sockets.get(socket) ?? new Map<string, string>();
    this.sockets.set(socket, rooms.set(room, id));
    const known = this.stays.get(room, id);
    if (known) {
      known.sockets.add(socket);
      return undefined;
    }
    const stay = begin();
    this.stays.set(room, id, { stay, sockets: new Set([socket]) });
    return stay;
  }

  /** @returns the id of the user, if this was their last socket here */
  leave(room: string, socket: string): string | undefined {
    const rooms = this.sockets.get(socket);
    const id = rooms?.get(room);
    if (!rooms || id === undefined) return undefined;
    rooms.delete(room);
    if (rooms.size === 0) this.sockets.delete(socket);
    const known = this.stays.get(room, id);
    known?.sockets.delete(socket);
    if (known?.sockets.size !== 0) return undefined;
    this.stays.delete(room, id);
    return id;
  }

  /** Replaces a stay, since what others are shown of the user has changed. */
  replace(room: string, id: string, stay: Stay): void {
    const known = this.stays.get(room, id);
    if (known) known.stay = stay;
  }

  *all(): Generator<[room: string, id: string, stay: Stay]> {
    for (const [room, id, { stay }] of this.stays.entries()) yield [room, id, stay];
  }
}
