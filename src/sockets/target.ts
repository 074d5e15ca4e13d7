import type { Socket } from 'socket.io';
import { ForeignNamespaceError, InvalidTargetError } from './errors/invalid-target.error.js';
import { InvalidRoomError } from './errors/invalid-room.error.js';
import { isHttpRequest, requestingSocket, type HttpRequest } from './requesting-socket.js';

/** A socket on this server (`Socket`) or on another one (`RemoteSocket`, as `fetchSockets()` gives it). */
export type AnySocket = Pick<Socket, 'id' | 'rooms'> & { join: unknown; leave: unknown; emit: unknown };

/** What can be told to hear, to join, or to be left out: a socket, a socket's id, a room's name, or the request that came from a socket. */
export type SocketTarget = AnySocket | HttpRequest | string;

/** One target, or several. */
export type SocketTargets = SocketTarget | readonly SocketTarget[];

/**
 * The rooms that a target stands for. Every socket is alone in the room of its own id, so a socket, its id and a room are the same kind of
 * thing. A request that no socket is behind stands for nobody: the list is empty, and must not be handed to `namespace.in()`, which takes
 * that for everybody.
 */
export function roomsOfTarget(method: string, target: SocketTargets, namespaces: readonly string[]): string[] {
  const targets: readonly unknown[] = Array.isArray(target) ? target : [target];
  const rooms = targets.map((one) => roomOfOne(method, one, namespaces)).filter((room) => room !== undefined);
  return [...new Set(rooms)];
}

function roomOfOne(method: string, target: unknown, namespaces: readonly string[]): string | undefined {
  if (typeof target === 'string' && target !== '') return target;
  if (typeof target !== 'object' || target === null) throw new InvalidTargetError(target, method);
  if (isSocket(target)) return idOfSocket(method, target, namespaces);
  if (isHttpRequest(target)) return requestingSocket(target)?.id;
  throw new InvalidTargetError(target, method);
}

function idOfSocket(method: string, socket: AnySocket, namespaces: readonly string[]): string {
  const connectedTo = (socket as Partial<Socket>).nsp?.name;
  if (connectedTo !== undefined && !namespaces.includes(connectedTo)) {
    throw new ForeignNamespaceError(method, namespaces, connectedTo);
  }
  return socket.id;
}

/** By its shape, not by `instanceof`: an application may have two copies of Socket.IO. */
export function isSocket(value: object): value is AnySocket {
  const { id, join, emit } = value as Record<string, unknown>;
  return typeof id === 'string' && typeof join === 'function' && typeof emit === 'function';
}

/** Names of rooms, as a caller gives them: one or several. */
export function roomNames(method: string, rooms: string | readonly string[]): string[] {
  const names: readonly unknown[] = Array.isArray(rooms) ? rooms : [rooms];
  return names.map((name) => {
    if (typeof name !== 'string' || name === '') throw new InvalidRoomError(name, method);
    return name;
  });
}
