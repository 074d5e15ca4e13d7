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
