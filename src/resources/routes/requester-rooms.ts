import { Injectable } from '@nestjs/common';
import type { Namespace } from 'socket.io';
import { reachesOtherServers } from '../../sockets/server-events.js';
import { membersOnAllServers } from '../../sockets/server-questions.js';
import { SocketsServer } from '../../sockets/sockets-server.js';
import { within } from '../../sockets/within.js';
import { ResourceNamespaces } from '../resource-namespaces.js';
import { NothingToDo, type Answer } from './answer.js';
import { Complaints } from './complaints.js';
import type { Delivery } from './delivery.js';
import { joinBecauseOf, leaveBecauseOf } from './provisional-rooms.js';
import type { ApplicationRooms, RequesterMove, ResourceRooms } from './requester-move.js';

/** How long, in milliseconds, an answer waits for a decorator's functions to say what it is about; after that it goes on without. */
const MOVE_TIMEOUT = 5_000;
/** How long it waits for another server to have done what it was told. */
const CONFIRMATION_TIMEOUT = 2_000;

/** Moves the socket that asked into the rooms of what it was answered, or out of them. Whatever fails here is logged, and fails nothing else. */
@Injectable()
export class RequesterRooms {
  private readonly complaints = {
    socketsJoin: new Complaints({ failed: 'not subscribed', nothing: 'somebody was not subscribed' }),
    socketsLeave: new Complaints({ failed: 'not unsubscribed', nothing: 'somebody was not unsubscribed' }),
  };
  private readonly complaintsOfRooms = {
    socketsJoin: new Complaints({ failed: 'not let in', nothing: 'somebody was not let in' }),
    socketsLeave: new Complaints({ failed: 'not let out', nothing: 'somebody was not let out' }),
  };

  constructor(
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
  ) {}

  /** Resolves as soon as all is done, wherever the socket is connected. Whoever does not get the answer is then where it was before. */
  async apply(
    moves: readonly RequesterMove[],
    requester: string,
    answer: () => Answer,
    delivery: Delivery,
  ): Promise<void> {
    await Promise.all(moves.map((move) => this.move(move, requester, answer, delivery)));
  }

  private async move(move: RequesterMove, requester: string, answer: () => Answer, delivery: Delivery): Promise<void> {
    try {
      const work = new Promise<Answer>((resolve) => resolve(answer())).then((known) => move.roomsOf(known));
      const outcomes = await within(MOVE_TIMEOUT, 'to find out which records it is about', work);
      for (const outcome of outcomes) if (outcome.status === 'rejected') this.complain(move, outcome.reason);
      const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      if (delivery.hasFailed) return;
      await this.enter(move, requester, roomsByResource(found), delivery);
    } catch (error) {
      this.complain(move, error);
    }
  }

  private async enter(
    move: RequesterMove,
    requester: string,
    rooms: Map<string | undefined, Set<string>>,
    delivery: Delivery,
  ): Promise<void> {
    if (rooms.size === 0) return;
    for (const [resource, names] of rooms) {
      for (const name of this.namespacesOf(resource, requester)) {
        const moveBecauseOf = move.how === 'socketsJoin' ? joinBecauseOf : leaveBecauseOf;
        moveBecauseOf(delivery, this.server.namespace(name), requester, [...names]);
      }
    }
    const home = this.findHere(requester) ?? (await this.findElsewhere(requester));
    if (home === undefined) return;
    for (const resource of rooms.keys()) this.assertCarries(move, home, resource);
  }

  /** Of a socket that is not here it is not known which is its own: wherever it is, it is alone in the room of its id. */
  private namespacesOf(resource: string | undefined, requester: string): readonly string[] {
    if (resource !== undefined) return this.namespaces.of(resource);
    const home = this.findHere(requester);
    return home === undefined ? this.sharedNamespaces.map(({ name }) => name) : [home];
  }

  private get sharedNamespaces(): Namespace[] {
    return [...this.server.io._nsps.values()].filter(({ adapter }) => reachesOtherServers(adapter));
  }

  /** Which namespace a socket of this server is connected to. */
  private findHere(id: string): string | undefined {
    return [...this.server.io._nsps.values()].find(({ sockets }) => sockets.has(id))?.name;
  }

  /** The same of other servers. They answer in turn, so by then they have done what they were told before. */
  private async findElsewhere(id: string): Promise<string | undefined> {
    const look = this.sharedNamespaces.map(async (namespace) => {
      const found = await membersOnAllServers('the confirmation by other servers', namespace, [id]);
      return found.includes(id) ? namespace.name : undefined;
    });
    const homes = await within(CONFIRMATION_TIMEOUT, 'the confirmation by other servers', Promise.all(look));
    return homes.find((home) => home !== undefined);
  }

  /** Not the client's mistake, and nothing to do for it: it goes on without. */
  private assertCarries(move: RequesterMove, home: string, resource: string | undefined): void {
    if (resource === undefined) return;
    const carrying = this.namespaces.of(resource);
    if (move.how === 'socketsLeave' || carrying.includes(home)) return;
    const where = carrying.map((name) => `"${name}"`).join(', ');
    this.complain(
      move,
      new NothingToDo(
        `its socket is connected to the namespace "${home}", and "${resource}" is published in ${where}; say @SubscribesTo('${resource}') on a gateway of "${home}"`,
      ),
    );
  }

  private complain({ how, isOfApplication, name }: RequesterMove, error: unknown): void {
    (isOfApplication ? this.complaintsOfRooms : this.complaints)[how].about(name, error);
  }
}

function roomsByResource(found: ReadonlyArray<ResourceRooms | ApplicationRooms>): Map<string | undefined, Set<string>> {
  const byResource = new Map<string | undefined, Set<string>>();
  for (const { resource, rooms } of found) {
    if (rooms.length === 0) continue;
    const known = byResource.get(resource) ?? new Set();
    for (const room of rooms) known.add(room);
    byResource.set(resource, known);
  }
  return byResource;
}
