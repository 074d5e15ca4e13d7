import type { Server, Socket } from 'socket.io';
import { describeValue } from '../common/describe-value.js';
import { debugLog, LineLogger } from '../common/log.js';
import { isRecord } from '../common/type-guards.js';
import type { Identities } from '../connections/identities.js';
import { isLibraryRoom, userRoom } from '../connections/user-room.js';
import type { RecordId } from '../protocol/resource-message.js';
import { REVOKED_EVENT } from '../protocol/subscription.js';
import { hearOtherServers, tellOtherServers } from '../server/cluster/server-messages.js';
import { lostRightsOf } from '../server/cluster/delivery/lost-rights.js';
import { membersHere, membersOf } from './members/members.js';
import { revocationsOn, type Revoked } from './members/revocation-memory.js';
import { InvalidRevocationError } from './rooms.errors.js';

/**
 * Who loses the right to what. A user is found by the identity of connected sockets (`authenticate`, or
 * `socket.data.user`): one whom only the guards of routes know (`request.user`) is not found, which is not an error.
 * Where no client is connected as a user at all, a warning says so.
 */
export interface RevokeOptions {
  /** The id of the user, as the option `userId` gives it. */
  user: string | number;
  /** A room. */
  room?: string;
  /** A resource: all of its records, and watching it for new ones. */
  resource?: string;
  /**
   * Of the resource, the subscriptions to these records only. A socket that watches the resource still hears of them.
   */
  ids?: RecordId | readonly RecordId[];
  /**
   * Of the resource, everything that has these values in the fields of its slices: watching such a slice, and all
   * subscriptions to single records, since it is not known for certain in which slice a record is.
   */
  slice?: Readonly<Record<string, string | number | boolean>>;
}

/** Finds out which rooms of resources are meant. Throws a typed error if that is not clear. */
export type RevocationReader = (what: Omit<RevokeOptions, 'user'>) => Revoked;

const debug = debugLog('rooms');

const REVOKE = 'revoke';

const OPTIONS: Record<keyof RevokeOptions, true> = { user: true, room: true, resource: true, ids: true, slice: true };

const EVERYTHING: Revoked = { includes: () => true, toldOf: () => [{ everything: true }] };

/**
 * Takes users out of rooms to which they no longer have a right: all of their sockets, on all servers, in all
 * namespaces; and remembers it, so that a read that began before does not bring them back.
 */
export class Revocations {
  private readonly servers = new Set<Server>();
  private shared: Server | undefined;
  private readonly logger = new LineLogger('SocketsModule');
  private hasWarned = false;
  /** Set by resources/, about which rooms/ knows nothing. */
  private readResource: RevocationReader | undefined;

  constructor(private readonly identities: Pick<Identities, 'knowsNobody'>) {}

  /** Revokes rights on this server, too. The shared one also hears what other servers revoke. */
  attach(io: Server, shared: boolean): void {
    this.servers.add(io);
    if (!shared) return;
    this.shared = io;
    hearOtherServers(io.sockets, REVOKE, (options) => this.revokeHere(options as RevokeOptions));
  }

  setResourceReader(reader: RevocationReader): void {
    this.readResource = reader;
  }

  /** @throws InvalidRevocationError, and what the reader of resources throws */
  revoke(given: RevokeOptions): void {
    assertOptions(given);
    this.revokeHere(given);
    if (this.shared) tellOtherServers(this.shared.sockets, REVOKE, [given]);
  }

  /** Takes a socket out of all rooms, since it belongs to nobody now. */
  takeEverything(socket: Socket): void {
    takeAway(socket, EVERYTHING);
  }

  private revokeHere({ user, ...what }: RevokeOptions): void {
    const revoked = this.read(what);
    // Not before it is read: what is refused may be anything, such as a record where its id belongs.
    debug?.(`revoke ${JSON.stringify({ user, ...what })}`);
    this.warnIfNobodyIsKnown();
    for (const io of this.servers) {
      revocationsOn(io).add(String(user), revoked);
      for (const namespace of io._nsps.values()) {
        for (const socket of membersHere(namespace, [userRoom(user)])) takeAway(socket, revoked);
      }
    }
  }

  private warnIfNobodyIsKnown(): void {
    if (this.hasWarned || !this.identities.knowsNobody) return;
    this.hasWarned = true;
    this.logger.warn(
      'revoke: no client is connected as a user so far, so nobody loses anything. Users are known by the identity ' +
        'of their connection: SocketsModule.forRoot({ authenticate }), a guard or a function that returns the user. ' +
        'What only the guards of routes know (request.user) does not count. (Logged once.)',
    );
  }

  private read({ room, resource, ids, slice }: Omit<RevokeOptions, 'user'>): Revoked {
    if (room !== undefined) return { includes: (name) => name === room, toldOf: () => [{ room }] };
    if (resource === undefined) return EVERYTHING;
    if (!this.readResource) throw new InvalidRevocationError('"resource"', 'must be left out: there are no resources');
    return this.readResource({ resource, ids, slice });
  }
}

function takeAway(socket: Socket, revoked: Revoked): void {
  const isLost = (room: string): boolean => room !== socket.id && !isLibraryRoom(room) && revoked.includes(room);
  // It may have left rooms by itself while what was sent there is still on its way to it.
  lostRightsOf(socket.nsp.server).note(socket, isLost);
  const lost = [...socket.rooms].filter(isLost);
  if (lost.length === 0) return;
  membersOf(socket.nsp, [socket.id]).socketsLeave(lost);
  for (const told of revoked.toldOf(lost)) socket.emit(REVOKED_EVENT, told);
}

function assertOptions(given: unknown): asserts given is RevokeOptions {
  if (!isRecord(given)) throw new InvalidRevocationError(describeValue(given), 'does not say what to revoke');
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(OPTIONS, key));
  if (unknown !== undefined) throw new InvalidRevocationError(`"${unknown}"`, 'is not an option here');
  const { user, room, resource, ids, slice } = given;
  if (!(typeof user === 'string' && user !== '') && !Number.isFinite(user)) {
    throw new InvalidRevocationError(
      '"user"',
      `must be the id of a user, a string or a number, not ${describeValue(user)}`,
    );
  }
  // A field that is present but undefined was meant to narrow down what is revoked.
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) throw new InvalidRevocationError(`"${key}"`, 'must not be undefined');
  }
  for (const [name, value] of Object.entries({ room, resource })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new InvalidRevocationError(`"${name}"`, `must be a name, not ${describeValue(value)}`);
    }
  }
  if (room !== undefined && resource !== undefined) {
    throw new InvalidRevocationError('"room" and "resource"', 'must not be given together');
  }
  if (typeof room === 'string' && isLibraryRoom(room)) {
    throw new InvalidRevocationError('"room"', 'must be one of the application: users stay in those of the library');
  }
  if (resource === undefined && (ids !== undefined || slice !== undefined)) {
    throw new InvalidRevocationError('"ids" or "slice"', 'must be given with a "resource"');
  }
  if (ids !== undefined && slice !== undefined) {
    throw new InvalidRevocationError('"ids" and "slice"', 'must not be given together');
  }
}
