import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
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
  type ResourcePosition,
  TOPICS_HEADER,
} from '../../protocol/position.js';
import { followPositions } from '../pubsub/emission/position-notes.js';
import { type FollowedRooms, type MissedPublications, upTo } from './missed-publications.js';

/** How many topics a header names. */
const MOST_TOPICS = 200;

/** How far one read reaches, which was found out before its handler ran, and what its client has already. */
export class ReadPosition {
  private readonly read: Positions;
  private readonly since: Positions | undefined;
  private recovery: string | undefined;

  /**
   * @param resources those of which the read may hold records
   * @param since what the client says that it has, which may be anything; `undefined` if it says nothing
   */
  constructor(
    private readonly missed: MissedPublications,
    resources: readonly string[],
    since: unknown,
  ) {
    this.read = missed.positionsOf(resources);
    this.since = since === undefined ? undefined : (parsePosition(since) ?? UNKNOWN);
  }

  /**
   * Returns the headers of the answer.
   *
   * @param followed the rooms of which the reader is sent everything from now on
   * @param isRecovered whether what it has missed follows the answer
   */
  headers(followed: readonly string[], isRecovered: boolean): Record<string, string> {
    if (isRecovered && this.since) this.recovery = randomUUID();
    const topics = followed.length > MOST_TOPICS ? [ANY_TOPIC] : this.missed.topicsOf(followed);
    return {
      [POSITION_HEADER]: formatPosition(this.read),
      ...(topics.length > 0 && { [TOPICS_HEADER]: topics.join(', ') }),
      ...(this.recovery !== undefined && { [RECOVERY_HEADER]: this.recovery }),
    };
  }

  /** Sends the reader, after the answer, what it has missed in the rooms that it has entered. */
  catchUp(socket: Socket, entered: readonly FollowedRooms[]): void {
    if (this.since) followPositions(socket);
    const reached = new Map<string, ResourcePosition>();
    const lost = new Set<string>();
    const now = this.missed.positionsOf(entered.map(({ resource }) => resource));
    for (const followed of entered) {
      const { resource } = followed;
      const position = this.resume(socket, followed, lost) ?? this.fillGap(socket, followed, lost);
      reached.set(resource, position === undefined ? (now.resources.get(resource) ?? upTo(0)) : upTo(position));
    }
    if (this.recovery !== undefined) {
      const recovered: Recovered = {
        id: this.recovery,
        recovered: lost.size === 0,
        resources: lost.size === 0 ? [...reached.keys()] : [...lost],
        position: formatPosition({ epoch: now.epoch, resources: reached }),
      };
      socket.emit(RECOVERED_EVENT, recovered);
    } else {
      for (const resource of lost) socket.emit(STALE_EVENT, { resource } satisfies Staleness);
    }
  }

  /** Sends what the client has missed since it was there before. */
  private resume(socket: Socket, { resource, rooms }: FollowedRooms, lost: Set<string>): number | undefined {
    if (!this.since || this.recovery === undefined) return undefined;
    if (!this.since.resources.has(resource) && this.since !== UNKNOWN) return undefined;
    const position = this.missed.send(socket, { resource, rooms }, this.since);
    if (position === undefined) lost.add(resource);
    return position;
  }

  /** Sends what was published since the read began, and before the socket was in the rooms. */
  private fillGap(socket: Socket, followed: FollowedRooms, lost: Set<string>): number | undefined {
    const position = this.missed.send(socket, followed, this.read);
    if (position === undefined) lost.add(followed.resource);
    return position;
  }
}

/** What a client has that says nothing which can be read. */
const UNKNOWN: Positions = { epoch: '', resources: new Map() };
