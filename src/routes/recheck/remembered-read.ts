import type { Socket } from 'socket.io';
import type { Due } from './due-queue.js';
import type { RecheckedRead } from './recheck-read.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';

/** What a read led to, and when it last did, as `performance.now()` has it. */
interface Granted {
  target: SubscriptionTarget;
  at: number;
}

/** A read of a socket of this server, which is done again. */
export class RememberedRead implements Due {
  due = Infinity;
  position: number | undefined;
  isRunning = false;
  /** What it is about has changed since it was begun to be done again. */
  isStale = false;
  isForgotten = false;
  /** By the name of a room that stands for what it is. */
  private readonly granted = new Map<string, Granted>();

  constructor(
    readonly socket: Socket,
    readonly source: Omit<RecheckedRead, 'targets'>,
  ) {}

  grant(room: string, target: SubscriptionTarget): void {
    this.granted.set(room, { target, at: performance.now() });
  }

  covers(room: string): boolean {
    return this.granted.has(room);
  }

  get isEmpty(): boolean {
    return this.granted.size === 0;
  }

  get targets(): SubscriptionTarget[] {
    return [...this.granted.values()].map(({ target }) => target);
  }

  /** Drops what it led to before this time, unless it is kept. Gives what was dropped, by room. */
  drop(before: number, isKept: (room: string, target: SubscriptionTarget) => boolean): Map<string, SubscriptionTarget> {
    const dropped = new Map<string, SubscriptionTarget>();
    for (const [room, { target, at }] of this.granted) {
      if (at > before || isKept(room, target)) continue;
      this.granted.delete(room);
      dropped.set(room, target);
    }
    return dropped;
  }
}
