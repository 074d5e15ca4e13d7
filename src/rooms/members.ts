import { Logger } from '@nestjs/common';
import type { Namespace, Server, Socket } from 'socket.io';
import { REVOKED_EVENT } from '../protocol/subscription.js';
import { logFailure } from '../common/log.js';
import { isOverLimit, type RoomLimit, roomsToEnter, roomsToLeave, withheldFrom } from './room-access.js';
import { emitToOtherServers, listenToServers } from '../server/server-events.js';
import { isLibraryRoom } from '../connections/user-room.js';

const logger = new Logger('SocketsModule');

/** Options of `leaveAll`. */
export interface LeaveAllOptions {
  /** Also leave the room of the socket's own id, by which it is reached. @default false */
  includeSocketRooms?: boolean;
  /** Also leave the room that was named. @default true */
  includeSourceRoom?: boolean;
}

type LeavingAll = Required<LeaveAllOptions> & { source: string };

/** What is done to sockets, wherever they are connected. */
interface Moves {
  join: string[];
  joinUnlessRevoked: { rooms: string[]; age: number; limit?: RoomLimit };
  leave: string[];
  leaveAll: LeavingAll;
  disconnect: true;
}

const HOW: { [Move in keyof Moves]: (socket: Socket, detail: Moves[Move]) => void } = {
  join: (socket, rooms) => dropFailure(socket.join(roomsToEnter(socket, rooms))),
  joinUnlessRevoked: (socket, { rooms: asked, age, limit }) => {
    const rooms = roomsToEnter(socket, asked);
    if (limit && isOverLimit(socket, rooms, limit)) {
      for (const told of limit.told) socket.emit(REVOKED_EVENT, told);
      return;
    }
    const withheld = withheldFrom(socket, rooms, performance.now() - age);
    dropFailure(socket.join(rooms.filter((room) => !withheld.rooms.has(room))));
    for (const told of withheld.told) socket.emit(REVOKED_EVENT, told);
  },
  leave: (socket, rooms) => roomsToLeave(socket, rooms).forEach((room) => dropFailure(socket.leave(room))),
  leaveAll: (socket, { source, includeSocketRooms, includeSourceRoom }) => {
    for (const room of [...socket.rooms]) {
      // Who is connected does not change by it, and rights are revoked by that.
      if (isLibraryRoom(room)) continue;
      if (room === socket.id ? includeSocketRooms : includeSourceRoom || room !== source)
        dropFailure(socket.leave(room));
    }
  },
  disconnect: (socket) => void socket.disconnect(true),
};

/** An adapter may keep rooms somewhere else; that it cannot must not end the process. */
function dropFailure(done: void | Promise<void>): void {
  done?.catch((error: unknown) => logFailure(logger, 'The adapter could not move a socket.', error));
}

/** How long a message may be on its way to another server, in milliseconds; the clocks of two servers cannot be compared. */
const JOURNEY = 2_000;

/** What the servers of a cluster tell each other, so that each moves its own sockets. */
const MOVE_MEMBERS = 'nestjs-sockets:move-members';

/** Everybody in some rooms, on all servers, ready to be moved. Nobody for no rooms, which Socket.IO would take for everybody. */
export class Members {
  constructor(
    private readonly namespace: Namespace,
    private readonly rooms: readonly string[],
  ) {}

  socketsJoin(rooms: string[]): void {
    if (rooms.length > 0) this.move('join', rooms);
  }

  /**
   * Except for rooms to which the right was lost after this time, as `performance.now()` has it; of those the sockets are told. What has to travel to another
   * server counts as asked for somewhat earlier.
   *
   * @param limit whoever would be in more rooms enters none of these, and is told so
   */
  socketsJoinUnlessRevoked(rooms: string[], since: number, limit?: RoomLimit): void {
    if (rooms.length === 0) return;
    const age = performance.now() - since;
    this.move('joinUnlessRevoked', { rooms, age, limit }, { rooms, age: age + JOURNEY, limit });
  }

  socketsLeave(rooms: string[]): void {
    if (rooms.length > 0) this.move('leave', rooms);
  }

  socketsLeaveAll(what: LeavingAll): void {
    this.move('leaveAll', what);
  }

  disconnectSockets(): void {
    this.move('disconnect', true);
  }

  /**
   * Here at once, so that what follows in the code finds it done; and by the other servers. Not by the adapter's own `socketsJoin`: some adapters do even
   * the sockets of this server only when the bus brings their own message back, too late for what follows, and undoing it.
   */
  private move<Move extends keyof Moves>(move: Move, detail: Moves[Move], detailElsewhere = detail): void {
    moveHere(this.namespace, this.rooms, move, detail);
    const elsewhere = this.rooms.filter((room) => !this.namespace.sockets.has(room));
    // The rooms of sockets that are connected here have nobody elsewhere.
    if (elsewhere.length > 0) emitToOtherServers(this.namespace, MOVE_MEMBERS, [elsewhere, move, detailElsewhere]);
  }
}

export function membersOf(namespace: Namespace, rooms: readonly string[]): Members {
  return new Members(namespace, rooms);
}

/** From now on this server moves its sockets when another one says so, in every namespace that there is or will be. */
export function moveMembersForOthers(io: Server): void {
  const listen = (namespace: Namespace): void => {
    listenToServers(namespace, MOVE_MEMBERS, (rooms, move, detail) =>
      moveHere(namespace, rooms as string[], move as keyof Moves, detail as never),
    );
  };
  io._nsps.forEach(listen);
  io.on('new_namespace', listen);
}

function moveHere<Move extends keyof Moves>(
  namespace: Namespace,
  rooms: readonly string[],
  move: Move,
  detail: Moves[Move],
): void {
  const ids = new Set(rooms.flatMap((room) => [...(namespace.adapter.rooms.get(room) ?? [])]));
  for (const id of ids) {
    const socket = namespace.sockets.get(id);
    if (socket) HOW[move](socket, detail);
  }
}
