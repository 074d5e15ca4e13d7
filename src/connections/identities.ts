import type { Server, Socket } from 'socket.io';
import { describeValue } from '../common/describe-value.js';
import { debugLog, FailureLog, LineLogger, logFailure } from '../common/log.js';
import { onConnection } from '../server/namespaces.js';
import { Slot, serverState } from '../server/state.js';
import { refusalsOf } from '../server/metrics.js';
import type { ResolvedConnectionOptions } from './connection.options.js';
import { InvalidIdentityError } from './connections.errors.js';
import { userRoom } from './user-room.js';

/** The fields in which an identity may have its id, unless the application says where. */
const ID_FIELDS = ['id', 'userId', 'sub'] as const;

const debug = debugLog('connections');

const identities = new Slot<Identities | undefined>(() => undefined);

type Connection = Socket['conn'];

/** Counts the connections of each user. A connection has a socket in each of its namespaces, and counts once. */
class UserConnections {
  /** How many sockets of the user each connection has. */
  private readonly users = new Map<string, Map<Connection, number>>();

  constructor(private readonly most: number) {}

  /** Whether a socket of this connection may become one of the user's. */
  admits(conn: Connection, user: string): boolean {
    const connections = this.users.get(user);
    return !connections || connections.has(conn) || connections.size < this.most;
  }

  add(conn: Connection, user: string): void {
    const connections = this.users.get(user) ?? new Map<Connection, number>();
    this.users.set(user, connections.set(conn, (connections.get(conn) ?? 0) + 1));
  }

  remove(conn: Connection, user: string): void {
    const connections = this.users.get(user);
    const rest = (connections?.get(conn) ?? 0) - 1;
    if (rest > 0) connections?.set(conn, rest);
    else connections?.delete(conn);
    if (connections?.size === 0) this.users.delete(user);
  }
}

/** Returns the identities of a server's sockets, for code that has no injector. */
export function identitiesOf(io: Server): Identities | undefined {
  return serverState(io).get(identities);
}

/**
 * Knows which user a socket belongs to. While it is connected, a socket never changes from one user to another, but one
 * of nobody in particular may become that of a user, and the other way round.
 */
export class Identities {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly failures = new FailureLog(this.logger);
  private readonly ids = new WeakMap<Socket, string>();
  /** When a socket last became that of nobody, as `performance.now()` has it. */
  private readonly losses = new WeakMap<Socket, number>();
  private readonly connections: UserConnections;
  /** One function for all sockets; the socket is `this`. */
  private readonly onDisconnect: (this: Socket) => void;
  private hasWarned = false;
  private hasUsers = false;
  private hasStrangers = false;

  constructor(private readonly options: Pick<ResolvedConnectionOptions, 'userId' | 'limits'>) {
    const { ids } = this;
    const connections = new UserConnections(options.limits.connectionsPerUser);
    this.connections = connections;
    this.onDisconnect = function () {
      const id = ids.get(this);
      if (id !== undefined) connections.remove(this.conn, id);
    };
  }

  /** Puts each socket into the room of its user before the application's own handlers hear of the connection. */
  attach(io: Server): void {
    serverState(io).set(identities, this);
    onConnection(io, (socket) => this.identify(socket), { first: true });
  }

  /**
   * Returns the id of a user in its written form, or `undefined` if there is none.
   *
   * @param user the identity of a socket, `socket.data.user`, or a request's `user`
   * @throws InvalidIdentityError, and what the option `userId` throws
   */
  idOf(user: unknown): string | undefined {
    if (user === undefined || user === null) return undefined;
    const { userId } = this.options;
    if (!userId) return defaultIdOf(user);
    const id = userId(user);
    if (id === undefined || id === null) return undefined;
    if (!isId(id)) throw new InvalidIdentityError('userId', 'a string or a number, or undefined', describeValue(id));
    return String(id);
  }

  /** Returns the id of the user who is connected by this socket. */
  userIdOf(socket: Socket): string | undefined {
    return this.ids.get(socket);
  }

  /** Whether this socket may become one of the user's, who may have so many connections only. */
  admits({ conn }: Pick<Socket, 'conn'>, id: string): boolean {
    return this.connections.admits(conn, id);
  }

  /** Notes that a socket has become that of this user, or of nobody, and moves it between their rooms. */
  change(socket: Socket, id: string | undefined): void {
    const before = this.ids.get(socket);
    if (before === id) return;
    debug?.(`${socket.id} belongs to ${id === undefined ? 'nobody' : `the user ${id}`} now`);
    if (before !== undefined) {
      this.connections.remove(socket.conn, before);
      this.watch(socket.leave(userRoom(before)));
    }
    if (id === undefined) this.ids.delete(socket);
    else this.enter(socket, id);
  }

  /** Notes that a socket has lost its user, and with it the rights that its requests under way began with. */
  noteLoss(socket: Socket): void {
    this.losses.set(socket, performance.now());
  }

  /** Returns when a socket last became that of nobody; what its user was found to have a right to no longer counts. */
  lossOf(socket: Socket): number | undefined {
    return this.losses.get(socket);
  }

  /** Whether clients have been connected, and none of them as a user. */
  get knowsNobody(): boolean {
    return this.hasStrangers && !this.hasUsers;
  }

  private identify(socket: Socket): void {
    // It happens once; "once" would cost each socket a closure.
    socket.on('disconnect', this.onDisconnect);
    try {
      const user = userOf(socket);
      const id = this.idOf(user);
      debug?.(`${socket.id} is connected to ${socket.nsp.name}${id === undefined ? '' : ` as the user ${id}`}`);
      if (id === undefined) {
        this.hasStrangers = true;
        return this.warnOfNoId(user);
      }
      if (this.admits(socket, id)) return this.enter(socket, id);
      // A middleware of the application says who this is, or several have been let in at the same time.
      refusalsOf(socket.nsp.server).add('connectionsPerUser');
      socket.disconnect();
    } catch (error) {
      // Only the application's own middleware can set an unreadable identity; `authenticate` has checked already.
      this.failures.report('The id of a user could not be determined; the client is disconnected.', error);
      socket.disconnect();
    }
  }

  private enter(socket: Socket, id: string): void {
    this.hasUsers = true;
    this.ids.set(socket, id);
    this.connections.add(socket.conn, id);
    this.watch(socket.join(userRoom(id)));
  }

  private watch(moved: void | Promise<void>): void {
    Promise.resolve(moved).catch((error: unknown) =>
      logFailure(this.logger, 'The adapter could not put a socket into the room of its user, or out of it.', error),
    );
  }

  /** Warns, once, unless the application itself says by `userId` that there is no id. */
  private warnOfNoId(user: unknown): void {
    if (user === undefined || user === null || this.options.userId || this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(
      `A client is connected with an identity that has no ${ID_FIELDS.join(', ')}, so its user is not known: ` +
        'neither revocations nor presence find the user. Say where the id is: ' +
        'SocketsModule.forRoot({ userId: (user) => … }). (Logged once.)',
    );
  }
}

/** Returns the identity of a socket, as `authenticate` established it. */
export function userOf({ data }: Socket): unknown {
  return (data as { user?: unknown } | undefined)?.user;
}

/** Whether an identity stands for nobody in particular. */
export function isNobody(identity: unknown): boolean {
  return identity === undefined || identity === null || identity === false;
}

/** Sets the identity of a socket; `undefined` for nobody in particular. */
export function setUser(socket: Socket, user: unknown): void {
  const data = socket.data as { user?: unknown };
  if (user !== undefined) data.user = user;
  else if (data.user !== undefined) delete data.user;
}

function defaultIdOf(user: unknown): string | undefined {
  const fields = typeof user === 'object' ? ID_FIELDS.map((field) => (user as Record<string, unknown>)[field]) : [user];
  const id = fields.find(isId);
  return id === undefined ? undefined : String(id);
}

function isId(value: unknown): value is string | number | bigint {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'bigint' || Number.isFinite(value);
}
