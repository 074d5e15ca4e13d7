import type { Namespace } from 'socket.io';

type Adapter = Namespace['adapter'];

/** What is done when the sockets of this server enter and leave rooms. */
interface RoomFollower {
  /** Called when a room has its first member here. */
  first(room: string): void;
  /** Called when it has lost its last one. */
  last(room: string): void;
  /** Fulfilled once this server hears what concerns all rooms so far; `undefined` if it does. */
  heard(): Promise<void> | undefined;
  /** Called when code has sockets of other servers enter rooms, by Socket.IO's own methods. */
  toEnterElsewhere(rooms: readonly string[]): void;
}

/**
 * Follows which rooms have members on this server. Who enters one by `socket.join()` may wait for what that returns,
 * until nothing can be missed.
 *
 * @returns a function that ends that
 */
export function followRooms(adapter: Adapter, follower: RoomFollower): () => void {
  const first = (room: string): void => follower.first(room);
  const last = (room: string): void => follower.last(room);
  for (const room of adapter.rooms.keys()) first(room);
  adapter.on('create-room', first);
  adapter.on('delete-room', last);
  const addAll = adapter.addAll.bind(adapter);
  adapter.addAll = (id, rooms) => {
    const added = addAll(id, rooms);
    const heard = follower.heard();
    return heard ? Promise.all([added, heard]).then(() => undefined) : added;
  };
  const addSockets = adapter.addSockets.bind(adapter);
  adapter.addSockets = (options, rooms) => {
    if (!options.flags?.local) follower.toEnterElsewhere(rooms);
    return addSockets(options, rooms);
  };
  return () => {
    adapter.off('create-room', first);
    adapter.off('delete-room', last);
  };
}
