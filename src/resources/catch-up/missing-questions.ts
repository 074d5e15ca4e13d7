import { HttpStatus } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { errorBody, errorResponse } from '../../common/error-body.js';
import { inTurnSync, thenSync } from '../../common/promises.js';
import { type Rate, TokenBucket } from '../../common/rate-limit.js';
import { isRecord } from '../../common/type-guards.js';
import { connectionState } from '../../connections/connection-state.js';
import {
  formatPosition,
  MISSING_EVENT,
  type MissingAnswer,
  parsePosition,
  type Positions,
  type ResourcePosition,
} from '../../protocol/position.js';
import type { SocketResponse } from '../../protocol/request.js';
import { answerClients } from '../../server/inbound/client-events.js';
import { refusalsOf } from '../../server/metrics.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { Slot } from '../../server/state.js';
import { isWhole, resourceIn } from '../definition/resource-rooms.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import { followPositions } from '../pubsub/emission/position-notes.js';
import { Brought, type FollowedRooms, type MissedPublications, upTo } from './missed-publications.js';

/** The most topics, and resources, that one question may name. */
const MAX_NAMED = 1_000;

/** How often a connection may ask. Each question may cost a look at all of its rooms. */
const RATE: Rate = { rate: 2, burst: 20 };

/**
 * How long a check waits for those of other clients, in milliseconds, where the journal is that of several servers: it
 * is asked once for all of them. A client that has found a gap does not wait.
 */
const GATHERING = 50;

const rates = new Slot(() => new TokenBucket(RATE));

/** What a client asks. */
interface Question {
  since: Positions;
  topics: readonly string[];
}

/** Answers clients that ask for what they have missed in rooms that they are in. */
export class MissingQuestions {
  /** Fulfilled when it is time for the checks that have come by then. */
  private gathered: Promise<void> | undefined;

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly missed: MissedPublications,
  ) {}

  /** Answers the event from now on, in every namespace. */
  listen(): void {
    answerClients(this.server.io, MISSING_EVENT, (socket, said) => this.answer(socket, said));
  }

  private answer(socket: Socket, said: unknown): SocketResponse | Promise<SocketResponse> {
    const bucket = connectionState(socket).get(rates);
    if (!bucket.take()) return this.refuse(bucket);
    const question = read(said);
    if (!question) {
      const form = `{ since: 'epoch; resource=1', topics: [] }, with at most ${MAX_NAMED} of each`;
      return errorResponse(errorBody(HttpStatus.BAD_REQUEST, `Send ${form}.`));
    }
    followPositions(socket);
    const isCheck = question.topics.length === 0 && this.missed.isShared;
    return isCheck ? this.gather().then(() => this.find(socket, question)) : this.find(socket, question);
  }

  private gather(): Promise<void> {
    this.gathered ??= new Promise((resolve) => {
      setTimeout(() => {
        this.gathered = undefined;
        resolve();
      }, GATHERING);
    });
    return this.gathered;
  }

  private find(socket: Socket, { since, topics }: Question): SocketResponse | Promise<SocketResponse> {
    const followed = this.followedBy(socket, since);
    const brought = new Brought('idle');
    // What all of them may bring together is bounded, and so is what is read for it.
    const sent = inTurnSync(followed, (rooms) => this.missed.send(socket, rooms, since, brought));
    return thenSync(sent, (positions) => {
      const lost = followed.filter((_, index) => positions[index] === undefined).map(({ resource }) => resource);
      // Of all others, the epoch is that of the question.
      const isKnown = followed.length > 0 && lost.length === 0;
      return thenSync(isKnown ? undefined : this.missed.positionsOf(lost), (now) => {
        const reached = followed.map(({ resource }, index): [string, ResourcePosition] => {
          const position = positions[index];
          return [resource, position === undefined ? (now?.resources.get(resource) ?? upTo(0)) : upTo(position)];
        });
        const whole = followed.flatMap(({ rooms }) => rooms.filter(isWhole));
        const own = new Set(topics.length > 0 ? this.missed.topicsOf(whole) : []);
        const body: MissingAnswer = {
          recovered: lost.length === 0,
          resources: lost.length === 0 ? reached.map(([resource]) => resource) : lost,
          position: formatPosition({ epoch: now?.epoch ?? since.epoch, resources: new Map(reached) }),
          foreign: topics.filter((topic) => !own.has(topic)),
        };
        return { body, headers: {}, statusCode: HttpStatus.OK };
      });
    });
  }

  /** Returns the rooms of a socket, by those of the resources asked about that it is in any rooms of. */
  private followedBy({ rooms }: Socket, { resources }: Positions): FollowedRooms[] {
    const found = new Map<string, string[]>();
    for (const room of rooms) {
      const name = resourceIn(room);
      if (name === undefined || !resources.has(name) || !this.registry.find(name)) continue;
      const ofResource = found.get(name) ?? [];
      found.set(name, ofResource);
      ofResource.push(room);
    }
    return Array.from(found, ([resource, names]) => ({ resource, rooms: names }));
  }

  private refuse(bucket: TokenBucket): SocketResponse {
    refusalsOf(this.server.io).add('missingRate');
    const body = errorBody(HttpStatus.TOO_MANY_REQUESTS, 'Too many questions for what was missed. Ask less often.');
    const seconds = Math.ceil(bucket.wait() / 1_000);
    return { ...errorResponse(body), headers: { 'retry-after': String(seconds) } };
  }
}

/** Reads what a client sent, which may be anything. */
function read(said: unknown): Question | undefined {
  if (!isRecord(said)) return undefined;
  const since = parsePosition(said.since);
  const { topics = [] } = said;
  if (!since || since.resources.size > MAX_NAMED || !Array.isArray(topics) || topics.length > MAX_NAMED)
    return undefined;
  return topics.every((topic) => typeof topic === 'string') ? { since, topics } : undefined;
}
