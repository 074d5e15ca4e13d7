import type { Namespace } from 'socket.io';
import { BOOLEAN, readOptions } from '../../common/option-rules.js';
import { clusteredNamespaces } from '../../server/cluster/server-events.js';
import { isLibraryRoom } from '../../connections/user-room.js';
import { membersOnAllServers } from './member-questions.js';
import { isReservedRoom } from '../room-template.js';
import { ReservedRoomError } from '../rooms.errors.js';

/** Options of `join` and `leave`. */
export interface JoinOptions {
  /**
   * Says that no client has chosen the rooms, so that they may be those of the library, or of other sockets.
   *
   * @default false
   */
  trusted?: boolean;
}

/** @throws InvalidEmitOptionsError */
export function readTrust(method: string, options: JoinOptions | undefined): boolean {
  return readOptions<JoinOptions>(method, options, { trusted: BOOLEAN }).trusted === true;
}

/** A socket's id as Socket.IO makes it, for clients of Socket.IO 2, too. Other servers are asked about no others. */
const SOCKET_ID = /^(?:\/.*#)?[\w-]{20}$/s;

/**
 * Refuses rooms of the library, and those of other sockets, for sockets that code would put into them: their members
 * receive what is meant for somebody else. Names often come from clients, as in Sails' `join(room)`.
 *
 * A socket may be connected to another server. Those are asked only about names that may be the id of one.
 *
 * @param target the rooms of those who would join; a socket's own room is nothing new to it
 * @throws ReservedRoomError, and ServersTimeoutError where other servers do not answer
 */
export function assertOpenToCode(
  method: string,
  namespace: Namespace,
  target: readonly string[],
  rooms: readonly string[],
): void | Promise<void> {
  const own = target.length === 1 ? target[0] : undefined;
  const foreign = rooms.filter((room) => room !== own);
  for (const room of foreign) {
    if (isReservedRoom(room)) throw new ReservedRoomError(method, room, false);
    if (namespace.sockets.has(room)) throw new ReservedRoomError(method, room, true);
  }
  const unknown = foreign.filter((room) => SOCKET_ID.test(room));
  if (unknown.length === 0 || !clusteredNamespaces(namespace.server).includes(namespace)) return undefined;
  return membersOnAllServers(method, namespace, unknown).then((ids) => {
    const taken = unknown.find((room) => ids.includes(room));
    if (taken !== undefined) throw new ReservedRoomError(method, taken, true);
  });
}

/**
 * Refuses the rooms of users for sockets that code would take out of them: revocations find a user's sockets there.
 *
 * @throws ReservedRoomError
 */
export function assertMayBeLeft(method: string, rooms: readonly string[]): void {
  const room = rooms.find(isLibraryRoom);
  if (room !== undefined) throw new ReservedRoomError(method, room, false);
}
