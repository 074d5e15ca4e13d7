import type { Namespace, Socket } from 'socket.io';
import { debugLog, LineLogger, logFailure } from '../../common/log.js';
import { PRESENCE_EVENT, type PresenceMessage } from '../../protocol/presence-message.js';
import { ClusterSync } from './cluster-sync.js';
import { LocalSockets } from './local-sockets.js';
import type { Change } from './other-servers.js';
import { type PresentUser, Roster, shownIn, type Stay } from './roster.js';

const debug = debugLog('rooms');

/** Says which sockets count, in which rooms, and what others are shown of their users. */
export interface Census {
  isTracked(room: string): boolean;
  /** Returns the id of the user that a socket counts for; `undefined` if it counts for nobody. */
  idOf(socket: Socket): string | undefined;
  show(socket: Socket): unknown;
}

/** This server among the others. */
const HERE = '';

/**
 * Knows who is in which room of one namespace, and tells the members who comes and goes.
 *
 * What the sockets of this server do (`local`) and what other servers report (`sync`) is put together in the `roster`.
 * When a user comes or goes there, each server tells the members that are connected to it, so all of them hear it once.
 */
export class NamespacePresence {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly local = new LocalSockets();
  private readonly roster = new Roster();
  private readonly sync: ClusterSync;
  private adapter: Namespace['adapter'] | undefined;

  constructor(
    readonly namespace: Namespace,
    private readonly census: Census,
  ) {
    this.sync = new ClusterSync(namespace, () => this.state(), this.changedElsewhere);
    this.watchAdapter();
    for (const socket of namespace.sockets.values()) this.count(socket);
    namespace.on('connection', this.count);
  }

  usersIn(room: string): PresentUser[] {
    return this.roster.usersIn(room);
  }

  /** @see ClusterSync.beat */
  beat(silence: number, interval: number): void {
    this.sync.beat(silence, interval);
  }

  end(): void {
    this.unwatchAdapter();
    this.namespace.off('connection', this.count);
    this.sync.end();
  }

  /** Counts a socket again, since its user, or what is shown of its user, may have changed. */
  recount(socket: Socket): void {
    const idNow = this.census.idOf(socket);
    for (const [room, id] of this.local.roomsOf(socket.id)) {
      if (id === idNow) this.showAgain(room, id, socket);
      else this.leave(room, socket.id);
    }
    this.count(socket);
  }

  private showAgain(room: string, id: string, socket: Socket): void {
    const stay = this.stayOf(socket, room, id);
    this.local.replace(room, id, stay);
    this.roster.enter(room, id, HERE, stay);
    this.sync.add({ room, id, stay });
  }

  /** Counts a socket that joined before it was connected, or before anybody listened. */
  private readonly count = (socket: Socket): void => {
    this.watchAdapter();
    for (const room of socket.rooms) this.enter(room, socket.id);
  };

  /** Listens to the adapter, which the application may replace while it starts. */
  private watchAdapter(): void {
    const { adapter } = this.namespace;
    if (this.adapter === adapter) return;
    this.unwatchAdapter();
    this.adapter = adapter;
    adapter.on('join-room', this.enter);
    adapter.on('leave-room', this.leave);
  }

  private unwatchAdapter(): void {
    this.adapter?.off('join-room', this.enter);
    this.adapter?.off('leave-room', this.leave);
  }

  private readonly enter = (room: string, socketId: string): void => {
    if (room === socketId || this.local.has(room, socketId) || !this.census.isTracked(room)) return;
    const socket = this.namespace.sockets.get(socketId);
    const id = socket && this.census.idOf(socket);
    if (!socket || id === undefined) return;
    const stay = this.local.enter(room, socketId, id, () => this.stayOf(socket, room, id));
    if (!stay) return;
    this.sync.add({ room, id, stay });
    if (this.roster.enter(room, id, HERE, stay)) this.tellMembers('joined', room, id, stay, [socketId]);
  };

  private readonly leave = (room: string, socketId: string): void => {
    const id = this.local.leave(room, socketId);
    if (id === undefined) return;
    this.sync.add({ room, id });
    this.takeOut(room, id, HERE);
  };

  private readonly changedElsewhere = (server: string, { room, id, stay }: Change): void => {
    if (!stay) this.takeOut(room, id, server);
    else if (this.roster.enter(room, id, server, stay)) this.tellMembers('joined', room, id, stay);
  };

  private takeOut(room: string, id: string, server: string): void {
    const last = this.roster.leave(room, id, server);
    if (last) this.tellMembers('left', room, id, last);
  }

  /** Returns a stay that began when the user came into the room, if that was on another server. */
  private stayOf(socket: Socket, room: string, id: string): Stay {
    const user = this.census.show(socket);
    return { since: this.roster.since(room, id) ?? Date.now(), ...(user === undefined ? {} : { user }) };
  }

  private state(): Change[] {
    return [...this.local.all()].map(([room, id, stay]) => ({ room, id, stay }));
  }

  /**
   * Tells everybody but the socket through which the user came, which knows already. Nothing that fails here may reach
   * the adapter.
   */
  private tellMembers(
    status: PresenceMessage['status'],
    room: string,
    id: string,
    stay: Stay,
    except: string[] = [],
  ): void {
    debug?.(`presence: user ${id} ${status} ${room} of ${this.namespace.name}`);
    if (!this.namespace.adapter.rooms.has(room)) return;
    const message: PresenceMessage = { room, id, status, ...shownIn(stay) };
    try {
      this.namespace.local.to(room).except(except).emit(PRESENCE_EVENT, message);
    } catch (error) {
      logFailure(this.logger, 'The members of a room could not be told who came or left.', error);
    }
  }
}
