import { eachNamespace } from '../../server/namespaces.js';
import { Logger } from '@nestjs/common';
import type { Namespace, Server, Socket } from 'socket.io';
import { logFailure } from '../../common/log.js';
import { isLibraryRoom } from '../../connections/user-room.js';
import { REVOKED_EVENT, type Revocation } from '../../protocol/subscription.js';
import { emitToOtherServers, listenToServers } from '../../server/cluster/server-events.js';
import { roomsToEnter, roomsToLeave } from './audience-rooms.js';
import { withheldFrom } from './revocation-memory.js';
import { isOverLimit, type RoomLimit } from './room-limit.js';

const logger = new Logger('SocketsModule');

/** Options of `leaveAll`. */
export interface LeaveAllOptions {
  /** Also leave the room of the socket's own id, by which it is reached. @default false */
  includeSocketRooms?: boolean;
  /** Also leave the room that was named. @default true */
  includeSourceRoom?: boolean;
}

type LeavingAll = Required<LeaveAllOptions> & { source: string };

/** A wish to enter rooms, unless the right to them was lost since it was found to be there. */
interface Entering {
  rooms: string[];
  /** How long ago that was, in milliseconds. */
  age: number;
  limit?: RoomLimit;
}

/** What became of such a wish, for one socket of this server. */
export interface Admission {
  socket: Socket;
  /** The rooms that it is in now, of those that it was to enter. */
  rooms: string[];
  /** Those of them that it was not in before. */
  added: string[];
  /** What it is to be told about the others. */
  refused: readonly Revocation[];
}

/** What servers do to their sockets when another one says so: its name on the bus, and what goes with it. */
interface MemberOperation {
  join: string[];
  joinUnlessRevoked: Entering;
  leave: string[];
  leaveAll: LeavingAll;
  disconnect: true;
}

const OPERATIONS: { [Name in keyof MemberOperation]: (socket: Socket, detail: MemberOperation[Name]) => void } = {
  join: (socket, rooms) => dropFailure(socket.join(roomsToEnter(socket, rooms))),
  joinUnlessRevoked: (socket, entering) => tellRefused([admit(socket, entering)]),
  leave: (socket, rooms) => roomsToLeave(socket, rooms).forEach((room) => dropFailure(socket.leave(room))),
  leaveAll: (socket, { source, includeSocketRooms, includeSourceRoom }) => {
    for (const room of [...socket.rooms]) {
      // This does not change who is connected, and rights are revoked by that.
      if (isLibraryRoom(room)) continue;
      if (room === socket.id ? includeSocketRooms : includeSourceRoom || room !== source)
        dropFailure(socket.leave(room));
    }
  },
  disconnect: (socket) => void socket.disconnect(true),
};

/** Lets a socket in, into none of the rooms where it would be in too many. */
function admit(socket: Socket, { rooms: named, age, limit }: Entering): Admission {
  const asked = roomsToEnter(socket, named);
  if (limit && isOverLimit(socket, asked, limit)) return { socket, rooms: [], added: [], refused: limit.told };
  const withheld = withheldFrom(socket, asked, performance.now() - age);
  const rooms = asked.filter((room) => !withheld.rooms.has(room));
  const added = rooms.filter((room) => !socket.rooms.has(room));
  dropFailure(socket.join(rooms));
  return { socket, rooms, added, refused: withheld.told };
}

/** Tells sockets which rooms they were not let into. */
export function tellRefused(admissions: readonly Admission[]): void {
  for (const { socket, refused } of admissions) for (const told of refused) socket.emit(REVOKED_EVENT, told);
}

/** An adapter may keep rooms somewhere else; that it cannot must not end the process. */
function dropFailure(done: void | Promise<void>): void {
  done?.catch((error: unknown) => logFailure(logger, 'The adapter could not move a socket.', error));
}

/**
 * How long a message may be on its way to another server, in milliseconds; the clocks of two servers cannot be
 * compared.
 */
const JOURNEY = 2_000;

/** What the servers of a cluster tell each other, so that each moves its own sockets. */
const MOVE_MEMBERS = 'nestjs-sockets:move-members';

/**
 * Everybody in some rooms, on all servers, ready to be moved. Nobody for no rooms, which Socket.IO would take for
 * everybody.
 *
 * What is done is done here at once, so that what follows in the code finds it done, and by the other servers when they
 * hear of it. The adapter's own `socketsJoin` would not do: some adapters move even the sockets of this server only
 * when the bus brings their own message back, too late for what follows, and undoing it.
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
   * Lets them into rooms, except those to which their user lost the right after this time, as `performance.now()` has
   * it. What has to travel to another server counts as asked for somewhat earlier.
   *
   * @param limit whoever would be in more rooms enters none of these
   * @returns what became of it for each socket of this server, which the caller tells by `tellRefused`; other servers
   * tell theirs at once
   */
  socketsJoinUnlessRevoked(rooms: string[], since: number, limit?: RoomLimit): Admission[] {
    if (rooms.length === 0) return [];
    const age = performance.now() - since;
    const admissions = Array.from(this.here, (socket) => admit(socket, { rooms, age, limit }));
    this.tellOthers('joinUnlessRevoked', { rooms, age: age + JOURNEY, limit });
    return admissions;
  }

  socketsLeave(rooms: string[]): void {
    if (rooms.length > 0) this.operate('leave', rooms);
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
    for (const socket of this.here) OPERATIONS[name](socket, detail);
    this.tellOthers(name, detail);
  }

  private tellOthers<Name extends keyof MemberOperation>(name: Name, detail: MemberOperation[Name]): void {
    // The room of a socket that is connected here has no members elsewhere.
    const elsewhere = this.rooms.filter((room) => !this.namespace.sockets.has(room));
    if (elsewhere.length > 0) emitToOtherServers(this.namespace, MOVE_MEMBERS, [elsewhere, name, detail]);
  }
}

export function membersOf(namespace: Namespace, rooms: readonly string[]): Members {
  return new Members(namespace, rooms);
}

/**
 * Moves this server's sockets, from now on, when another server says so, in every namespace that there is or will be.
 */
export function moveMembersForOthers(io: Server): void {
  const listen = (namespace: Namespace): void => {
    listenToServers(namespace, MOVE_MEMBERS, (rooms, name, detail) => {
      const operation = OPERATIONS[name as keyof MemberOperation] as (socket: Socket, detail: unknown) => void;
      for (const socket of membersHere(namespace, rooms as string[])) operation(socket, detail);
    });
  };
  eachNamespace(io, listen);
}

/** Yields the sockets of this server that are in these rooms. */
export function* membersHere({ adapter, sockets }: Namespace, rooms: readonly string[]): Generator<Socket, void> {
  const ids = new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
  for (const id of ids) {
    // What is done to one member may have disconnected the next.
    const socket = sockets.get(id);
    if (socket) yield socket;
  }
}
