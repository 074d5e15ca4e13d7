import { useCallback, useSyncExternalStore } from 'react';
import type { SocketsClient } from '../client/index.js';
import { useLatest } from './latest.js';
import { NOBODY, type PresenceOptions, type PresenceState, RoomPresence } from './room-presence.js';
import { useSockets } from './sockets-provider.js';

const ofClients = new WeakMap<SocketsClient, Map<string, RoomPresence>>();

function roomOf(sockets: SocketsClient, name: string): RoomPresence {
  const rooms = ofClients.get(sockets) ?? new Map<string, RoomPresence>();
  ofClients.set(sockets, rooms);
  const room = rooms.get(name) ?? new RoomPresence(sockets, name, () => rooms.delete(name));
  rooms.set(name, room);
  return room;
}

/**
 * Enters a room while the component is mounted, again after each reconnect, and shows who is in it. Components that
 * show the same room enter it once.
 *
 * @param room the name of the room, as messages have it, or `null` to wait until it is known
 * @example
 * ```ts
 * import { usePresence } from 'nestjs-sockets/react';
 *
 * interface Visitor {
 *   name: string;
 * }
 *
 * export function Visitors({ boardId }: { boardId: number }) {
 *   const { users } = usePresence<Visitor>(`board:${boardId}`, {
 *     enter: async (sockets) => {
 *       await sockets.put(`/boards/${boardId}/visit`); // @JoinRoom('board:{boardId}', { presence: true })
 *       const { body } = await sockets.get<{ id: string; user: Visitor }[]>(`/boards/${boardId}/visitors`);
 *       return body;
 *     },
 *     leave: (sockets) => sockets.delete(`/boards/${boardId}/visit`), // @LeaveRoom('board:{boardId}')
 *   });
 *   return users.map(({ user }) => user?.name).join(', ');
 * }
 * ```
 */
export function usePresence<User = unknown>(
  room: string | null | undefined,
  options: PresenceOptions<User>,
): PresenceState<User> {
  const sockets = useSockets();
  const latest = useLatest(options);
  const subscribe = useCallback(
    (listener: () => void) => {
      if (!room) return () => undefined;
      return roomOf(sockets, room).subscribe(listener, () => latest.current);
    },
    [sockets, room, latest],
  );
  const getSnapshot = (): PresenceState =>
    ofClients
      .get(sockets)
      ?.get(room ?? '')
      ?.getSnapshot() ?? NOBODY;
  return useSyncExternalStore(subscribe, getSnapshot, () => NOBODY) as PresenceState<User>;
}
