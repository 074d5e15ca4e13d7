import type { Server, Socket } from 'socket.io';
import { findRequestingSocketId, isHttpRequest, type HttpRequest } from '../connections/requester/requesting-socket.js';
import { lookedUp } from '../server/cluster/questions/look-ups.js';
import { clusteredNamespaces } from '../server/cluster/server-events.js';
import { membersOnAllServers } from './members/member-questions.js';
import { ForeignNamespaceError, InvalidRoomError, InvalidTargetError } from './rooms.errors.js';

/** A socket on this server (`Socket`) or on another one (`RemoteSocket`, as `fetchSockets()` gives it). */
export type AnySocket = Pick<Socket, 'id' | 'rooms'> & { join: unknown; leave: unknown; emit: unknown };

/**
 * What can be sent to, put into rooms, or left out: a socket, a socket's id, a room's name, or the request that
 * came from a socket.
 */
export type SocketTarget = AnySocket | HttpRequest | string;

/** One target, or several. */
export type SocketTargets = SocketTarget | readonly SocketTarget[];

/**
 * Finds the rooms that a target stands for. Every socket is alone in the room of its own id, so a socket, its id and a
 * room are the same kind of thing. A request without a socket behind it stands for nobody: the list is empty, and must
 * not be handed to `namespace.in()`, which takes that for everybody.
 *
 * A request may also stand for a socket of another server. Those servers are asked only if the request names a socket
 * that is not here; all else is known at once.
 *
 * @throws InvalidTargetError, ForeignNamespaceError
 */
export function findRoomsOfTarget(
  method: string,
  target: SocketTargets,
  namespaces: readonly string[],
  io: Server,
): string[] | Promise<string[]> {
  // Most often it is one of these.
  if (typeof target === 'string' && target !== '') return [target];
  if (typeof target === 'object' && target !== null && isSocket(target))
    return [idOfSocket(method, target, namespaces)];
  const rooms = readTargets(method, target, namespaces).map((one) =>
    typeof one === 'string' ? one : findRequestingSocketId(one, io),
  );
  const known = rooms.filter((room) => typeof room !== 'object');
  if (known.length === rooms.length) return distinct(known);
  return Promise.all(rooms.map((room) => Promise.resolve(room))).then(distinct);
}

/** Reads what a target says by itself: rooms, and requests. */
function readTargets(
  method: string,
  target: SocketTargets,
  namespaces: readonly string[],
): Array<string | HttpRequest> {
  const targets: readonly unknown[] = Array.isArray(target) ? target : [target];
  return targets.map((one) => {
    if (typeof one === 'string' && one !== '') return one;
    if (typeof one !== 'object' || one === null) throw new InvalidTargetError(one, method);
    if (isSocket(one)) return idOfSocket(method, one, namespaces);
    if (isHttpRequest(one)) return one;
    throw new InvalidTargetError(one, method);
  });
}

function idOfSocket(method: string, socket: AnySocket, namespaces: readonly string[]): string {
  const connectedTo = (socket as Partial<Socket>).nsp?.name;
  if (connectedTo !== undefined && !namespaces.includes(connectedTo)) {
    throw new ForeignNamespaceError(method, namespaces, connectedTo);
  }
  return socket.id;
}

/**
 * Recognizes a socket by its shape: an application may have two copies of Socket.IO, which `instanceof` would tell
 * apart.
 */
export function isSocket(value: object): value is AnySocket {
  const { id, join, emit } = value as Record<string, unknown>;
  return typeof id === 'string' && typeof join === 'function' && typeof emit === 'function';
}

/**
 * Finds out which namespace of another server a socket is connected to. A server answers after it has done what it was
 * told before.
 *
 * @throws Error when they take too long, ServersTimeoutError
 */
export async function findElsewhere(io: Server, id: string): Promise<string | undefined> {
  const lookUps = clusteredNamespaces(io).map(async (namespace) => {
    const found = await membersOnAllServers('the confirmation by other servers', namespace, [id]);
    return found.includes(id) ? namespace.name : undefined;
  });
  const names = await lookedUp(io, 'the confirmation by other servers', Promise.all(lookUps));
  return names.find((name) => name !== undefined);
}

/**
 * Reads the name of a room, as a caller gives it.
 *
 * @throws InvalidRoomError
 */
export function roomName(method: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') throw new InvalidRoomError(name, method);
  return name;
}

/**
 * Reads the names of rooms, as a caller gives them: one or several.
 *
 * @throws InvalidRoomError
 */
export function roomNames(method: string, rooms: string | readonly string[]): string[] {
  const names: readonly unknown[] = Array.isArray(rooms) ? rooms : [rooms];
  return names.map((name) => roomName(method, name));
}

function distinct(rooms: ReadonlyArray<string | undefined>): string[] {
  return [...new Set(rooms.filter((room) => room !== undefined))];
}
