/** One thing for each user in each room. Rooms that nobody is in take no memory. */
export class ByRoom<T> {
  private readonly rooms = new Map<string, Map<string, T>>();

  get(room: string, id: string): T | undefined {
    return this.rooms.get(room)?.get(id);
  }

  set(room: string, id: string, value: T): void {
    const users = this.rooms.get(room);
    if (users) users.set(id, value);
    else this.rooms.set(room, new Map([[id, value]]));
  }

  delete(room: string, id: string): void {
    const users = this.rooms.get(room);
    users?.delete(id);
    if (users?.size === 0) this.rooms.delete(room);
  }

  in(room: string): ReadonlyMap<string, T> {
    return this.rooms.get(room) ?? new Map<string, T>();
  }

  *entries(): Generator<[room: string, id: string, value: T]> {
    for (const [room, users] of this.rooms) for (const [id, value] of users) yield [room, id, value];
  }
}

/** A user who is in a room. */
export interface PresentUser<User = unknown> {
  /** As it is written, whatever type the application's ids have. */
  id: string;
  /** What the option `presence.show` gives, if there is one. */
  user?: User;
}

/** That a user is in a room, as one server says it of its sockets. */
export interface Stay {
  /** When they came, by that server's clock, in milliseconds since 1970. */
  since: number;
  /** What is shown of them. */
  user?: unknown;
}

/** A user in a room by sockets on whatever servers. */
interface Presence {
  since: number;
  /** By server; the last is the one that was heard last. */
  readonly stays: Map<string, Stay>;
}

/** Who is in which room, by all that is known of all servers. */
export class Roster {
  private readonly present = new ByRoom<Presence>();

  /** @returns whether the user was on no server before */
  enter(room: string, id: string, server: string, stay: Stay): boolean {
    const known = this.present.get(room, id);
    if (!known) {
      this.present.set(room, id, { since: stay.since, stays: new Map([[server, stay]]) });
      return true;
    }
    known.since = Math.min(known.since, stay.since);
    known.stays.delete(server);
    known.stays.set(server, stay);
    return false;
  }

  /** @returns the user's last stay, if they are on no server any more */
  leave(room: string, id: string, server: string): Stay | undefined {
    const known = this.present.get(room, id);
    const stay = known?.stays.get(server);
    if (!known || !stay) return undefined;
    known.stays.delete(server);
    if (known.stays.size > 0) return undefined;
    this.present.delete(room, id);
    return stay;
  }

  since(room: string, id: string): number | undefined {
    return this.present.get(room, id)?.since;
  }

  /** In the order of their coming. */
  usersIn(room: string): PresentUser[] {
    return [...this.present.in(room)]
      .sort(([id, { since }], [otherId, other]) => since - other.since || (id < otherId ? -1 : 1))
      .map(([id, { stays }]) => ({ id, ...shownIn([...stays.values()].at(-1)) }));
  }
}

/** A key that says nothing is left out. */
export function shownIn(stay: Stay | undefined): { user?: unknown } {
  return stay?.user === undefined ? {} : { user: stay.user };
}
