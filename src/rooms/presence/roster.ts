/** Keeps one value for each user in each room. Empty rooms take no memory. */
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
  /** In its written form, whatever type the application's ids have. */
  id: string;
  /** What the option `presence.show` gives, if there is one. */
  user?: User;
}

/** A user's presence in a room through the sockets of one server, as that server reports it. */
export interface Stay {
  /** When they came, by that server's clock, in milliseconds since 1970. */
  since: number;
  /** What others are shown of the user. */
  user?: unknown;
}

/** A user's presence in a room through sockets of any server. */
interface Presence {
  since: number;
  /** By server, in the order in which they were reported. */
  readonly stays: Map<string, Stay>;
}

/** Puts together, from what all servers report, who is in which room. */
export class Roster {
  private readonly present = new ByRoom<Presence>();

  /** @returns whether the user was in the room on no server before */
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

  /** @returns the user's last stay, if they are no longer in the room on any server */
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

  /** Returns them in the order in which they came. */
  usersIn(room: string): PresentUser[] {
    return [...this.present.in(room)]
      .sort(([id, { since }], [otherId, other]) => since - other.since || (id < otherId ? -1 : 1))
      .map(([id, { stays }]) => ({ id, ...shownIn([...stays.values()].at(-1)) }));
  }
}

/** Returns what is shown of a user; without the key if that is nothing. */
export function shownIn(stay: Stay | undefined): { user?: unknown } {
  return stay?.user === undefined ? {} : { user: stay.user };
}
