import type { Server } from 'socket.io';
import { Slot, serverState } from '../../state.js';
import { isBefore, type Standing } from './standing.js';
import { sendLate } from './late-sends.js';

/** Where a message stands in the journal that servers share, and in which stream. */
interface MessageStanding extends Standing {
  readonly stream: string;
}

/** One that is to be emitted, in its order. */
interface Turn {
  /** Absent as long as it waits. */
  emit?: () => void;
  readonly topics: readonly string[];
  /** Whether another server has sent it. */
  readonly isHeard: boolean;
  /** Where it stands, if another server has said so. */
  readonly standing?: MessageStanding | undefined;
}

const NONE: readonly string[] = [];

/**
 * Keeps what is emitted to the sockets of one server in the order of the calls, where some of it has to wait for a
 * journal. Whoever is to hear it is known when it is called. What other servers send to the same topics meanwhile keeps
 * the order of the journal: its answer may come later than what others have sent since.
 */
export class DeliveryLane {
  private readonly waiting: Turn[] = [];
  /** How many of this server's own wait in each topic. */
  private readonly topics = new Map<string, number>();
  private heard = 0;

  get isFree(): boolean {
    return this.waiting.length === 0;
  }

  /** Whether something of other servers waits, behind which all that they send later has to wait. */
  get holdsHeard(): boolean {
    return this.heard > 0;
  }

  /** Whether what another server has sent to these topics has to wait. */
  holds(topics: readonly string[]): boolean {
    return this.heard > 0 || (this.topics.size > 0 && topics.some((topic) => this.topics.has(topic)));
  }

  /**
   * Takes a place, and returns what to call once with what is to be done in it, and where that stands, if it is known.
   *
   * @param topics those that somebody hears here
   */
  add(topics: readonly string[] = NONE): (emit: () => void, standing?: MessageStanding) => void {
    const turn: Turn = { topics, isHeard: false };
    this.waiting.push(turn);
    for (const topic of topics) this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    return (emit, standing) => {
      turn.emit = emit;
      if (standing && this.heard > 0) this.letPass(turn, standing);
      this.goOn();
    };
  }

  /** Adds what another server has sent. */
  addHeard(emit: () => void, standing?: MessageStanding): void {
    this.heard++;
    this.waiting.push({ emit, topics: NONE, isHeard: true, standing });
    this.goOn();
  }

  /** Puts what other servers have sent before it, up to the last that stands there. */
  private letPass(turn: Turn, standing: MessageStanding): void {
    const from = this.waiting.indexOf(turn);
    const last = this.waiting.findLastIndex(
      ({ standing: one }) => one?.stream === standing.stream && isBefore(one, standing),
    );
    if (last < from) return;
    const between = this.waiting.slice(from, last + 1);
    const heard = between.filter(({ isHeard }) => isHeard);
    const own = between.filter(({ isHeard }) => !isHeard);
    this.waiting.splice(from, between.length, ...heard, ...own);
  }

  private goOn(): void {
    for (let first = this.waiting[0]; first?.emit; first = this.waiting[0]) {
      this.waiting.shift();
      if (first.isHeard) this.heard--;
      for (const topic of first.topics) this.leave(topic);
      sendLate(first.emit);
    }
  }

  private leave(topic: string): void {
    const left = (this.topics.get(topic) ?? 0) - 1;
    if (left > 0) this.topics.set(topic, left);
    else this.topics.delete(topic);
  }
}

const lane = new Slot(() => new DeliveryLane());

export function deliveryLaneOf(io: Server): DeliveryLane {
  return serverState(io).get(lane);
}
