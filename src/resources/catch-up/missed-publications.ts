import type { Socket } from 'socket.io';
import { debugLog, FailureLog, LineLogger } from '../../common/log.js';
import { rejectInsteadOfThrow, thenSync } from '../../common/promises.js';
import type { Positions, ResourcePosition } from '../../protocol/position.js';
import type { GoOn } from '../../server/cluster/delivery/held-sockets.js';
import type { HistoryQuestion } from '../../server/cluster/journal/journal.js';
import type { KeptPublication, PublicationJournal } from '../journal/publication-journal.js';
import { NewestVersions } from '../record-versions/newest-versions.js';
import type { PublicationEmitter } from '../pubsub/emission/publication-emitter.js';
import { isWhole } from '../definition/resource-rooms.js';
import { JournalPatience, type Urgency } from './journal-patience.js';
import { SendingTurns } from './sending-turns.js';
import { UnplacedReads } from './unplaced-reads.js';

const debug = debugLog('resources');

/** The most messages that one read or question brings, and the most bytes of them. */
const MOST_MISSED = 1_000;
const MOST_MISSED_BYTES = 1024 * 1024;

const NO_TOPICS: ReadonlyMap<string, number> = new Map();

/** The rooms of one resource of which a socket may have missed something. */
export interface FollowedRooms {
  readonly resource: string;
  readonly rooms: readonly string[];
  /** Those among them that it has just entered: it has missed only what went to no other of its rooms. */
  readonly added?: ReadonlySet<string>;
  /** Whether the client says what it has, so that everything else is sent, whatever its socket has been sent. */
  readonly isResumed?: boolean;
}

/** What one read or question brings altogether. */
export class Brought {
  /** The ids of the publications. */
  readonly ids = new Set<string>();
  /** Whether the journal has failed to answer, so that nothing else is asked: the socket is held meanwhile. */
  isGivenUp = false;
  private entries = 0;
  private bytes = 0;

  /** @param urgency whether the socket is held meanwhile */
  constructor(readonly urgency: Urgency = 'waiting') {}

  /** What it may bring yet. */
  get left(): Pick<HistoryQuestion, 'mostEntries' | 'mostBytes'> {
    return { mostEntries: MOST_MISSED - this.entries, mostBytes: MOST_MISSED_BYTES - this.bytes };
  }

  /** Returns false if these are too many beside what it brings already. */
  add(publications: readonly KeptPublication[]): boolean {
    const bytes = publications.reduce((sum, { sent }) => sum + sent.bytes, 0);
    const { mostEntries, mostBytes } = this.left;
    if (publications.length > mostEntries || bytes > mostBytes) return false;
    this.entries += publications.length;
    this.bytes += bytes;
    return true;
  }
}

/** Sends sockets of this server what they have missed. */
export class MissedPublications {
  private readonly coverage = new Coverage();
  /** Those of which it is not known how far they reach. */
  readonly unplaced = new UnplacedReads(async (resource) => {
    return (await this.positionsOf([resource], 'background')) !== undefined;
  });
  /** How long the journal is waited for. */
  readonly patience: JournalPatience;
  private readonly turns = new SendingTurns();

  constructor(
    private readonly journal: PublicationJournal,
    private readonly emitter: PublicationEmitter,
  ) {
    this.patience = new JournalPatience(journal.timeout);
  }

  get isShared(): boolean {
    return this.journal.shared !== undefined;
  }

  /** Returns where resources are now: at once from a journal of this server. `undefined` if that cannot be known. */
  positionsOf(resources: readonly string[], urgency?: Urgency): Answer<Positions | undefined> {
    const positions = this.inTime(() => this.journal.positionsOf(resources), urgency);
    return thenSync(positions, (known) => {
      if (!known) return undefined;
      const { epoch, of } = known;
      return { epoch: epoch.id, resources: new Map([...of].map(([name, base]) => [name, upTo(base)])) };
    });
  }

  /** Asks the journal, and returns `undefined` where it cannot be reached. */
  private inTime<T>(ask: () => Answer<T>, urgency: Urgency = 'waiting'): Answer<T | undefined> {
    const answer = rejectInsteadOfThrow(ask);
    if (!(answer instanceof Promise)) return answer;
    return this.patience.wait(answer, urgency).catch((error: unknown) => {
      failures.report('What clients have missed could not be found out.', error);
      return undefined;
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
   * @param brought is added what is sent
   * @returns the position up to which that is everything; `undefined`, and nothing is sent, if some of it is not known
   *   any more, or if it is too much
   */
  send(
    socket: Socket,
    { resource, rooms, added, isResumed }: FollowedRooms,
    since: Positions | undefined,
    brought: Brought,
  ): Answer<number | undefined> {
    const known = since?.resources.get(resource);
    if (!known || brought.isGivenUp) return undefined;
    const missed = this.inTime(() => this.journal.missedIn(resource, rooms, known, brought.left), brought.urgency);
    return thenSync(missed, (found) => {
      brought.isGivenUp = found === undefined;
      if (!found?.publications || found.epoch.id !== since?.epoch) return undefined;
      const { position, publications } = found;
      if (!brought.add(publications)) return undefined;
      debug?.(`socket ${socket.id} may have missed ${publications.length} publication(s) of ${resource}`);
      // What the socket has by other rooms, those say that it is in now, and not when its turn has come.
      const lacking = publications.filter((publication) => {
        const ways = this.coverage.waysOf(socket, publication, added);
        return added && !isResumed ? ways.length === 0 : !this.isKnown(socket, publication, ways, known);
      });
      if (added) this.coverage.note(socket, added, { epoch: found.epoch.id, position: known.base });
      const newest = new NewestVersions(lacking.length);
      const sent = this.sendAll(lacking, (publication) => {
        // It may have left the rooms, of a record that has ended: then it is sent what was kept back for it.
        if (this.emitter.emitTo(socket, publication, newest)) brought.ids.add(publication.note.id);
      });
      return thenSync(sent, () => position);
    });
  }

  /** Takes turns, unless the journal is that of this server: nothing may come between its answer and what it brings. */
  private sendAll(all: readonly KeptPublication[], send: (one: KeptPublication) => void): Answer<void> {
    return this.isShared ? this.turns.sendAll(all, send) : all.forEach(send);
  }

  /**
   * Tells whether a client has a publication, as it says by the topics that it follows: of rooms of single verbs, it
   * cannot say anything.
   *
   * @param ways the rooms by which its socket was sent it, rather than by a read
   */
  private isKnown(
    { rooms }: Socket,
    { position, sent }: KeptPublication,
    ways: readonly string[],
    since: ResourcePosition,
  ): boolean {
    if (since.topics.size === 0 || !ways.some(isWhole)) return false;
    const isLacking = (room: string): boolean =>
      rooms.has(room) && isWhole(room) && this.journal.positionIn(room, since) < position;
    return !sent.versions.some((version) => version.rooms.some(isLacking));
  }
}

/** At once from a journal of this server, and a promise from one that servers share. */
type Answer<T> = T | Promise<T>;

const failures = new FailureLog(new LineLogger('ResourcefulPubSub'));

export function upTo(base: number): ResourcePosition {
  return { base, topics: NO_TOPICS };
}

const FEW = 4;

/** Rooms that were entered at the same position. */
class FewRooms {
  constructor(
    private readonly rooms: readonly string[],
    private readonly position: number,
  ) {}

  get(room: string): number | undefined {
    return this.rooms.includes(room) ? this.position : undefined;
  }

  entries(): Array<[string, number]> {
    return this.rooms.map((room) => [room, this.position]);
  }
}

/** Knows from which position on sockets were sent whatever is published in the rooms that reads have led them to. */
class Coverage {
  private epoch: string | undefined;
  /** Most sockets have entered few rooms: of those, a list costs less memory. */
  private bySocket = new WeakMap<Socket, FewRooms | Map<string, number>>();

  note(socket: Socket, rooms: ReadonlySet<string>, { epoch, position }: { epoch: string; position: number }): void {
    if (rooms.size === 0) return;
    if (this.epoch !== epoch) this.bySocket = new WeakMap();
    this.epoch = epoch;
    const before = this.bySocket.get(socket);
    if (before === undefined && rooms.size <= FEW) {
      this.bySocket.set(socket, new FewRooms([...rooms], position));
      return;
    }
    const known = before instanceof Map ? before : new Map(before?.entries());
    this.bySocket.set(socket, known);
    for (const room of rooms) known.set(room, position);
    if (known.size <= 2 * socket.rooms.size) return;
    for (const room of known.keys()) if (!socket.rooms.has(room)) known.delete(room);
  }

  /** Returns the rooms by which a socket was sent a publication: those that it was in before it entered others. */
  waysOf(socket: Socket, { note, sent, position }: KeptPublication, added?: ReadonlySet<string>): string[] {
    const covered = note.epoch === this.epoch ? this.bySocket.get(socket) : undefined;
    const wasSent = (room: string): boolean =>
      socket.rooms.has(room) && !added?.has(room) && (covered?.get(room) ?? 0) < position;
    return sent.versions.flatMap(({ rooms }) => rooms.filter(wasSent));
  }
}
