import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
import { FailureLog, LineLogger } from '../../common/log.js';
import { inTurnSync, thenSync, tryCatch } from '../../common/promises.js';
import { STALE_EVENT, type Staleness } from '../../protocol/notes.js';
import {
  ANY_TOPIC,
  formatPosition,
  parsePosition,
  POSITION_HEADER,
  type Positions,
  RECOVERED_EVENT,
  type Recovered,
  RECOVERY_HEADER,
  TOPICS_HEADER,
} from '../../protocol/position.js';
import { isWhole } from '../definition/resource-rooms.js';
import { hearingRooms } from '../../server/cluster/bus.js';
import { emitTogether } from '../../server/outbound/outbound.js';
import { followPositions } from '../pubsub/emission/position-notes.js';
import { Brought, type FollowedRooms, type MissedPublications, upTo } from './missed-publications.js';

const failures = new FailureLog(new LineLogger('ResourcefulPubSub'));

/** How many topics a header names. */
const MOST_TOPICS = 200;

/** The same as servers tell it each other. */
export interface ToldPosition {
  read?: string | undefined;
  since?: string | undefined;
  recovery?: string | undefined;
}

/** How far one read reaches, which was found out before its handler ran, and what its client has already. */
export class ReadPosition {
  /** `undefined` until it is known, and where it cannot be known. */
  private read: Positions | undefined;
  private wasAsked = false;
  private readonly since: Positions | undefined;
  private recovery: string | undefined;
  /** What the reader was sent after the answer. */
  private readonly brought = new Brought();

  /**
   * @param resources those of which the read may hold records
   * @param since what the client says that it has, which may be anything; `undefined` if it says nothing
   */
  constructor(
    private readonly missed: MissedPublications,
    private readonly resources: readonly string[],
    since: unknown,
  ) {
    this.since = since === undefined ? undefined : (parsePosition(since) ?? UNKNOWN);
  }

  /** Returns what another server has found out. */
  static of(missed: MissedPublications, { read, since, recovery }: ToldPosition): ReadPosition {
    const position = new ReadPosition(missed, [], since ?? undefined);
    position.read = parsePosition(read);
    position.recovery = recovery ?? undefined;
    return position;
  }

  /** What another server needs of it. */
  get told(): ToldPosition {
    const since = this.since && (this.since === UNKNOWN ? '' : formatPosition(this.since));
    return { read: this.read && formatPosition(this.read), since, recovery: this.recovery };
  }

  /** Whether the servers share a journal, so that the server of the reader's socket can make use of it. */
  get isShared(): boolean {
    return this.missed.isShared;
  }

  /** Whether it is known: otherwise nothing can be sent that was published meanwhile. */
  get isKnown(): boolean {
    return this.read !== undefined;
  }

  /** Whether the journal was asked for it, and did not answer. It is not asked where no handler runs. */
  get isUnknown(): boolean {
    return this.wasAsked && !this.isKnown;
  }

  /** Has a socket of this server read again as soon as it can be known how far a read of the resource reaches. */
  readAgain(socket: Socket, resource: string): void {
    this.missed.unplaced.add(socket, resource);
  }

  /** Finds out where the resources are. The handler runs after that. */
  begin(): void | Promise<void> {
    this.wasAsked = true;
    return thenSync(this.missed.positionsOf(this.resources), (positions) => void (this.read = positions));
  }

  /** How far the answer reaches; `undefined` until it is known, and where it cannot be known. */
  get known(): Positions | undefined {
    return this.read;
  }

  /** Whether the client says what it has, or that it has nothing yet. */
  get isResumed(): boolean {
    return this.since !== undefined;
  }

  /** Takes the position of an earlier run in place of this one. Returns false if the client has seen more than that. */
  adopt(earlier: Positions | undefined): boolean {
    if (!earlier || this.isBehind(earlier)) return false;
    this.read = earlier;
    return true;
  }

  private isBehind({ epoch, resources }: Positions): boolean {
    if (!this.since || this.since.epoch !== epoch) return this.read?.epoch !== epoch;
    return [...this.since.resources].some(([name, { base, topics }]) => {
      const reached = resources.get(name)?.base ?? Infinity;
      return base > reached || [...topics.values()].some((position) => position > reached);
    });
  }

  /**
   * Returns the headers of the answer.
   *
   * @param entered the resources of rooms that the reader is let into
   * @param followed the rooms of which it is sent everything from now on
   * @param isRecovered whether what it has missed follows the answer
   */
  headers(entered: ReadonlySet<string>, followed: readonly string[], isRecovered: boolean): Record<string, string> {
    if (isRecovered && this.since) this.recovery = randomUUID();
    if (!this.read) return this.recovery === undefined ? {} : { [RECOVERY_HEADER]: this.recovery };
    const topics = followed.length > MOST_TOPICS ? [ANY_TOPIC] : this.missed.topicsOf(followed);
    const { epoch, resources } = this.read;
    const read = { epoch, resources: new Map([...resources].filter(([name]) => entered.has(name))) };
    return {
      [POSITION_HEADER]: formatPosition(read),
      ...(topics.length > 0 && { [TOPICS_HEADER]: topics.join(', ') }),
      ...(this.recovery !== undefined && { [RECOVERY_HEADER]: this.recovery }),
    };
  }

  /**
   * Returns the header of an answer for who has no socket yet, which names the topics as well that a socket would
   * follow: whoever resumes from there knows by them whether it is sent everything.
   *
   * @param found the rooms that the read would let a socket into, by resource
   */
  snapshotHeader(found: ReadonlyMap<string, readonly string[]>): string | undefined {
    if (!this.read || found.size === 0) return undefined;
    const rooms = [...found.values()].flat();
    const isComplete = rooms.every(isWhole) && rooms.length <= MOST_TOPICS;
    const { epoch, resources } = this.read;
    const topicsOf = (name: string): string[] => (isComplete ? this.missed.topicsOf(found.get(name) ?? []) : []);
    const shown = [...resources].filter(([name]) => found.has(name));
    return formatPosition({
      epoch,
      resources: new Map(
        shown.map(([name, { base }]) => [name, { base, topics: new Map(topicsOf(name).map((one) => [one, base])) }]),
      ),
    });
  }

  /**
   * Sends the reader, after the answer, what it has missed in the rooms that it has entered.
   *
   * @param goOn lets the reader be sent what was kept back since it entered them, if it was
   */
  catchUp(socket: Socket, entered: readonly FollowedRooms[], goOn = this.missed.hold(socket)): void {
    if (this.since) followPositions(socket);
    const reached = new Map<string, number>();
    const lost = new Set<string>();
    // It was refused all rooms of the others meanwhile, and told so.
    const admitted = entered.filter(({ rooms }) => rooms.length > 0);
    for (const one of this.recovery === undefined ? [] : entered) if (!admitted.includes(one)) lost.add(one.resource);
    const sendAll = (): unknown =>
      // What all of them may bring together is bounded, and so is what is read for it.
      inTurnSync(admitted, (followed) =>
        thenSync(this.sendMissed(socket, followed, lost), (position) => {
          if (position !== undefined) reached.set(followed.resource, position);
        }),
      );
    const failed = (error: unknown): void => {
      failures.report('A reader was not sent what it has missed.', error);
      for (const { resource } of admitted) lost.add(resource);
    };
    // What comes after that is heard, and what came before it is in the journal.
    const heard = this.missed.isShared ? hearingRooms(socket.nsp.server) : undefined;
    // Whatever happens, the reader must not be kept from what comes.
    void thenSync(
      tryCatch(() => thenSync(heard, sendAll), failed),
      () => {
        this.conclude(socket, reached, lost);
        goOn?.(this.brought.ids);
      },
    );
  }

  private sendMissed(socket: Socket, followed: FollowedRooms, lost: Set<string>): Answer<number | undefined> {
    return thenSync(
      this.resume(socket, followed, lost),
      (position) => position ?? this.fillGap(socket, followed, lost),
    );
  }

  /** Sends what the client has missed since it was there before. */
  private resume(socket: Socket, followed: FollowedRooms, lost: Set<string>): Answer<number | undefined> {
    const { resource } = followed;
    if (!this.since || this.recovery === undefined) return undefined;
    if (!this.since.resources.has(resource) && this.since !== UNKNOWN) return undefined;
    return thenSync(
      this.missed.send(socket, { ...followed, isResumed: true }, this.since, this.brought),
      (position) => {
        if (position === undefined) lost.add(resource);
        return position;
      },
    );
  }

  /** Sends what was published since the read began, and before the socket was in the rooms. */
  private fillGap(socket: Socket, followed: FollowedRooms, lost: Set<string>): Answer<number | undefined> {
    return thenSync(this.missed.send(socket, followed, this.read, this.brought), (position) => {
      if (position === undefined) lost.add(followed.resource);
      return position;
    });
  }

  /** Tells the reader whether that was all. */
  private conclude(socket: Socket, reached: ReadonlyMap<string, number>, lost: ReadonlySet<string>): void {
    if (this.recovery === undefined) {
      // Where nothing is known of positions, nothing is known of a loss either.
      for (const resource of this.read ? lost : []) socket.emit(STALE_EVENT, { resource } satisfies Staleness);
      return;
    }
    const { epoch } = this.read ?? UNKNOWN;
    const resources = new Map([...reached].map(([name, base]) => [name, upTo(base)]));
    const recovered: Recovered = {
      id: this.recovery,
      recovered: lost.size === 0,
      resources: lost.size === 0 ? [...reached.keys()] : [...lost],
      position: formatPosition({ epoch, resources }),
    };
    emitTogether(socket, RECOVERED_EVENT, recovered);
  }
}

/** At once from a journal of this server, and a promise from one that servers share. */
type Answer<T> = T | Promise<T>;

/** What a client has that says nothing which can be read. */
const UNKNOWN: Positions = { epoch: 'unknown', resources: new Map() };
