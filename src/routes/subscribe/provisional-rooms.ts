import type { Namespace, Socket } from 'socket.io';
import { membersOf, tellRefused } from '../../rooms/members/members.js';
import type { RoomLimit } from '../../rooms/members/room-limit.js';
import type { FollowedRooms } from '../../resources/catch-up/missed-publications.js';
import type { ReadPosition } from '../../resources/catch-up/read-position.js';
import { announceReader, tellReader, tellUnplaced } from '../../resources/catch-up/remote-readers.js';
import type { ResponseDelivery } from '../request/response.js';

/**
 * Counts, by socket and room, the responses under way that have let the socket in, as long as none of them has arrived.
 */
const provisional = new WeakMap<Socket, Map<string, number>>();

/**
 * Lets a socket into rooms before a response: into those of the application, into those of resources where nothing is
 * counted, and a socket of another server into any. If the response does not arrive, the socket leaves again, except
 * for rooms that it was in before, or that another response, which did arrive, has let it into meanwhile. A socket
 * whose user lost a right after the request was received does not enter, and is told so after the response.
 *
 * @param options `limit`: how many rooms it may be in; `shown`: what the response shows of what they are about
 */
export function joinUnlessUndelivered(
  delivery: ResponseDelivery,
  namespace: Namespace,
  id: string,
  named: readonly string[],
  options: { limit?: RoomLimit; shown?: unknown },
): void {
  const members = membersOf(namespace, [id]);
  const socket = namespace.sockets.get(id);
  const counts = socket && countsOf(socket);
  const admissions = members.socketsJoinUnlessRevoked([...named], delivery.receivedAt, options);
  const own = admissions.find((admission) => admission.socket === socket);
  // The rooms that another server's socket was in before are not known.
  const entered = own ? own.rooms.filter((room) => own.added.has(room) || counts?.has(room)) : named;
  for (const room of entered) counts?.set(room, (counts.get(room) ?? 0) + 1);
  delivery.onOutcome({
    delivered() {
      entered.forEach((room) => counts?.delete(room));
      tellRefused(admissions);
    },
    failed: () => members.socketsLeave(entered.filter((room) => !counts || isLast(counts, room))),
  });
}

/** Rooms of one resource that a read leads to. */
export interface AwaitedRooms {
  resource: string;
  namespace: Namespace;
  rooms: string[];
  /** How many rooms the socket may be in. */
  limit: RoomLimit;
  /** What the response shows of what they are about. */
  shown: unknown;
}

/** Who has read, and how far the answer reaches. */
interface Reading {
  id: string;
  delivery: ResponseDelivery;
  position: ReadPosition | undefined;
}

/**
 * Lets a reader into the rooms of a read. A socket of this server enters right after the response, if that arrives, so
 * that what is published before it does not overtake it. One of another server enters before, and is kept from what is
 * published until it has its answer. A socket whose user lost a right after the request was received does not enter,
 * and is told so.
 */
export class ReadEntry {
  private readonly awaited: AwaitedRooms[] = [];
  private readonly elsewhere: AwaitedRooms[] = [];
  /** What ends the announcement of a reader of another server, by its namespaces. */
  private readonly announced = new Map<Namespace, () => void>();

  /** Must be made before anything else is to follow the response, and rely on these rooms. */
  constructor(
    private readonly reading: Reading,
    private readonly findHere: (id: string) => Socket | undefined,
  ) {
    const { id, delivery, position } = reading;
    delivery.onDelivered(() => {
      if (this.awaited.length > 0) {
        const entered = this.enter();
        const socket = findHere(id);
        if (socket) position?.catchUp(socket, entered);
      }
      if (position && this.elsewhere.length > 0) {
        const namespaces = new Set(this.elsewhere.map(({ namespace }) => namespace));
        tellReader(namespaces, id, position, byResource(this.elsewhere));
      }
    });
  }

  get rooms(): string[] {
    return [...this.awaited, ...this.elsewhere].flatMap(({ rooms }) => rooms);
  }

  /** Takes rooms, and returns whether the socket enters them only after the response. */
  waits(rooms: AwaitedRooms): boolean {
    const { id, position } = this.reading;
    if (rooms.namespace.sockets.has(id)) {
      this.awaited.push(rooms);
      return true;
    }
    if (position?.isShared) {
      this.elsewhere.push(rooms);
      this.announce(rooms.namespace);
    }
    return false;
  }

  private announce(namespace: Namespace): void {
    if (this.announced.has(namespace)) return;
    const { id, delivery } = this.reading;
    const end = announceReader(namespace, id);
    this.announced.set(namespace, end);
    delivery.onOutcome({ delivered: end, failed: end });
  }

  /**
   * Has the client read again after the response, as soon as the journal answers: it is not known how far this read
   * reaches.
   */
  haveReadAgain(resource: string, namespaces: readonly Namespace[]): void {
    const { id, delivery, position } = this.reading;
    delivery.onDelivered(() => {
      const socket = this.findHere(id);
      if (socket) return position?.readAgain(socket, resource);
      for (const namespace of namespaces) tellUnplaced(namespace, id, resource);
    });
  }

  private enter(): FollowedRooms[] {
    const { id, delivery } = this.reading;
    const followed = new Map<string, FollowedRooms>();
    for (const { resource, namespace, rooms: names, ...options } of this.awaited) {
      const admissions = membersOf(namespace, [id]).socketsJoinUnlessRevoked(names, delivery.receivedAt, options);
      tellRefused(admissions);
      for (const { rooms, added } of admissions) {
        const known = followed.get(resource);
        // Usually one read leads to the rooms of a resource: thousands of them, if it is that of a list.
        followed.set(resource, known ? united(known, rooms, added) : { resource, rooms, added });
      }
    }
    return [...followed.values()];
  }
}

function united({ resource, ...known }: FollowedRooms, rooms: string[], added: ReadonlySet<string>): FollowedRooms {
  return { resource, rooms: [...known.rooms, ...rooms], added: new Set([...(known.added ?? []), ...added]) };
}

/** Returns the rooms of each resource, of which another server knows which it has let the socket into. */
function byResource(awaited: readonly AwaitedRooms[]): FollowedRooms[] {
  const all = new Map<string, Set<string>>();
  for (const { resource, rooms } of awaited) all.set(resource, new Set([...(all.get(resource) ?? []), ...rooms]));
  return Array.from(all, ([resource, rooms]) => ({ resource, rooms: [...rooms] }));
}

/**
 * Takes a socket out of rooms because of a response. If the response does not arrive, the socket is back where it was.
 */
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

/** Tells whether this was the last response that let the socket into the room, and none has arrived. */
function isLast(counts: Map<string, number>, room: string): boolean {
  const count = counts.get(room);
  if (count === undefined) return false;
  if (count > 1) counts.set(room, count - 1);
  else counts.delete(room);
  return count === 1;
}
