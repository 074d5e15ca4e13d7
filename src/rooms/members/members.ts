import type { Namespace, Server, Socket } from 'socket.io';
import { debugLog, LineLogger, logFailure } from '../../common/log.js';
import { isLibraryRoom } from '../../connections/user-room.js';
import { REVOKED_EVENT, type Revocation } from '../../protocol/subscription.js';
import { deliveryLaneOf } from '../../server/cluster/delivery/delivery-lane.js';
import { hearOtherServers, tellOtherServers } from '../../server/cluster/server-messages.js';
import { refusalsOf } from '../../server/metrics.js';
import { eachNamespace } from '../../server/namespaces.js';
import { tellOfEntry } from './entry-listener.js';
import { roomsToEnter, roomsToLeave } from './audience-rooms.js';
import { withheldFrom } from './revocation-memory.js';
import { isOverLimit, rememberEntered, type RoomLimit } from './room-limit.js';

const logger = new LineLogger('SocketsModule');
const debug = debugLog('rooms');

/** Options of `leaveAll`. */
export interface LeaveAllOptions {
  /** Whether to leave the room of the socket's own id, too, through which it is reached. @default false */
  includeSocketRooms?: boolean;
  /** Whether to leave the room that was named, too. @default true */
  includeSourceRoom?: boolean;
}

type LeavingAll = Required<LeaveAllOptions> & { source: string };

/** Rooms to enter, unless the user has lost the right to them since it was checked. */
interface Entering {
  rooms: string[];
  /** When it was checked, as this server's `performance.now()` has it. */
  since: number;
  limit?: RoomLimit;
  /** What the read that leads there has shown, for whoever has set an entry listener. */
  shown?: unknown;
}

/** The same as other servers are told it, whose clocks differ. */
interface EnteringElsewhere extends Omit<Entering, 'since'> {
  /** How long ago it was checked, in milliseconds. */
  age: number;
}

/** The outcome of that for one socket of this server. */
export interface Admission {
  socket: Socket;
  /** The rooms that it was let into, or was in already. */
  rooms: string[];
  /** The rooms among them that it was not in before. */
  added: ReadonlySet<string>;
  /** What the socket is to be told about the rooms that it was not let into. */
  refused: readonly Revocation[];
}

/** The operations on the sockets of every server: the name of each on the bus, and its details. */
interface MemberOperation {
  join: string[];
  joinUnlessRevoked: EnteringElsewhere;
  leave: string[];
  leaveAll: LeavingAll;
  disconnect: true;
}

const OPERATIONS: {
  [Name in keyof MemberOperation]: (
    namespace: Namespace,
    members: Iterable<Socket>,
    detail: MemberOperation[Name],
  ) => void;
} = {
  join: (_namespace, members, rooms) => {
    for (const socket of members) logAdapterFailure(socket.join(roomsToEnter(socket, rooms)));
  },
  joinUnlessRevoked: (_namespace, members, { age, ...entering }) => {
    const since = performance.now() - age;
    for (const socket of members) tellRefused([admit(socket, { ...entering, since })]);
  },
  leave: ({ adapter, server }, members, named) => {
    // A record has a room for each verb and audience, and there is somebody in few of them.
    const rooms = roomsToLeave(server, named).filter((room) => adapter.rooms.has(room));
    for (const socket of members) {
      const { rooms: joined } = socket;
      for (const room of rooms) if (joined.has(room)) logAdapterFailure(socket.leave(room));
    }
  },
  leaveAll: (_namespace, members, { source, includeSocketRooms, includeSourceRoom }) => {
    for (const socket of members) {
      for (const room of [...socket.rooms]) {
        // Rooms of the library say whose a socket is, which does not change, and revocations rely on them.
        if (isLibraryRoom(room)) continue;
        if (room === socket.id ? includeSocketRooms : includeSourceRoom || room !== source)
          logAdapterFailure(socket.leave(room));
      }
    }
  },
  disconnect: ({ server }, members) => {
    const order = deliveryLaneOf(server);
    const disconnectAll = (sockets: Iterable<Socket>): void => {
      for (const socket of sockets) socket.disconnect(true);
    };
    if (order.isFree) return disconnectAll(members);
    // What they were sent before goes first.
    const sockets = [...members];
    order.add()(() => disconnectAll(sockets));
  },
};

/** Lets a socket into rooms: into none if it would be in too many, and not into those to which it lost the right. */
function admit(socket: Socket, { rooms: named, since, limit, shown }: Entering): Admission {
  const asked = roomsToEnter(socket, named);
  const { rooms: joined } = socket;
  const added = new Set<string>();
  for (const room of asked) if (!joined.has(room)) added.add(room);
  if (limit && isOverLimit(socket, added.size, limit)) {
    refusalsOf(socket.nsp.server).add(limit.kind);
    return { socket, rooms: [], added: new Set(), refused: limit.told };
  }
  const withheld = withheldFrom(socket, asked, since);
  // Usually nothing is withheld, and a list may lead to thousands of rooms.
  const rooms = withheld.rooms.size === 0 ? asked : asked.filter((room) => !withheld.rooms.has(room));
  for (const room of withheld.rooms) added.delete(room);
  if (limit) rememberEntered(socket, added, limit);
  tellOfEntry(socket, rooms, shown, since);
  logAdapterFailure(socket.join(rooms));
  return { socket, rooms, added, refused: withheld.told };
}

/** Tells sockets which rooms they were not let into. */
export function tellRefused(admissions: readonly Admission[]): void {
  for (const { socket, refused } of admissions) for (const told of refused) socket.emit(REVOKED_EVENT, told);
}

/** Logs the failure of an adapter that keeps rooms elsewhere, which must not end the process. */
function logAdapterFailure(done: void | Promise<void>): void {
  done?.catch((error: unknown) => logFailure(logger, 'The adapter could not move a socket.', error));
}

/**
 * How long a message may be on its way to another server, in milliseconds; the clocks of two servers cannot be
 * compared.
 */
const TRANSIT_TIME = 2_000;

/** The message with which servers of a cluster tell each other what to do to their sockets. */
const MOVE_MEMBERS = 'move-members';

/**
 * All sockets in some rooms, on all servers. An empty list stands for nobody, where Socket.IO would take everybody.
 *
 * An operation takes effect at once on the sockets of this server, so that the code after it can rely on it, and on
 * those of other servers when they hear of it. The adapter's own `socketsJoin` would not do: some adapters move even
 * the sockets of this server only when the bus brings their own message back, which is too late, and may undo what was
 * done since.
 */
export class Members {
  constructor(
    private readonly namespace: Namespace,
    private readonly rooms: readonly string[],
  ) {}

  socketsJoin(rooms: string[]): void {
    if (rooms.length > 0) this.operate('join', rooms);
  }

  /**
   * Lets the sockets into rooms, except those to which their user has lost the right since a time, as
   * `performance.now()` has it. For sockets of other servers an earlier time counts, since the message has to travel.
   *
   * @param options `limit`: a socket that would be in more rooms enters none of these; `shown`: what the read has shown
   * @returns the outcome for each socket of this server, which the caller tells them by `tellRefused`; other servers
   *   tell theirs at once
   */
  socketsJoinUnlessRevoked(
    rooms: string[],
    since: number,
    { limit, shown }: Pick<Entering, 'limit' | 'shown'> = {},
  ): Admission[] {
    if (rooms.length === 0) return [];
    debug?.(`join unless revoked for ${this.rooms.join(', ')} of ${this.namespace.name}: ${JSON.stringify(rooms)}`);
    const admissions = Array.from(this.here, (socket) => admit(socket, { rooms, since, limit, shown }));
    this.tellOthers('joinUnlessRevoked', { rooms, age: performance.now() - since + TRANSIT_TIME, limit, shown });
    return admissions;
  }

  socketsLeave(rooms: string[]): void {
    if (rooms.length > 0) this.operate('leave', rooms);
  }

  /** The same for the sockets of this server only, where the others see to theirs by themselves. */
  socketsLeaveHere(rooms: string[]): void {
    OPERATIONS.leave(this.namespace, this.here, rooms);
  }

  socketsLeaveAll(what: LeavingAll): void {
    this.operate('leaveAll', what);
  }

  disconnectSockets(): void {
    this.operate('disconnect', true);
  }

  private get here(): Iterable<Socket> {
    return membersHere(this.namespace, this.rooms);
  }

  private operate<Name extends keyof MemberOperation>(name: Name, detail: MemberOperation[Name]): void {
    debug?.(`${name} for ${this.rooms.join(', ')} of ${this.namespace.name}: ${JSON.stringify(detail)}`);
    OPERATIONS[name](this.namespace, this.here, detail);
    this.tellOthers(name, detail);
  }

  private tellOthers<Name extends keyof MemberOperation>(name: Name, detail: MemberOperation[Name]): void {
    // The room of a socket that is connected here has no members elsewhere.
    if (this.rooms.every((room) => this.namespace.sockets.has(room))) return;
    const elsewhere = this.rooms.filter((room) => !this.namespace.sockets.has(room));
    tellOtherServers(this.namespace, MOVE_MEMBERS, [elsewhere, name, detail], elsewhere, roomsEntered(name, detail));
  }
}

/** Returns the rooms that an operation leads to, if it does. */
function roomsEntered(name: keyof MemberOperation, detail: unknown): string[] | undefined {
  if (name === 'join') return detail as MemberOperation['join'];
  return name === 'joinUnlessRevoked' ? (detail as EnteringElsewhere).rooms : undefined;
}

export function membersOf(namespace: Namespace, rooms: readonly string[]): Members {
  return new Members(namespace, rooms);
}

/** Applies the operations of other servers to the sockets of this one, from now on. */
export function moveMembersForOthers(io: Server): void {
  const listen = (namespace: Namespace): void => {
    hearOtherServers(namespace, MOVE_MEMBERS, (rooms, name, detail) => {
      const operation = OPERATIONS[name as keyof MemberOperation] as (...operands: unknown[]) => void;
      operation(namespace, membersHere(namespace, rooms as string[]), detail);
    });
  };
  eachNamespace(io, listen);
}

/** Returns the sockets of this server that are in these rooms. */
export function membersHere(namespace: Namespace, rooms: readonly string[]): Iterable<Socket> {
  // Most often a socket is meant, by the room of its own.
  const socket = rooms.length === 1 ? onlyMemberOf(namespace, rooms[0]) : undefined;
  return socket ? [socket] : eachMember(namespace, rooms);
}

/** Returns the socket of this server whose own room this is, if it is alone there. */
export function onlyMemberOf({ sockets, adapter }: Namespace, room: string): Socket | undefined {
  const socket = sockets.get(room);
  if (!socket) return undefined;
  // The socket's own text is found faster than an equal one.
  const { id } = socket;
  const members = adapter.rooms.get(id);
  return members?.size === 1 && members.has(id) ? socket : undefined;
}

/** Puts a socket of this server into a room that is the same for all audiences. */
export function joinHere(socket: Socket, room: string): void {
  logAdapterFailure(socket.join(room));
}

function* eachMember({ adapter, sockets }: Namespace, rooms: readonly string[]): Generator<Socket, void> {
  const ids = new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
  for (const id of ids) {
    // What is done to one member may have disconnected the next.
    const socket = sockets.get(id);
    if (socket) yield socket;
  }
}
