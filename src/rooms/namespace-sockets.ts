import type { Namespace, Socket } from 'socket.io';
import { debugLog } from '../common/log.js';
import { BOOLEAN, readOptions } from '../common/option-rules.js';
import { ignoreRejection, fireAndForget, thenSync } from '../common/promises.js';
import { isHttpRequest, requestingSocket } from '../connections/requester/requesting-socket.js';
import { hearingRooms } from '../server/cluster/bus.js';
import { deliver } from '../server/cluster/delivery/delivery.js';
import {
  emitToOtherServers,
  emitToThisServer,
  listenToServers,
  readServerEvent,
  type ServerEventListener,
} from '../server/cluster/server-events.js';
import type { ResolvedIoServerOptions } from '../server/options/server.options.js';
import type { SocketsServer } from '../server/sockets-server.js';
import type { Transactions } from '../transactions/transactions.js';
import { askClient, readClientRequest, type RequestOptions } from './client-request.js';
import { EMIT_OPTIONS, readEmission, type EmitOptions } from './emission.js';
import { membersOnAllServers, roomsOfMembersOnAllServers, roomsOnAllServers } from './members/member-questions.js';
import { membersOf, type LeaveAllOptions, type Members } from './members/members.js';
import { assertMayBeLeft, assertOpenToCode, type JoinOptions, readTrust } from './members/reserved-rooms.js';
import type { PresentUser } from './presence/roster.js';
import { InvalidTargetError, SocketNotFoundError } from './rooms.errors.js';
import type { Rooms } from './rooms.js';
import { findRoomsOfTarget, isSocket, roomName, roomNames, type SocketTarget, type SocketTargets } from './target.js';

const debug = debugLog('rooms');

/**
 * Rooms and broadcast in one namespace.
 *
 * Methods that may concern other servers return a promise, and do the same wherever the sockets are connected. Their
 * part on this server is done before they return, so two calls take effect in the order in which they are made, awaited
 * or not; other servers are told in the same order. Only a request that names a socket of another server has to be
 * looked up first. Bad arguments reject with a typed error before anything is sent, and that is logged, too.
 */
export class NamespaceSockets {
  readonly #host: SocketsServer;
  readonly #options: ResolvedIoServerOptions;
  readonly #rooms: Rooms;
  readonly #transactions: Transactions;

  /** @internal */
  constructor(
    host: SocketsServer,
    options: ResolvedIoServerOptions,
    /** The name of this namespace, such as `/` or `/admin`. */
    readonly namespaceName: string,
    rooms: Rooms,
    transactions: Transactions,
  ) {
    this.#host = host;
    this.#options = options;
    this.#rooms = rooms;
    this.#transactions = transactions;
  }

  /**
   * Puts sockets into rooms. The target may also be a room: then its members join.
   *
   * Rooms of the library (`resource:…`, `sockets:…`) and the ids of other sockets are refused, since names often
   * come from clients; `{ trusted: true }` says that this one does not.
   *
   * @throws InvalidTargetError, InvalidRoomError, ForeignNamespaceError, InvalidEmitOptionsError
   * @throws ReservedRoomError for a room of the library or of another socket
   * @throws ServersTimeoutError when a room may be the id of a socket of another server, and it cannot be found out
   * @example
   * ```ts
   * import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
   * import { SocketsService } from 'nestjs-sockets';
   * import type { Socket } from 'socket.io';
   *
   * @WebSocketGateway()
   * export class ChatGateway {
   *   constructor(private readonly sockets: SocketsService) {}
   *
   *   @SubscribeMessage('enter')
   *   async enter(@ConnectedSocket() socket: Socket, @MessageBody() chat: string) {
   *     await this.sockets.join(socket, `chat:${chat}`);
   *   }
   * }
   * ```
   */
  join(target: SocketTargets, rooms: string | readonly string[], options?: JoinOptions): Promise<void> {
    return fireAndForget(() => {
      const names = roomNames('join', rooms);
      const isTrusted = readTrust('join', options);
      return thenSync(this.#resolve('join', target), (joining) => this.#join('join', joining, names, isTrusted));
    });
  }

  /**
   * Takes sockets out of rooms. The rooms of users (`sockets:…`) are refused, since revocations find sockets by them,
   * unless `{ trusted: true }` says that the name does not come from a client.
   *
   * @throws InvalidTargetError, InvalidRoomError, ForeignNamespaceError, InvalidEmitOptionsError, ReservedRoomError
   */
  leave(target: SocketTargets, rooms: string | readonly string[], options?: JoinOptions): Promise<void> {
    return fireAndForget(() => {
      const names = roomNames('leave', rooms);
      if (!readTrust('leave', options)) assertMayBeLeft('leave', names);
      return this.#operate('leave', target, (members) => members.socketsLeave(names));
    });
  }

  /**
   * Takes every member of a room, on every server, out of all its rooms but the one of its own id.
   *
   * @throws InvalidRoomError, InvalidEmitOptionsError
   */
  leaveAll(room: string, options?: LeaveAllOptions): Promise<void> {
    return fireAndForget(() => {
      const source = roomName('leaveAll', room);
      const { includeSocketRooms = false, includeSourceRoom = true } = readOptions<LeaveAllOptions>(
        'leaveAll',
        options,
        {
          includeSocketRooms: BOOLEAN,
          includeSourceRoom: BOOLEAN,
        },
      );
      membersOf(this.#namespace, [source]).socketsLeaveAll({ source, includeSocketRooms, includeSourceRoom });
    });
  }

  /**
   * Lets everybody in the source join the destinations; nobody leaves the source. As for `join`, rooms of the library
   * and of sockets have to be `trusted`.
   *
   * @throws InvalidRoomError, InvalidEmitOptionsError, ReservedRoomError, ServersTimeoutError
   */
  addRoomMembersToRooms(
    source: string,
    destinations: string | readonly string[],
    options?: JoinOptions,
  ): Promise<void> {
    return fireAndForget(() => {
      const method = 'addRoomMembersToRooms';
      const from = roomName(method, source);
      const names = roomNames(method, destinations);
      return this.#join(method, [from], names, readTrust(method, options));
    });
  }

  /**
   * Takes everybody in the source out of the destinations; nobody leaves the source. As for `leave`, rooms of users
   * have to be `trusted`.
   *
   * @throws InvalidRoomError, InvalidEmitOptionsError, ReservedRoomError
   */
  removeRoomMembersFromRooms(
    source: string,
    destinations: string | readonly string[],
    options?: JoinOptions,
  ): Promise<void> {
    return fireAndForget(() => {
      const from = roomName('removeRoomMembersFromRooms', source);
      const names = roomNames('removeRoomMembersFromRooms', destinations);
      if (!readTrust('removeRoomMembersFromRooms', options)) assertMayBeLeft('removeRoomMembersFromRooms', names);
      membersOf(this.#namespace, [from]).socketsLeave(names);
    });
  }

  /**
   * Sends an event to every socket in the rooms, once to each, however many of the rooms it is in. Without a name, the
   * event is `message`. In a transaction that is known, it waits for the commit.
   *
   * @throws InvalidRoomError, InvalidEventError, InvalidEmitOptionsError, InvalidTargetError, InvalidTransactionError,
   *   NotSerializableError
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
    return fireAndForget(() => this.#emit('broadcast', args, roomNames('broadcast', rooms)));
  }

  /**
   * Sends an event to every socket of the namespace. Without a name, the event is `message`. In a transaction that is
   * known, it waits for the commit.
   *
   * @throws InvalidEventError, InvalidEmitOptionsError, InvalidTargetError, InvalidTransactionError,
   *   NotSerializableError
   */
  blast(event: string | undefined, data?: unknown, options?: EmitOptions): Promise<void>;
  blast(data: object, options?: EmitOptions): Promise<void>;
  blast(...args: unknown[]): Promise<void> {
    return fireAndForget(() => this.#emit('blast', args));
  }

  /** Returns the id of a socket, or of the socket behind a request; `undefined` if there is none. */
  getId(target: SocketTarget): string | undefined {
    if (typeof target === 'string') return target === '' ? undefined : target;
    if (typeof target !== 'object' || target === null) return undefined;
    if (isSocket(target)) return target.id;
    return isHttpRequest(target) ? requestingSocket(target)?.id : undefined;
  }

  /**
   * Returns the live socket with this id. It must be connected to this server: another server's sockets are reached by
   * giving their id as a target.
   *
   * @throws InvalidTargetError when the id is not a non-empty string
   * @throws SocketNotFoundError when no such socket is connected here
   */
  get(id: string): Socket {
    if (typeof id !== 'string' || id === '') throw new InvalidTargetError(id, 'get');
    const socket = this.#namespace.sockets.get(id);
    if (!socket) {
      throw new SocketNotFoundError(
        `get: no socket with that id is connected to this server in the namespace "${this.namespaceName}". ` +
          `If it may be on another server, give its id as a target instead.`,
      );
    }
    return socket;
  }

  /**
   * Returns the ids of all sockets in a room, on all servers.
   *
   * @throws InvalidRoomError
   * @throws ServersTimeoutError when some of the other servers do not answer in time; those that did are in its
   * `partial`
   */
  subscribers(room: string): Promise<string[]> {
    return ignoreRejection(() => {
      const name = roomName('subscribers', room);
      return membersOnAllServers('subscribers', this.#namespace, [name]);
    });
  }

  /**
   * Returns the names of all rooms that a socket is in, on all servers, the rooms of the sockets' own ids among them.
   *
   * @throws ServersTimeoutError
   */
  rooms(): Promise<string[]> {
    return ignoreRejection(() => roomsOnAllServers('rooms', this.#namespace));
  }

  /**
   * Returns the names of the rooms that a socket is in, the one of its own id among them.
   *
   * @throws InvalidTargetError, ForeignNamespaceError, ServersTimeoutError
   */
  socketRooms(target: SocketTargets): Promise<string[]> {
    return ignoreRejection(async () => {
      const rooms = await this.#resolve('socketRooms', target);
      return roomsOfMembersOnAllServers('socketRooms', this.#namespace, rooms);
    });
  }

  /**
   * Returns who is in a room, by user rather than by socket: a user counts once, no matter how many sockets they have
   * on how many servers, and the users are in the order in which they came, by the servers' clocks. This server knows
   * them without asking the others, so it may be called on every request. Sockets without an identity are not counted.
   *
   * @throws InvalidRoomError
   * @throws RoomNotTrackedError when the room is not declared to be tracked, by the option `presence` or on a route
   * @example
   * ```ts
   * import { Controller, Get, Param } from '@nestjs/common';
   * import { SocketsService } from 'nestjs-sockets';
   *
   * @Controller('boards')
   * export class BoardsController {
   *   constructor(private readonly sockets: SocketsService) {}
   *
   *   @Get(':boardId/visitors')
   *   visitors(@Param('boardId') boardId: string) {
   *     return this.sockets.presence<{ name: string }>(`board:${boardId}`); // [{ id: '1', user: { name: 'ada' } }]
   *   }
   * }
   * ```
   */
  presence<User = unknown>(room: string): Promise<PresentUser<User>[]> {
    return ignoreRejection(() => {
      const name = roomName('presence', room);
      return this.#rooms.presence.usersIn(this.namespaceName, name) as PresentUser<User>[];
    });
  }

  /**
   * Closes the connections of the sockets, or of everybody in a room, on all servers.
   *
   * @throws InvalidTargetError, ForeignNamespaceError
   */
  disconnect(target: SocketTargets): Promise<void> {
    return fireAndForget(() => this.#operate('disconnect', target, (members) => members.disconnectSockets()));
  }

  /**
   * Asks one client and waits for its answer: an emit that the client acknowledges.
   *
   * @returns what the client passed to the acknowledgement
   * @throws SocketNotFoundError when the target is not exactly one connected socket
   * @throws SocketRequestTimeoutError, ServersTimeoutError, InvalidTargetError, ForeignNamespaceError,
   * InvalidEventError, InvalidEmitOptionsError, NotSerializableError
   */
  request<Answer = unknown>(
    target: SocketTarget,
    event: string,
    data?: unknown,
    options?: RequestOptions,
  ): Promise<Answer> {
    return ignoreRejection(async () => {
      const question = readClientRequest(event, data, options, this.#options);
      return (await askClient(this.#namespace, await this.#resolve('request', target), question)) as Answer;
    });
  }

  /**
   * Emits an event to the other servers of the cluster; neither this server nor any client hears it.
   *
   * @throws InvalidEventError, NotSerializableError
   */
  serverSideEmit(event: string, ...args: unknown[]): Promise<void> {
    return fireAndForget(() => {
      const plain = readServerEvent('serverSideEmit', event, args, this.#options.maxNesting);
      emitToOtherServers(this.#namespace, event, plain);
    });
  }

  /**
   * Emits an event to all servers of the cluster, this one included; no client hears it.
   *
   * @throws InvalidEventError, NotSerializableError
   */
  serverSideBlast(event: string, ...args: unknown[]): Promise<void> {
    return fireAndForget(() => {
      const plain = readServerEvent('serverSideBlast', event, args, this.#options.maxNesting);
      emitToOtherServers(this.#namespace, event, plain);
      emitToThisServer(this.#namespace, event, plain);
    });
  }

  /**
   * Listens to an event that other servers emit by `serverSideEmit`.
   *
   * @returns a function that removes the listener
   * @throws InvalidEventError
   */
  onServerEvent(event: string, listener: ServerEventListener): () => void {
    return listenToServers(this.#namespace, event, listener);
  }

  get #namespace(): Namespace {
    return this.#host.namespace(this.namespaceName);
  }

  #resolve(method: string, target: SocketTargets): string[] | Promise<string[]> {
    return findRoomsOfTarget(method, target, [this.namespaceName], this.#host.io);
  }

  #join(method: string, joining: string[], names: string[], isTrusted: boolean): void | Promise<void> {
    const namespace = this.#namespace;
    const isChecked = isTrusted ? undefined : assertOpenToCode(method, namespace, joining, names);
    return thenSync(isChecked, () => {
      membersOf(namespace, joining).socketsJoin(names);
      return hearingRooms(namespace.server);
    });
  }

  #operate(method: string, target: SocketTargets, how: (members: Members) => void): void | Promise<void> {
    return thenSync(this.#resolve(method, target), (rooms) => how(membersOf(this.#namespace, rooms)));
  }

  /** Emits to these rooms, or to everybody. An empty list stands for nobody, where Socket.IO would take everybody. */
  #emit(method: string, given: unknown[], rooms?: string[]): void | Promise<void> {
    const { event, args, options } = readEmission(method, given, this.#options.maxNesting);
    const { hold, isSilent } = this.#transactions.scopeOf(method, options, Object.keys(EMIT_OPTIONS));
    if (isSilent) return;
    debug?.(`${method} ${event} to ${rooms?.join(', ') ?? 'everybody'} of ${this.namespaceName}`);
    const omitted = options.except === undefined ? [] : this.#resolve(method, options.except);
    if (rooms?.length === 0) return;
    const namespace = this.#namespace;
    const send = (): void | Promise<void> =>
      thenSync(omitted, (omittedRooms) => {
        deliver(namespace, { rooms: rooms ?? [], except: omittedRooms }, event, args);
      });
    if (!hold) return send();
    hold.add(`${method} ${event}`, send);
    // Whoever awaits it is inside the transaction, which must not wait for its own end.
    return thenSync(omitted, () => undefined);
  }
}
