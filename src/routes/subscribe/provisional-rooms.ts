import type { Namespace, Socket } from 'socket.io';
import { membersOf, tellRefused } from '../../rooms/members/members.js';
import type { RoomLimit } from '../../rooms/members/room-limit.js';
import type { ResponseDelivery } from '../request/response.js';

/** By socket and room: how many answers that are on their way have let it in, where none has arrived yet. */
const provisional = new WeakMap<Socket, Map<string, number>>();

/**
 * Lets a socket in because of an answer. If that does not arrive, it leaves again: except what it was in before, and what another answer, which did arrive,
 * has let it into meanwhile. It is not let in where its user lost the right to after the request had come, and hears so after the answer.
 */
export function joinUnlessUndelivered(
  delivery: ResponseDelivery,
  namespace: Namespace,
  id: string,
  named: readonly string[],
  limit?: RoomLimit,
): void {
  const members = membersOf(namespace, [id]);
  const socket = namespace.sockets.get(id);
  const counts = socket && countsOf(socket);
  const admissions = members.socketsJoinUnlessRevoked([...named], delivery.receivedAt, limit);
  const own = admissions.find((admission) => admission.socket === socket);
  // Of a socket on another server it is not known what it was in before.
  const entered = own ? own.rooms.filter((room) => own.added.includes(room) || counts?.has(room)) : named;
  for (const room of entered) counts?.set(room, (counts.get(room) ?? 0) + 1);
  delivery.onOutcome({
    delivered() {
      entered.forEach((room) => counts?.delete(room));
      tellRefused(admissions);
    },
    failed: () => members.socketsLeave(entered.filter((room) => !counts || isLast(counts, room))),
  });
}

/** Takes a socket out because of an answer. If that does not arrive, it is where it was. */
export function leaveUnlessUndelivered(
  delivery: ResponseDelivery,
  namespace: Namespace,
  id: string,
  rooms: readonly string[],
): void {
  const members = membersOf(namespace, [id]);
  const before = namespace.sockets.get(id)?.rooms;
  const left = rooms.filter((room) => before?.has(room));
  const since = performance.now();
  members.socketsLeave([...rooms]);
  delivery.onOutcome({
    delivered: () => undefined,
    failed: () => tellRefused(members.socketsJoinUnlessRevoked(left, since)),
  });
}

function countsOf(socket: Socket): Map<string, number> {
  const known = provisional.get(socket) ?? new Map<string, number>();
  provisional.set(socket, known);
  return known;
}

/** Nobody has confirmed the room, and nobody else may still do it. */
function isLast(counts: Map<string, number>, room: string): boolean {
  const count = counts.get(room);
  if (count === undefined) return false;
  if (count > 1) counts.set(room, count - 1);
  else counts.delete(room);
  return count === 1;
}
