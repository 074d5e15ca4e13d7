import type { BroadcastOperator, Namespace, Socket } from 'socket.io';
import { readEmission, readEvent, type EmitOptions } from './emission.js';
import { InvalidTargetError } from './errors/invalid-target.error.js';
import { SocketNotFoundError } from './errors/socket-not-found.error.js';
import { SocketRequestTimeoutError } from './errors/socket-request-timeout.error.js';
import { floating } from './floating.js';
import { membersOf } from './members.js';
import { isHttpRequest, requestingSocket } from './requesting-socket.js';
import { assertSerializable } from './serializable.js';
import { emitToOtherServers, emitToThisServer, listenToServers, type ServerEventListener } from './server-events.js';
import type { SocketsServer } from './sockets-server.js';
import type { ResolvedSocketsServerOptions } from './sockets-server.options.js';
import { isSocket, roomNames, roomsOfTarget, type SocketTarget, type SocketTargets } from './target.js';

/** Options of `leaveAll`. */
export interface LeaveAllOptions {
  /** Also leave the room of the socket's own id, by which it is reached. @default false */
  includeSocketRooms?: boolean;
  /** Also leave the room that was named. @default true */
  includeSourceRoom?: boolean;
}

/** Options of `request`. */
export interface RequestOptions {
  /** Milliseconds to wait for the answer. @default the option `requestTimeout` of SocketsModule */
  timeout?: number;
}

/**
 * Rooms and broadcast in one namespace.
 *
 * Methods that may concern another server return a promise, and do the same thing wherever the sockets are connected. What concerns this
 * server is done before they return, so two calls take effect in the order in which they are made, awaited or not. Bad arguments reject with a
 * typed error before anything is sent; left floating, the rejection is logged.
 */
export class NamespaceSockets {
  constructor(
    protected readonly host: SocketsServer,
    protected readonly options: ResolvedSocketsServerOptions,
    /** The namespace spoken to, such as `/` or `/admin`. */
    readonly namespaceName: string,
  ) {}

  /**
   * Puts sockets into rooms. The target may also be a room: then its members join.
   *
   * @throws InvalidTargetError, InvalidRoomError, ForeignNamespaceError
   */
  join(target: SocketTargets, rooms: string | readonly string[]): Promise<void> {
    return floating(() => {
      const names = roomNames('join', rooms);
      membersOf(this.namespace, this.resolve('join', target))?.socketsJoin(names);
    });
  }

  /**
   * Takes sockets out of rooms.
   *
   * @throws InvalidTargetError, InvalidRoomError, ForeignNamespaceError
   */
  leave(target: SocketTargets, rooms: string | readonly string[]): Promise<void> {
    return floating(() => {
      const names = roomNames('leave', rooms);
      membersOf(this.namespace, this.resolve('leave', target))?.socketsLeave(names);
    });
  }

  /**
   * Takes every member of a room, on every server, out of all its rooms but the one of its own id.
   *
   * @throws InvalidRoomError
   */
  leaveAll(room: string, options: LeaveAllOptions = {}): Promise<void> {
    return floating(async () => {
      const { includeSocketRooms = false, includeSourceRoom = true } = options;
      const members = await this.namespace.in(roomNames('leaveAll', room)).fetchSockets();
      for (const { id, rooms } of members) {
        const left = [...rooms].filter(
          (name) => (includeSocketRooms || name !== id) && (includeSourceRoom || name !== room),
        );
        membersOf(this.namespace, [id])?.socketsLeave(left);
      }
    });
  }

  /**
   * Everybody in the source joins the destinations; nobody leaves the source.
   *
   * @throws InvalidRoomError
   */
  addRoomMembersToRooms(source: string, destinations: string | readonly string[]): Promise<void> {
    return floating(() => {
      const [from, names] = this.readMove('addRoomMembersToRooms', source, destinations);
      membersOf(this.namespace, from)?.socketsJoin(names);
    });
  }

  /**
   * Everybody in the source leaves the destinations; nobody leaves the source.
   *
   * @throws InvalidRoomError
   */
  removeRoomMembersFromRooms(source: string, destinations: string | readonly string[]): Promise<void> {
    return floating(() => {
      const [from, names] = this.readMove('removeRoomMembersFromRooms', source, destinations);
      membersOf(this.namespace, from)?.socketsLeave(names);
    });
  }

  /**
   * Sends an event to every socket in the rooms, once to each, however many of the rooms it is in. Without an event's name it is `message`.
   *
   * @throws InvalidRoomError, InvalidEventError, InvalidEmitOptionsError, InvalidTargetError, NotSerializableError
   * @example
   * ```ts
   * import { Injectable } from '@nestjs/common';
   * import { SocketsService } from 'nestjs-sockets';
   *
   * @Injectable()
   * export class GameService {
   *   constructor(private readonly sockets: SocketsService) {}
   *
   *   async score(game: string, points: number, playerSocketId: string) {
   *     await this.sockets.broadcast([`game:${game}`, 'lobby'], 'score', { game, points }, { except: playerSocketId });
   *     await this.sockets.broadcast(`game:${game}`, { text: 'well played' }); // the event is "message"
   *   }
   * }
   * ```
   */
  broadcast(
    rooms: string | readonly string[],
    event: string | undefined,
    data?: unknown,
    options?: EmitOptions,
  ): Promise<void>;
  broadcast(rooms: string | readonly string[], data: object, options?: EmitOptions): Promise<void>;
  broadcast(rooms: string | readonly string[], ...args: unknown[]): Promise<void> {
    return floating(() => {
      const names = roomNames('broadcast', rooms);
      if (names.length > 0) this.emit('broadcast', this.namespace.to(names), args);
    });
  }

  /**
   * Sends an event to every socket of the namespace. Without an event's name it is `message`.
   *
   * @throws InvalidEventError, InvalidEmitOptionsError, InvalidTargetError, NotSerializableError
   */
  blast(event: string | undefined, data?: unknown, options?: EmitOptions): Promise<void>;
  blast(data: object, options?: EmitOptions): Promise<void>;
  blast(...args: unknown[]): Promise<void> {
    return floating(() => this.emit('blast', this.namespace.except([]), args));
  }

  /** The id of a socket, or of the socket behind a request; `undefined` when there is none. */
  getId(target: SocketTarget): string | undefined {
    if (typeof target === 'string') return target === '' ? undefined : target;
    if (typeof target !== 'object' || target === null) return undefined;
    if (isSocket(target)) return target.id;
    return isHttpRequest(target) ? requestingSocket(target)?.id : undefined;
  }

  /**
   * The live socket with this id. It must be connected to this server: another server's sockets are reached by giving their id as a target.
   *
   * @throws InvalidTargetError when the id is not a non-empty string
   * @throws SocketNotFoundError when no such socket is connected here
   */
  get(id: string): Socket {
    if (typeof id !== 'string' || id === '') throw new InvalidTargetError(id, 'get');
    const socket = this.namespace.sockets.get(id);
    if (!socket) {
      throw new SocketNotFoundError(
        `get: no socket with that id is connected to this server in the namespace "${this.namespaceName}". ` +
          `If it may be on another server, give its id as a target instead.`,
      );
    }
    return socket;
  }

  /**
   * The ids of all sockets in a room, on all servers.
   *
   * @throws InvalidRoomError
   */
  subscribers(room: string): Promise<string[]> {
    return floating(async () => {
      const sockets = await this.namespace.in(roomNames('subscribers', room)).fetchSockets();
      return sockets.map(({ id }) => id);
    });
  }

  /** The names of all rooms that somebody is in, on all servers, the rooms of the sockets' own ids among them. */
  rooms(): Promise<string[]> {
    return floating(async () => {
      const sockets = await this.namespace.fetchSockets();
      return [...new Set(sockets.flatMap(({ rooms }) => [...rooms]))];
    });
  }

  /**
   * The names of the rooms that a socket is in, the one of its own id among them.
   *
   * @throws InvalidTargetError, ForeignNamespaceError
   */
  socketRooms(target: SocketTargets): Promise<string[]> {
    return floating(async () => {
      const rooms = this.resolve('socketRooms', target);
      const sockets = rooms.length === 0 ? [] : await this.namespace.in(rooms).fetchSockets();
      return [...new Set(sockets.flatMap((socket) => [...socket.rooms]))];
    });
  }

  /**
   * Closes the connections of the sockets, or of everybody in a room, on all servers.
   *
   * @throws InvalidTargetError, ForeignNamespaceError
   */
  disconnect(target: SocketTargets): Promise<void> {
    return floating(() => membersOf(this.namespace, this.resolve('disconnect', target))?.disconnectSockets(true));
  }

  /**
   * Asks one client and waits for its answer: an emit that the client acknowledges.
   *
   * @returns what the client passed to the acknowledgement
   * @throws SocketNotFoundError when the target is not exactly one connected socket
   * @throws SocketRequestTimeoutError, InvalidTargetError, InvalidEventError, NotSerializableError
   */
  request<Answer = unknown>(
    target: SocketTarget,
    event: string,
    data?: unknown,
    options: RequestOptions = {},
  ): Promise<Answer> {
    return floating(async () => {
      const { timeout = this.options.requestTimeout } = options;
      const name = readEvent('request', event);
      assertSerializable('request', data, this.options.maxNesting);
      const socket = await this.findOne(this.resolve('request', target));
      return socket
        .timeout(timeout)
        .emitWithAck(name, data)
        .catch((error: unknown) => {
          throw new SocketRequestTimeoutError(name, timeout, { cause: error });
        }) as Promise<Answer>;
    });
  }

  /**
   * Tells the other servers of the cluster something; neither this server nor any client hears it.
   *
   * @throws InvalidEventError, NotSerializableError
   */
  serverSideEmit(event: string, ...args: unknown[]): Promise<void> {
    return floating(() => emitToOtherServers('serverSideEmit', this.namespace, event, args, this.options.maxNesting));
  }

  /**
   * Tells all servers of the cluster something, this one included; no client hears it.
   *
   * @throws InvalidEventError, NotSerializableError
   */
  serverSideBlast(event: string, ...args: unknown[]): Promise<void> {
    return floating(() => {
      emitToOtherServers('serverSideBlast', this.namespace, event, args, this.options.maxNesting);
      emitToThisServer(this.namespace, event, args);
    });
  }

  /**
   * Listens to what other servers tell by `serverSideEmit`.
   *
   * @returns a function that ends the listening
   * @throws InvalidEventError
   */
  onServerEvent(event: string, listener: ServerEventListener): () => void {
    return listenToServers(this.namespace, event, listener);
  }

  protected get namespace(): Namespace {
    return this.host.namespace(this.namespaceName);
  }

  private resolve(method: string, target: SocketTargets): string[] {
    return roomsOfTarget(method, target, [this.namespaceName]);
  }

  private readMove(method: string, source: string, destinations: string | readonly string[]): [string[], string[]] {
    const [from] = roomNames(method, [source]) as [string];
    return [[from], roomNames(method, destinations)];
  }

  private emit(method: string, to: BroadcastOperator<never, unknown>, args: unknown[]): void {
    const { event, args: data, except } = readEmission(method, args, this.options.maxNesting);
    const omitted = except === undefined ? [] : this.resolve(method, except);
    (to.except(omitted) as BroadcastOperator<Record<string, never>, unknown>).emit(event, ...(data as never));
  }

  private async findOne(rooms: string[]) {
    const [room] = rooms;
    const here = rooms.length === 1 && room !== undefined ? this.namespace.sockets.get(room) : undefined;
    if (here) return here;
    const found = rooms.length === 0 ? [] : await this.namespace.in(rooms).fetchSockets();
    const [socket] = found;
    if (found.length === 1 && socket) return socket;
    throw new SocketNotFoundError(`request: the target must be one connected socket, and is ${found.length} of them.`);
  }
}
