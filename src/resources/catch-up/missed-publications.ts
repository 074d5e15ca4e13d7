import type { Socket } from 'socket.io';
import { debugLog, FailureLog, LineLogger } from '../../common/log.js';
import { thenSync, withTimeout } from '../../common/promises.js';
import type { Positions, ResourcePosition } from '../../protocol/position.js';
import type { PublicationJournal } from '../journal/publication-journal.js';
import type { SentPublication } from '../journal/sent-publication.js';
import type { GoOn } from '../pubsub/emission/emissions.js';
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

  /** Returns where resources are now: at once from a journal of this server. `undefined` if that cannot be known. */
  positionsOf(resources: readonly string[]): Answer<Positions | undefined> {
    const positions = inTime(() => this.journal.positionsOf(resources));
    return thenSync(positions, (known) => {
      if (!known) return undefined;
      const { epoch, of } = known;
      return { epoch: epoch.id, resources: new Map([...of].map(([name, base]) => [name, upTo(base)])) };
    });
  }

  /** Returns the names of the topics of rooms. */
  topicsOf(rooms: Iterable<string>): string[] {
    return this.journal.topicsOf(rooms);
  }

  /**
   * Keeps back what is published until a socket was sent what it has missed, where that takes time.
   *
   * @returns a function that lets it go on, but for what it was sent meanwhile
   */
  hold(socket: Socket): GoOn | undefined {
    return this.journal.shared && this.emitter.emissions.hold(socket);
  }

  /**
   * Sends what was published in rooms after a position, in order.
   *
   * @param sent is added the ids of what is sent
   * @returns the position up to which that is everything; `undefined`, and nothing is sent, if some of it is not known
   *   any more
   */
  send(
    socket: Socket,
    { resource, rooms, added }: FollowedRooms,
    since: Positions | undefined,
    sent?: Set<string>,
  ): Answer<number | undefined> {
    const known = since?.resources.get(resource);
    if (!known) return undefined;
    const missed = inTime(() => this.journal.missedIn(resource, rooms, known));
    return thenSync(missed, (found) => {
      if (!found?.publications || found.epoch.id !== since?.epoch) return undefined;
      const { position, publications } = found;
      debug?.(`socket ${socket.id} may have missed ${publications.length} publication(s) of ${resource}`);
      for (const publication of publications) {
        if (added && !isNewsFor(socket, publication.sent, added)) continue;
        this.emitter.emitTo(socket, publication);
        sent?.add(publication.note.id);
      }
      return position;
    });
  }
}

/** At once from a journal of this server, and a promise from one that servers share. */
type Answer<T> = T | Promise<T>;

/** How long clients wait for a journal that servers share, in milliseconds. */
const JOURNAL_TIMEOUT = 150;

const failures = new FailureLog(new LineLogger('ResourcefulPubSub'));

/** Asks the journal, and returns `undefined` where it cannot be reached. */
function inTime<T>(ask: () => Answer<T>): Answer<T | undefined> {
  const answer = ask();
  if (!(answer instanceof Promise)) return answer;
  return withTimeout(JOURNAL_TIMEOUT, 'the journal', answer).catch((error: unknown) => {
    failures.report('What clients have missed could not be found out.', error);
    return undefined;
  });
}

export function upTo(base: number): ResourcePosition {
  return { base, topics: NO_TOPICS };
}

/** Tells whether a publication was sent to none of the rooms that a socket was in before it entered others. */
function isNewsFor({ rooms }: Socket, { versions }: SentPublication, added: ReadonlySet<string>): boolean {
  return !versions.some((version) => version.rooms.some((room) => rooms.has(room) && !added.has(room)));
}
