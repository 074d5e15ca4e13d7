import type { Namespace, Socket } from 'socket.io';
import { debugLog } from '../../common/log.js';
import { allSync, once, ready, runSteps, type Steps, thenSync } from '../../common/promises.js';
import { isSameUser, rememberFoundUser, userOfRequest } from '../../connections/requester/caller.js';
import { ownSocket, type HttpRequest } from '../../connections/requester/requesting-socket.js';
import { REVOKED_EVENT, type Revocation } from '../../protocol/subscription.js';
import type { ReadPosition } from '../../resources/catch-up/read-position.js';
import { ALL_RESOURCE_ROOMS } from '../../resources/definition/resource-rooms.js';
import { revocationsOf, type SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import type { Resources } from '../../resources/resources.js';
import type { RoomLimit, RoomLimits } from '../../rooms/members/room-limit.js';
import { findElsewhere } from '../../rooms/target.js';
import { findSocket } from '../../server/namespaces.js';
import { expectRooms, hearingRooms } from '../../server/cluster/bus.js';
import { deliver } from '../../server/cluster/delivery/delivery.js';
import { clusteredNamespaces } from '../../server/cluster/server-events.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { ResponseDelivery } from '../request/response.js';
import { RouteLog } from '../request/route-log.js';
import type { RouteResult } from '../request/route-result.js';
import { Skipped, SkippedUnknown } from '../request/skipped.js';
import { joinUnlessUndelivered, leaveUnlessUndelivered, ReadEntry } from './provisional-rooms.js';
import { type AppliedRead, foresee, type ForeseenRead } from './read-headers.js';
import {
  type ApplicationRooms,
  type EnteredRooms,
  findRooms,
  groupByResource,
  isMeant,
  isOfResource,
  type ReadMemory,
  type ResultOf,
  type RoomChange,
  type SubscriptionRooms,
} from './room-change.js';
import { ReadNotes } from './read-notes.js';
import { askerOf, type Subscriber, SubscriptionCheck } from './subscription-check.js';

const debug = debugLog('routes');

/** The requesting socket, and whether the response reaches it. */
export interface Requester {
  id: string;
  delivery: ResponseDelivery;
  /** How far the answer reaches, if it is that of a read whose resources are counted. */
  position: ReadPosition | undefined;
  /** What policies have said of the same user, if readers share an answer. */
  verdicts?: Subscriber['verdicts'];
}

/** The same with what a read leads to. */
interface Reader extends Requester {
  entry: ReadEntry;
  /** The resources that it enters rooms of. */
  resources: Set<string>;
}

/**
 * Moves the requesting socket into the rooms of what it was sent, or out of them: finds the rooms, admits the socket,
 * and has it enter. Any failure is logged, and makes nothing else fail.
 */
export class RequesterRooms {
  private readonly check: SubscriptionCheck;
  private readonly notes: ReadNotes;
  private readonly logs = {
    resource: {
      join: new RouteLog({ failed: 'not subscribed', skipped: 'the requester was not subscribed' }),
      leave: new RouteLog({ failed: 'not unsubscribed', skipped: 'the requester was not unsubscribed' }),
    },
    application: {
      join: new RouteLog({ failed: 'not let in', skipped: 'the requester was not let in' }),
      leave: new RouteLog({ failed: 'not let out', skipped: 'the requester was not let out' }),
    },
  };

  constructor(
    private readonly server: SocketsServer,
    private readonly resources: Resources,
    private readonly reads: ReadMemory,
    private readonly options: { maxSubscriptions: number; limits: Required<RoomLimits> },
  ) {
    this.check = new SubscriptionCheck(resources);
    this.notes = new ReadNotes(resources, server);
  }

  /**
   * Applies the changes. A socket of this server enters the rooms of resources right after the response, and is sent
   * what was published in them since the handler began; where nothing is counted that could be sent, it enters before
   * the response. Of the rest, it resolves once the server of the socket has done it; if the response does not arrive,
   * the socket is back where it was before.
   */
  apply(changes: readonly RoomChange[], requester: Requester, resultOf: ResultOf): AppliedRead | Promise<AppliedRead> {
    const entry = new ReadEntry(requester, (id) => this.findHere(id));
    const resources = new Set<string>();
    const reader: Reader = { ...requester, entry, resources };
    const all = allSync(changes.map((change) => runSteps(this.applyOne(change, reader, resultOf))));
    return thenSync(all, (areMeant) => {
      const { rooms } = entry;
      const meant = changes.filter((_, index) => areMeant[index]);
      return { changes: meant, resources, rooms, isCaughtUp: rooms.length > 0 };
    });
  }

  /** Finds out what a read would subscribe its caller to, who has no socket yet. It moves nobody. */
  foresee(changes: readonly RoomChange[], resultOf: ResultOf): Promise<ForeseenRead> {
    return foresee(changes, resultOf, this.check, (change, error) => this.logOf(change).report(change.name, error));
  }

  /**
   * Returns what a read would subscribe this socket to now; `undefined` where that cannot be known. It moves nobody.
   */
  async preview(change: RoomChange, socket: Socket, result: RouteResult): Promise<SubscriptionTarget[] | undefined> {
    try {
      if (!(await isMeant(change, result))) return [];
      const { rooms, failures } = await findRooms(change, result);
      const asker = (): Subscriber => askerOf(result, socket);
      const { allowed, isIncomplete } = await this.check.check(rooms.filter(isOfResource), asker);
      const isFaulty = failures.some((failure) => !(failure instanceof Skipped) || failure instanceof SkippedUnknown);
      if (isFaulty || isIncomplete) return undefined;
      this.notes.showAgain(change, socket, allowed, result);
      return allowed.flatMap(({ about }) => about ?? []);
    } catch (error) {
      this.logOf(change).report(change.name, error);
      return undefined;
    }
  }

  /** Returns whether the change is meant for this response. */
  private *applyOne(change: RoomChange, requester: Reader, resultOf: ResultOf): Steps<boolean> {
    // What asks first, and fails, subscribes nobody.
    let isApplied = change.isMeant === undefined;
    try {
      const result = resultOf(change);
      if (change.action === 'join') assertAskedByItsUser(result);
      isApplied ||= yield* ready(isMeant(change, result));
      if (isApplied) yield* this.move(change, requester, result);
    } catch (error) {
      this.logOf(change).report(change.name, error);
    }
    return isApplied;
  }

  private *move(change: RoomChange, requester: Reader, result: RouteResult): Steps<void> {
    const { delivery } = requester;
    const { rooms, failures } = yield* ready(findRooms(change, result));
    for (const failure of failures) this.logOf(change).report(change.name, failure);
    if (delivery.hasFailed) return;
    const admitted = isSubscribing(change) ? yield* this.admit(rooms, requester, result) : rooms;
    if (delivery.hasFailed) return;
    if (change.recheck !== undefined) this.rememberRead(change, admitted, requester, result);
    const kind = once(() => this.notes.kindOf(change, result));
    this.notes.compare(change, admitted, kind);
    const entered = groupByResource(admitted, this.resources.users.areKnown && change.readResources !== undefined);
    if (entered.size === 0) return;
    this.enter(change, entered, { ...requester, kind });
    yield* this.confirm(change, entered, requester);
  }

  /** Drops what a policy refuses. The socket is told about refused subscriptions after the response was sent. */
  private *admit(
    found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>,
    { id, delivery, verdicts }: Requester,
    result: RouteResult,
  ): Steps<SubscriptionRooms[]> {
    const rooms = found.filter(isOfResource);
    const asker = (): Subscriber => ({ ...askerOf(result, this.findHere(id)), verdicts });
    const { allowed, refused } = yield* ready(this.check.check(rooms, asker));
    if (refused.length > 0) delivery.onDelivered(() => this.tell(id, revocationsOf(refused)));
    return allowed;
  }

  private rememberRead(
    { name, recheck: every }: RoomChange,
    found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>,
    { id, delivery }: Requester,
    { context }: RouteResult,
  ): void {
    if (every === undefined) return;
    const rooms = found.filter(isOfResource).filter(({ rooms: [any] }) => any !== undefined);
    const targets = rooms.flatMap(({ about }) => about ?? []);
    const request = context.request as HttpRequest;
    this.reads.rememberOnceDelivered(delivery, { requester: id, request, name, every, targets });
  }

  private tell(id: string, told: readonly Revocation[]): void {
    const socket = this.findHere(id);
    for (const one of told) {
      if (socket) socket.emit(REVOKED_EVENT, one);
      else
        for (const namespace of clusteredNamespaces(this.server.io))
          deliver(namespace, { rooms: [id] }, REVOKED_EVENT, [one]);
    }
  }

  private enter(
    change: RoomChange,
    entered: ReadonlyMap<string | undefined, EnteredRooms>,
    requester: Reader & { kind: () => string },
  ): void {
    for (const [resource, { names, about, shown: rooms }] of entered) {
      debug?.(`${change.name}: socket ${requester.id} is to ${change.action} ${[...names].join(', ')}`);
      const limit = change.isOfApplication ? this.limitOfRooms(names) : this.limitOfSubscriptions(about);
      const shown = rooms.length > 0 ? this.notes.noteOf(change, rooms, requester.kind()) : undefined;
      const isRead = requester.position !== undefined && resource !== undefined && change.action === 'join';
      const isCounted = isRead && requester.position?.isKnown === true;
      if (isCounted) requester.resources.add(resource);
      else if (isRead && requester.position?.isUnknown)
        requester.entry.haveReadAgain(resource, this.namespacesOf(resource, requester.id));
      for (const namespace of this.namespacesOf(resource, requester.id)) {
        const counted = isCounted ? { resource, namespace, rooms: [...names], limit, shown } : undefined;
        if (counted && requester.entry.waits(counted)) {
          expectRooms(namespace, names);
          continue;
        }
        if (change.action === 'join')
          joinUnlessUndelivered(requester.delivery, namespace, requester.id, [...names], { limit, shown });
        else leaveUnlessUndelivered(requester.delivery, namespace, requester.id, [...names]);
      }
    }
  }

  /** Waits until the server of the socket has moved it, and logs where its namespace does not carry the resource. */
  private *confirm(
    change: RoomChange,
    entered: ReadonlyMap<string | undefined, EnteredRooms>,
    { id }: Requester,
  ): Steps<void> {
    const home = this.findHere(id)?.nsp.name ?? (yield* ready(findElsewhere(this.server.io, id)));
    if (home === undefined || change.action === 'leave') return;
    yield* ready(hearingRooms(this.server.io));
    for (const resource of entered.keys()) {
      const why = resource === undefined ? undefined : this.resources.namespaces.whyUnheard(resource, home);
      // It is not the client's mistake, so its request goes on.
      if (why !== undefined) this.logOf(change).report(change.name, new Skipped(why));
    }
  }

  /**
   * Returns the namespaces to move a socket in. The namespace of another server's socket is not known here, so it is
   * moved in all that servers share: wherever it is, it is alone in the room of its id.
   */
  private namespacesOf(resource: string | undefined, id: string): Namespace[] {
    if (resource !== undefined)
      return this.resources.namespaces.of(resource).map((name) => this.server.namespace(name));
    const home = this.findHere(id)?.nsp;
    return home ? [home] : clusteredNamespaces(this.server.io);
  }

  private limitOfSubscriptions(about: readonly SubscriptionTarget[]): RoomLimit {
    const { maxSubscriptions: most } = this.options;
    return {
      kind: 'subscriptions',
      prefix: ALL_RESOURCE_ROOMS,
      most,
      // Usually nobody is told.
      get told() {
        return revocationsOf(about, 'LIMIT_EXCEEDED');
      },
    };
  }

  private limitOfRooms(names: Iterable<string>): RoomLimit {
    const told = Array.from(names, (room) => ({ room, code: 'LIMIT_EXCEEDED' as const }));
    return { kind: 'joinedRooms', most: this.options.limits.joinedRooms, told };
  }

  private findHere(id: string): Socket | undefined {
    return findSocket(this.server.io, id);
  }

  private logOf({ action, isOfApplication }: RoomChange): RouteLog {
    return this.logs[isOfApplication ? 'application' : 'resource'][action];
  }
}

function isSubscribing({ action, isOfApplication }: RoomChange): boolean {
  return action === 'join' && !isOfApplication;
}

/**
 * Refuses a reader whom the guards know as a user other than that of the socket. A revocation would not find these
 * subscriptions.
 */
function assertAskedByItsUser({ context }: RouteResult): void {
  const request = context.request as HttpRequest;
  const socket = ownSocket(request);
  if (!socket) return;
  const user = userOfRequest(request, socket.nsp.server);
  rememberFoundUser(socket, user);
  if (isSameUser(socket, user) !== false) return;
  throw new Skipped('the guards found another user than that of the socket');
}
