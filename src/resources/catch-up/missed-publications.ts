import type { Socket } from 'socket.io';
import { debugLog } from '../../common/log.js';
import type { Positions, ResourcePosition } from '../../protocol/position.js';
import type { PublicationJournal } from '../journal/publication-journal.js';
import type { SentPublication } from '../journal/sent-publication.js';
import type { PublicationEmitter } from '../pubsub/emission/publication-emitter.js';

const debug = debugLog('resources');

const NO_TOPICS: ReadonlyMap<string, number> = new Map();

/** The rooms of one resource of which a socket may have missed something. */
export interface FollowedRooms {
  readonly resource: string;
  readonly rooms: readonly string[];
  /** Those among them that it has just entered: it has missed only what went to no other of its rooms. */
  readonly added?: ReadonlySet<string>;
}

/** Sends sockets of this server what they have missed. */
export class MissedPublications {
  constructor(
    private readonly journal: PublicationJournal,
    private readonly emitter: PublicationEmitter,
  ) {}

  /** Returns where resources are now. */
  positionsOf(resources: readonly string[]): Positions {
    const { epoch, of } = this.journal.positionsOf(resources);
    return { epoch: epoch.id, resources: new Map([...of].map(([name, base]) => [name, upTo(base)])) };
  }

  /** Returns the names of the topics of rooms. */
  topicsOf(rooms: Iterable<string>): string[] {
    return this.journal.topicsOf(rooms);
  }

  /**
   * Sends what was published in rooms after a position, in order.
   *
   * @returns the position up to which that is everything; `undefined`, and nothing is sent, if some of it is not known
   *   any more
   */
  send(socket: Socket, { resource, rooms, added }: FollowedRooms, since: Positions): number | undefined {
    const known = since.resources.get(resource);
    const missed = known && this.journal.missedIn(resource, rooms, known);
    if (!missed?.publications || missed.epoch.id !== since.epoch) return undefined;
    const { position, publications } = missed;
    debug?.(`socket ${socket.id} may have missed ${publications.length} publication(s) of ${resource}`);
    for (const publication of publications) {
      if (!added || isNewsFor(socket, publication.sent, added)) this.emitter.emitTo(socket, publication);
    }
    return position;
  }
}

export function upTo(base: number): ResourcePosition {
  return { base, topics: NO_TOPICS };
}

/** Tells whether a publication was sent to none of the rooms that a socket was in before it entered others. */
function isNewsFor({ rooms }: Socket, { versions }: SentPublication, added: ReadonlySet<string>): boolean {
  return !versions.some((version) => version.rooms.some((room) => rooms.has(room) && !added.has(room)));
}
