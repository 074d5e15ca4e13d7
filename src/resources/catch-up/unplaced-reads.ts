import type { Socket } from 'socket.io';
import { STALE_EVENT, type Staleness } from '../../protocol/notes.js';
import { resourceIn } from '../definition/resource-rooms.js';

/**
 * How long it takes until it is tried whether the journal answers, in milliseconds; and the most, where reads remain
 * without an answer of it again and again.
 */
const INTERVAL = 1_000;
const MOST_INTERVAL = 60_000;

/**
 * Has clients read again what they have read while the journal that servers share did not answer, as soon as it does.
 * What they had missed by then is not known, nor do they notice what they miss afterwards.
 */
export class UnplacedReads {
  /** The resources of which each socket has read something. */
  private readonly waiting = new Map<Socket, Set<string>>();
  private timer: NodeJS.Timeout | undefined;
  private interval = INTERVAL;
  private toldAt = -Infinity;

  /** @param isKnown finds out whether the journal says where a resource is */
  constructor(private readonly isKnown: (resource: string) => Promise<boolean>) {}

  add(socket: Socket, resource: string): void {
    const known = this.waiting.get(socket) ?? new Set<string>();
    this.waiting.set(socket, known.add(resource));
    if (this.timer) return;
    // A journal that answers late must not have clients read again and again.
    const isAgain = performance.now() - this.toldAt < 2 * this.interval;
    this.interval = isAgain ? Math.min(2 * this.interval, MOST_INTERVAL) : INTERVAL;
    this.lookLater();
  }

  private lookLater(): void {
    this.timer ??= setTimeout(() => void this.look(), this.interval).unref();
  }

  private async look(): Promise<void> {
    for (const socket of this.waiting.keys()) if (!socket.connected) this.waiting.delete(socket);
    for (const resource of new Set([...this.waiting.values()].flatMap((resources) => [...resources])))
      if (await this.isKnown(resource)) this.tellOf(resource);
    this.timer = undefined;
    if (this.waiting.size > 0) this.lookLater();
  }

  private tellOf(resource: string): void {
    this.toldAt = performance.now();
    for (const [socket, resources] of this.waiting) {
      if (!resources.delete(resource)) continue;
      if (resources.size === 0) this.waiting.delete(socket);
      if (Array.from(socket.rooms, resourceIn).includes(resource))
        socket.emit(STALE_EVENT, { resource } satisfies Staleness);
    }
  }
}
