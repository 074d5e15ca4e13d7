import type { Socket } from 'socket.io';
import type { Due } from './due-queue.js';
import type { RecheckedRead } from './recheck-read.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';

/** A subscription that a read led to, and when it last did, by `performance.now()`. */
interface Granted {
  target: SubscriptionTarget;
  at: number;
}

/**
 * A read of a socket of this server, with the subscriptions that it led to. `isRunning`: it is being repeated now.
 * `isStale`: the socket's identity changed meanwhile, so it is repeated once more. `isForgotten`: it is no longer
 * repeated.
 */
export class RememberedRead implements Due {
  due = Infinity;
  position: number | undefined;
  isRunning = false;
  isStale = false;
  isForgotten = false;
  /** By the name of the room that stands for the target. */
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

  /** Drops the subscriptions that were granted before this time, unless they are kept, and returns them by room. */
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
