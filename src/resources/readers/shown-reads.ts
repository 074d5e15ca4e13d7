import { createHash } from 'node:crypto';
import type { Server, Socket } from 'socket.io';
import type { Reauthentication } from '../../connections/authentication/reauthentication.js';
import { userOf } from '../../connections/identities.js';
import { setEntryListener } from '../../rooms/members/entry-listener.js';
import { Fields, intersect, subtract, unite } from '../views/fields.js';
import { uniteKept } from '../views/shown-fields.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import { resourceIn } from '../definition/resource-rooms.js';
import type { Resource } from '../definition/resource.js';
import type { KnownUsers } from './known-users.js';
import { isShownRead, type ShownRooms } from './shown-read.js';

/** What the last read by one route has shown of a room. */
interface Reading {
  route: string;
  kind: string;
  /** As `Fields.key`; `null` if there was no record. */
  shown: string | null;
  kept: string | null;
}

/** What a socket has been shown of a room, by each route. Sockets that have been shown the same share it. */
export interface Showing {
  readonly resource: string;
  /** A number of its own, the same for equal showings. */
  readonly serial: number;
  readonly key: string;
  readonly readings: readonly Reading[];
  /** How many times a socket has been shown this of a room. */
  uses: number;
}

/** The fields that a socket may be sent. */
export interface ShownFields {
  /** `undefined` where no read has shown any. */
  shown: Fields | undefined;
  kept: Fields | undefined;
}

/** How many lists are remembered, by the callers that were shown them. */
const MAX_KINDS = 2_000;

/** The reading of a socket that is subscribed by a read that is not known any longer. */
const UNKNOWN: Reading = { route: '', kind: '', shown: null, kept: null };

/**
 * Knows what reads have shown to the sockets of this server, by the rooms that they entered because of it. It is
 * forgotten when the socket leaves the room, however that happens, which the adapter tells.
 */
export class ShownReads {
  private readonly bySocket = new Map<string, Map<string, Showing>>();
  /** All that reads have ever kept back from a socket, by resource, as `Fields.key`. */
  private readonly kept = new Map<string, Map<string, string>>();
  private readonly showings = new Map<string, Showing>();
  /** What was last shown in a list by each kind of read, the oldest first. */
  private readonly kinds = new Map<string, Pick<Reading, 'shown' | 'kept'>>();
  /** What all sockets have been shown of a resource, as far as it was asked for since that has changed. */
  private readonly common = new Map<string, Fields | undefined>();
  private serials = 0;
  private readonly adapters = new WeakSet<object>();
  private readonly identities = new WeakMap<Socket, string>();
  /** When a socket last became somebody else, as `performance.now()` has it. */
  private readonly renewals = new WeakMap<Socket, number>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly users: KnownUsers,
    private readonly reauthentication: Reauthentication,
  ) {}

  /** Takes notes from now on, as soon as users are known. */
  listen(io: Server): void {
    setEntryListener(io, (socket, rooms, shown, since) => {
      if (!this.users.areKnown) return;
      const isByAnother = since <= (this.renewals.get(socket) ?? -Infinity);
      this.enter(socket, rooms, shown, isByAnother);
      if (isByAnother) this.demote(socket, rooms);
    });
    this.reauthentication.onSuccess((socket) => this.renew(socket));
    this.users.listen(() => {
      // Who has subscribed before may have been shown anything, or nothing.
      for (const { sockets } of io._nsps.values()) {
        for (const socket of sockets.values()) this.enter(socket, [...socket.rooms], undefined);
      }
    });
  }

  /**
   * Notes what a read shows to a socket that is about to enter these rooms; without `shown`, that it is not known.
   *
   * @param isByAnother whether the socket has become somebody else since the read began
   */
  private enter(socket: Socket, rooms: readonly string[], shown: unknown, isByAnother = false): void {
    const entered = new Set(rooms);
    for (const one of isShownRead(shown) ? shown.rooms : []) {
      const { route, kind: asked } = isShownRead(shown) ? shown : UNKNOWN;
      const kind = one.isList && !isByAnother ? this.kindOf(socket, asked, one) : '';
      this.rememberKind(kind, one);
      for (const room of one.rooms) {
        if (!entered.delete(room)) continue;
        // Who has read matters only as long as nothing was shown, so all others share their showings.
        const ofKind = one.shown === null ? kind : '';
        this.note(socket, room, { route, kind: ofKind, shown: one.shown, kept: one.kept });
      }
    }
    for (const room of entered) if (!this.of(socket.id, room)) this.note(socket, room, UNKNOWN);
  }

  /** Counts what a socket has been shown of rooms so far as nothing. What was kept back from it stays so. */
  private demote(socket: Socket, rooms: Iterable<string>): void {
    for (const room of rooms) {
      const { readings = [] } = this.of(socket.id, room) ?? {};
      for (const { route, kept } of readings) this.note(socket, room, { route, kind: '', shown: null, kept });
    }
  }

  /** Demotes a socket that has authenticated again, if it is somebody else now in any respect but time. */
  private renew(socket: Socket): void {
    const before = this.identities.get(socket);
    const now = identityOf(socket);
    this.identities.set(socket, now);
    if (now !== '' && now === before) return;
    this.renewals.set(socket, performance.now());
    this.demote(socket, this.bySocket.get(socket.id)?.keys() ?? []);
  }

  /** Returns what a socket has been shown of a room by reads, if one of them has subscribed it. */
  of(socketId: string, room: string): Showing | undefined {
    return this.bySocket.get(socketId)?.get(room);
  }

  /** Returns what any read has kept back from a socket of the records of a resource, as `Fields.key`. */
  keptFrom(socketId: string, { name }: Resource): string | undefined {
    return this.kept.get(socketId)?.get(name);
  }

  /**
   * Returns which fields somebody may be sent who has been shown these: the more specific ones, of single records, come
   * before those of lists; but what any of the reads has kept back is kept back.
   */
  fieldsOf(ofRecords: readonly Showing[], ofLists: readonly Showing[]): ShownFields {
    const showings = ofRecords.length > 0 ? ofRecords : ofLists;
    const all = showings.flatMap(({ readings }) => readings.map((reading) => this.latest(reading)));
    const shown = all.flatMap((one) => (one.shown === null ? [] : [Fields.parse(one.shown)]));
    const others = ofRecords.length > 0 ? ofLists.flatMap(({ readings }) => readings) : [];
    const kept = [...all, ...others]
      .map((one) => (one.kept === null ? undefined : Fields.parse(one.kept)))
      .reduce((one, other) => uniteKept(one, other), undefined);
    if (shown.length === 0) return { shown: undefined, kept };
    const united = shown.reduce((one, other) => unite(one, other));
    return { shown: kept ? subtract(united, kept) : united, kept };
  }

  /**
   * Returns what all sockets that reads have subscribed have been shown of a resource; `undefined` if there are none.
   */
  commonTo({ name }: Resource): Fields | undefined {
    if (this.common.has(name)) return this.common.get(name);
    const shown = [...this.showings.values()]
      .filter(({ resource }) => resource === name)
      .map((showing) => this.fieldsOf([showing], []).shown)
      .filter((fields) => fields !== undefined);
    const common = shown.length > 0 ? shown.reduce((one, other) => intersect(one, other)) : undefined;
    this.common.set(name, common);
    return common;
  }

  /** A list that was empty shows what the same read shows otherwise. */
  private latest({ kind, ...reading }: Reading): Pick<Reading, 'shown' | 'kept'> {
    return reading.shown === null && kind !== '' ? (this.kinds.get(kind) ?? reading) : reading;
  }

  /**
   * Names the kind of a read of one list by one caller: who is shown less of one slice may be shown more of another,
   * and whoever has authenticated again may be somebody else by now. Empty if the caller cannot be told from others.
   */
  private kindOf(socket: Socket, kind: string, { rooms: [room] }: ShownRooms): string {
    const identity = this.knownIdentityOf(socket);
    if (identity === '') return '';
    return createHash('sha256')
      .update(JSON.stringify([kind, identity, room]))
      .digest('base64url');
  }

  private knownIdentityOf(socket: Socket): string {
    const identity = this.identities.get(socket) ?? identityOf(socket);
    this.identities.set(socket, identity);
    return identity;
  }

  private rememberKind(kind: string, { shown, kept }: ShownRooms): void {
    if (kind === '' || shown === null) return;
    const known = this.kinds.get(kind);
    if (known?.shown !== shown || known.kept !== kept) this.common.clear();
    this.kinds.delete(kind);
    this.kinds.set(kind, { shown, kept });
    const [oldest] = this.kinds.keys();
    if (this.kinds.size > MAX_KINDS && oldest !== undefined) this.kinds.delete(oldest);
  }

  private resourceOf(room: string): Resource | undefined {
    const name = resourceIn(room);
    return name === undefined ? undefined : this.registry.find(name);
  }

  private note(socket: Socket, room: string, reading: Reading): void {
    const resource = this.resourceOf(room);
    if (!resource || resource.views.any) return;
    this.watch(socket);
    this.knownIdentityOf(socket);
    if (reading.kept !== null) this.noteKept(socket.id, resource.name, reading.kept);
    const rooms = this.bySocket.get(socket.id) ?? new Map<string, Showing>();
    this.bySocket.set(socket.id, rooms);
    const before = rooms.get(room);
    const others = before?.readings.filter(({ route }) => route !== reading.route && route !== '') ?? [];
    const readings = [...others, reading].toSorted((one, other) => (one.route < other.route ? -1 : 1));
    rooms.set(room, this.share(resource.name, readings));
    if (before) this.release(before);
  }

  private noteKept(socketId: string, resource: string, kept: string): void {
    const known = this.kept.get(socketId) ?? new Map<string, string>();
    this.kept.set(socketId, known);
    const before = known.get(resource);
    if (before === kept) return;
    const all = before === undefined ? undefined : uniteKept(Fields.parse(before), Fields.parse(kept));
    known.set(resource, all?.key ?? kept);
  }

  private share(resource: string, readings: readonly Reading[]): Showing {
    const key = JSON.stringify([
      resource,
      ...readings.map(({ route, kind, shown, kept }) => [route, kind, shown, kept]),
    ]);
    const known = this.showings.get(key);
    if (!known) this.common.delete(resource);
    const showing = known ?? { resource, serial: ++this.serials, key, readings, uses: 0 };
    this.showings.set(key, showing);
    showing.uses++;
    return showing;
  }

  private release(showing: Showing): void {
    if (--showing.uses > 0) return;
    this.showings.delete(showing.key);
    this.common.delete(showing.resource);
  }

  /** Listens to the adapter of a socket, which the application may have replaced while it started. */
  private watch({ nsp: { adapter } }: Socket): void {
    if (this.adapters.has(adapter)) return;
    this.adapters.add(adapter);
    adapter.on('leave-room', this.leave);
  }

  private readonly leave = (room: string, socketId: string): void => {
    // It leaves the room of its own when it disconnects.
    if (room === socketId) this.kept.delete(socketId);
    const rooms = this.bySocket.get(socketId);
    const showing = rooms?.get(room);
    if (!rooms || !showing) return;
    rooms.delete(room);
    if (rooms.size === 0) this.bySocket.delete(socketId);
    this.release(showing);
  };
}

/** Writes down the identity of a socket, without when it was given and when it expires; empty if that is impossible. */
function identityOf(socket: Socket): string {
  try {
    return JSON.stringify(userOf(socket) ?? null, (key, value: unknown) =>
      key === 'iat' || key === 'exp' ? undefined : value,
    );
  } catch {
    return '';
  }
}
