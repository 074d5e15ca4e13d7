import { Logger } from '@nestjs/common';
import type { Namespace, Socket } from 'socket.io';
import { PRESENCE_EVENT, type PresenceMessage } from '../../protocol/presence-message.js';
import { logFailure } from '../../common/log.js';
import { OwnSockets } from './local-sockets.js';
import { Roster, shownIn, type PresentUser, type Stay } from './roster.js';
import { ServerBus } from './cluster-sync.js';
import type { Change } from './other-servers.js';

/** Whose sockets count, and where. */
export interface Census {
  isTracked(room: string): boolean;
  /** `undefined` for a socket that counts for nobody. */
  idOf(socket: Socket): string | undefined;
  show(socket: Socket): unknown;
}

/** This server among the others. */
const HERE = '';

/**
 * Who is in which room of one namespace. The members of a room are told by their own server, when what it knows of all servers changes, so everybody hears it
 * once.
 */
export class NamespacePresence {
  private readonly logger = new Logger('SocketsModule');
  private readonly own = new OwnSockets();
  private readonly roster = new Roster();
  private readonly bus: ServerBus;
  private adapter: Namespace['adapter'] | undefined;

  constructor(
    readonly namespace: Namespace,
    private readonly census: Census,
  ) {
    this.bus = new ServerBus(namespace, () => this.state(), this.hear);
    this.watchAdapter();
    for (const socket of namespace.sockets.values()) this.count(socket);
    namespace.on('connection', this.count);
  }

  usersIn(room: string): PresentUser[] {
    return this.roster.usersIn(room);
  }

  beat(silence: number, interval: number): void {
    this.bus.beat(silence, interval);
  }

  end(): void {
    this.forgetAdapter();
    this.namespace.off('connection', this.count);
    this.bus.end();
  }

  /** Whoever a socket is now, and what is shown of them now. */
  recount(socket: Socket): void {
    const idNow = this.census.idOf(socket);
    for (const [room, id] of this.own.roomsOf(socket.id)) {
      if (id === idNow) this.showAnew(room, id, socket);
      else this.leave(room, socket.id);
    }
    this.count(socket);
  }

  private showAnew(room: string, id: string, socket: Socket): void {
    const stay = this.stayOf(socket, room, id);
    this.own.replace(room, id, stay);
    this.roster.enter(room, id, HERE, stay);
    this.bus.note({ room, id, stay });
  }

  /** A socket that joined before it was connected, or before anybody listened. */
  private readonly count = (socket: Socket): void => {
    this.watchAdapter();
    for (const room of socket.rooms) this.enter(room, socket.id);
  };

  /** The application may give the server another one while it starts. */
  private watchAdapter(): void {
    const { adapter } = this.namespace;
    if (this.adapter === adapter) return;
    this.forgetAdapter();
    this.adapter = adapter;
    adapter.on('join-room', this.enter);
    adapter.on('leave-room', this.leave);
  }

  private forgetAdapter(): void {
    this.adapter?.off('join-room', this.enter);
    this.adapter?.off('leave-room', this.leave);
  }

  private readonly enter = (room: string, socketId: string): void => {
    if (room === socketId || this.own.has(room, socketId) || !this.census.isTracked(room)) return;
    const socket = this.namespace.sockets.get(socketId);
    const id = socket && this.census.idOf(socket);
    if (!socket || id === undefined) return;
    const stay = this.own.enter(room, socketId, id, () => this.stayOf(socket, room, id));
    if (!stay) return;
    this.bus.note({ room, id, stay });
    if (this.roster.enter(room, id, HERE, stay)) this.tell('joined', room, id, stay, [socketId]);
  };

  private readonly leave = (room: string, socketId: string): void => {
    const id = this.own.leave(room, socketId);
    if (id === undefined) return;
    this.bus.note({ room, id });
    this.takeOut(room, id, HERE);
  };

  private readonly hear = (server: string, { room, id, stay }: Change): void => {
    if (!stay) this.takeOut(room, id, server);
    else if (this.roster.enter(room, id, server, stay)) this.tell('joined', room, id, stay);
  };

  private takeOut(room: string, id: string, server: string): void {
    const last = this.roster.leave(room, id, server);
    if (last) this.tell('left', room, id, last);
  }

  /** Whoever is there on another server has been there since then. */
  private stayOf(socket: Socket, room: string, id: string): Stay {
    const user = this.census.show(socket);
    return { since: this.roster.since(room, id) ?? Date.now(), ...(user === undefined ? {} : { user }) };
  }

  private state(): Change[] {
    return [...this.own.all()].map(([room, id, stay]) => ({ room, id, stay }));
  }

  /** All but the socket by which they came, which knows it. Nothing that fails here may reach the adapter. */
  private tell(status: PresenceMessage['status'], room: string, id: string, stay: Stay, except: string[] = []): void {
    if (!this.namespace.adapter.rooms.has(room)) return;
    const message: PresenceMessage = { room, id, status, ...shownIn(stay) };
    try {
      this.namespace.local.to(room).except(except).emit(PRESENCE_EVENT, message);
    } catch (error) {
      logFailure(this.logger, 'The members of a room could not be told who came or left.', error);
    }
  }
}
