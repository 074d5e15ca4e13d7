import { Inject, Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { userOf } from '../../connections/identities.js';
import { isSameUser, userOfRequest } from '../../connections/requester/caller.js';
import { ownSocket, type HttpRequest } from '../../connections/requester/requesting-socket.js';
import type { RoomLimit } from '../../rooms/members/room-limit.js';
import { findElsewhere } from '../../rooms/target.js';
import { findSocket } from '../../server/namespaces.js';
import { clusteredNamespaces } from '../../server/cluster/server-events.js';
import { SocketsServer } from '../../server/sockets-server.js';
import { SOCKETS_SERVER_OPTIONS } from '../../server/server.options.js';
import { withTimeout } from '../../common/promises.js';
import { REVOKED_EVENT, type Revocation } from '../../protocol/subscription.js';
import { Resources } from '../../resources/resources.js';
import { ALL_RESOURCE_ROOMS } from '../../resources/definition/resource-rooms.js';
import { revocationsOf, type SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import { Skipped, SkippedUnknown, type RouteResult } from '../request/route-result.js';
import { RouteLog } from '../request/route-log.js';
import type { ResponseDelivery } from '../request/response.js';
import { joinBecauseOf, leaveBecauseOf } from './provisional-rooms.js';
import { urlAndHeadersOf, type RecheckInterval } from '../recheck/recheck-read.js';
import { Rechecks } from '../recheck/rechecks.js';
import type { ApplicationRooms, RoomChange, SubscriptionRooms } from './room-change.js';
import { SubscriptionCheck, type Asker } from './subscription-check.js';

/** How long, in milliseconds, an answer waits for a decorator's functions to say what it is about; after that it goes on without. */
const MOVE_TIMEOUT = 5_000;

/** Moves the socket that asked into the rooms of what it was answered, or out of them. Whatever fails here is logged, and fails nothing else. */
@Injectable()
export class RequesterRooms {
  private readonly complaints = {
    socketsJoin: new RouteLog({ failed: 'not subscribed', nothing: 'somebody was not subscribed' }),
    socketsLeave: new RouteLog({ failed: 'not unsubscribed', nothing: 'somebody was not unsubscribed' }),
  };
  private readonly complaintsOfRooms = {
    socketsJoin: new RouteLog({ failed: 'not let in', nothing: 'somebody was not let in' }),
    socketsLeave: new RouteLog({ failed: 'not let out', nothing: 'somebody was not let out' }),
  };

  constructor(
    private readonly server: SocketsServer,
    private readonly resources: Resources,
    private readonly check: SubscriptionCheck,
    private readonly rechecks: Rechecks,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: { maxSubscriptions: number },
  ) {}

  /** Resolves as soon as all is done, wherever the socket is connected. Whoever does not get the answer is then where it was before. */
  async apply(
    moves: readonly RoomChange[],
    requester: string,
    result: () => RouteResult,
    delivery: ResponseDelivery,
  ): Promise<void> {
    await Promise.all(moves.map((move) => this.move(move, requester, result, delivery)));
  }

  /** What a read would subscribe this socket to now; `undefined` where that cannot be said. Nobody is moved. */
  async look(move: RoomChange, socket: Socket, result: RouteResult): Promise<SubscriptionTarget[] | undefined> {
    try {
      const { rooms, failures } = await this.findRooms(move, result);
      const { allowed, isIncomplete } = await this.check.check(rooms.filter(isOfResource), () =>
        askerOf(result, socket),
      );
      const isFaulty = failures.some((failure) => !(failure instanceof Skipped) || failure instanceof SkippedUnknown);
      if (isFaulty || isIncomplete) return undefined;
      return allowed.flatMap(({ about }) => about ?? []);
    } catch (error) {
      this.complain(move, error);
      return undefined;
    }
  }

  private async move(
    move: RoomChange,
    requester: string,
    result: () => RouteResult,
    delivery: ResponseDelivery,
  ): Promise<void> {
    try {
      const known = result();
      if (move.action === 'socketsJoin') assertAskedByItsUser(known);
      const { rooms, failures } = await this.findRooms(move, known);
      for (const failure of failures) this.complain(move, failure);
      if (delivery.hasFailed) return;
      const entered = isSubscribing(move) ? await this.admit(rooms, requester, known, delivery) : rooms;
      if (delivery.hasFailed) return;
      if (move.recheck !== undefined) this.rememberRead(move.recheck, move, entered, requester, known, delivery);
      await this.enter(move, requester, byResource(entered), delivery);
    } catch (error) {
      this.complain(move, error);
    }
  }

  private async findRooms(
    move: RoomChange,
    result: RouteResult,
  ): Promise<{ rooms: Array<SubscriptionRooms | ApplicationRooms>; failures: unknown[] }> {
    const outcomes = await withTimeout(MOVE_TIMEOUT, 'to find out which records it is about', move.roomsOf(result));
    return {
      rooms: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
      failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])),
    };
  }

  /** Of what it was refused, the socket is told after the answer. */
  private async admit(
    found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>,
    requester: string,
    result: RouteResult,
    delivery: ResponseDelivery,
  ): Promise<SubscriptionRooms[]> {
    const rooms = found.filter(isOfResource);
    // Mostly there is nobody to ask.
    const checked = this.check.check(rooms, () => askerOf(result, this.findSocket(requester)));
    const { allowed, refused } = checked instanceof Promise ? await checked : checked;
    if (refused.length > 0) delivery.onDelivered(() => this.tell(requester, revocationsOf(refused)));
    return allowed;
  }

  /** What the client has not been answered, led nowhere. */
  private rememberRead(
    every: RecheckInterval,
    { name }: RoomChange,
    found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>,
    requester: string,
    { context }: RouteResult,
    delivery: ResponseDelivery,
  ): void {
    const rooms = found.filter(isOfResource).filter(({ rooms: [any] }) => any !== undefined);
    const targets = rooms.flatMap(({ about }) => about ?? []);
    const read = urlAndHeadersOf(context.request as HttpRequest, this.findSocket(requester));
    delivery.onDelivered(() => this.rechecks.remember(requester, { name, every, targets, ...read }));
  }

  private tell(requester: string, told: readonly Revocation[]): void {
    const socket = this.findSocket(requester);
    for (const one of told) {
      if (socket) socket.emit(REVOKED_EVENT, one);
      else
        for (const namespace of clusteredNamespaces(this.server.io)) namespace.to(requester).emit(REVOKED_EVENT, one);
    }
  }

  private async enter(
    move: RoomChange,
    requester: string,
    rooms: ReadonlyMap<string | undefined, Entered>,
    delivery: ResponseDelivery,
  ): Promise<void> {
    if (rooms.size === 0) return;
    for (const [resource, { names, about }] of rooms) {
      const limit = isSubscribing(move) ? this.limitFor(about) : undefined;
      for (const name of this.namespacesOf(resource, requester)) {
        const namespace = this.server.namespace(name);
        if (move.action === 'socketsJoin') joinBecauseOf(delivery, namespace, requester, [...names], limit);
        else leaveBecauseOf(delivery, namespace, requester, [...names]);
      }
    }
    // Other servers answer in turn, so by then they have done what they were told before.
    const home = this.findSocket(requester)?.nsp.name ?? (await findElsewhere(this.server.io, requester));
    if (home === undefined) return;
    for (const resource of rooms.keys()) this.assertCarries(move, home, resource);
  }

  /** Of a socket that is not here it is not known which is its own: wherever it is, it is alone in the room of its id. */
  private namespacesOf(resource: string | undefined, requester: string): readonly string[] {
    if (resource !== undefined) return this.resources.namespaces.of(resource);
    const home = this.findSocket(requester)?.nsp.name;
    return home === undefined ? clusteredNamespaces(this.server.io).map(({ name }) => name) : [home];
  }

  private limitFor(about: readonly SubscriptionTarget[]): RoomLimit {
    const { maxSubscriptions: most } = this.options;
    return { prefix: ALL_RESOURCE_ROOMS, most, told: revocationsOf(about, 'LIMIT_EXCEEDED') };
  }

  private findSocket(id: string): Socket | undefined {
    return findSocket(this.server.io, id);
  }

  /** Not the client's mistake, and nothing to do for it: it goes on without. */
  private assertCarries(move: RoomChange, home: string, resource: string | undefined): void {
    if (resource === undefined) return;
    const carrying = this.resources.namespaces.of(resource);
    if (move.action === 'socketsLeave' || carrying.includes(home)) return;
    const where = carrying.map((name) => `"${name}"`).join(', ');
    this.complain(
      move,
      new Skipped(
        `its socket is connected to the namespace "${home}", and "${resource}" is published in ${where}; say @SubscribesTo('${resource}') on a gateway of "${home}"`,
      ),
    );
  }

  private complain({ action, isOfApplication, name }: RoomChange, error: unknown): void {
    (isOfApplication ? this.complaintsOfRooms : this.complaints)[action].report(name, error);
  }
}

/** Rooms of one resource, or of none, and what they are about. */
interface Entered {
  names: Set<string>;
  about: SubscriptionTarget[];
}

function byResource(found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>): Map<string | undefined, Entered> {
  const entered = new Map<string | undefined, Entered>();
  for (const one of found) {
    if (one.rooms.length === 0) continue;
    const { names, about } = entered.get(one.resource) ?? { names: new Set(), about: [] };
    entered.set(one.resource, { names, about });
    for (const room of one.rooms) names.add(room);
    if (isOfResource(one) && one.about) about.push(one.about);
  }
  return entered;
}

function isOfResource(rooms: SubscriptionRooms | ApplicationRooms): rooms is SubscriptionRooms {
  return rooms.resource !== undefined;
}

function isSubscribing({ action, isOfApplication }: RoomChange): boolean {
  return action === 'socketsJoin' && !isOfApplication;
}

/** A revocation would not find what somebody reads by the socket of somebody else. */
function assertAskedByItsUser({ context }: RouteResult): void {
  const request = context.request as HttpRequest;
  const socket = ownSocket(request);
  if (!socket || isSameUser(socket, userOfRequest(request, socket.nsp.server)) !== false) return;
  throw new Skipped('the guards found another user than the one who is connected by the socket');
}

/** As guards or middleware say; on Fastify, middleware sees the raw request. Or else as whom the socket is connected. */
function askerOf({ context }: RouteResult, socket: Socket | undefined): Asker {
  const request = context.request as HttpRequest & { user?: unknown; raw?: { user?: unknown } };
  const known = ownSocket(request) ?? socket;
  return { user: request.user ?? request.raw?.user ?? (known && userOf(known)), request };
}
