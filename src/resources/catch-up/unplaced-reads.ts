import type { Socket } from 'socket.io';
import { STALE_EVENT, type Staleness } from '../../protocol/notes.js';
import { resourceIn } from '../definition/resource-rooms.js';

/** How often it is tried whether the journal answers again, in milliseconds. */
const INTERVAL = 1_000;

/**
 * Has clients read again what they have read while the journal that servers share did not answer, as soon as it does.
 * What they had missed by then is not known, nor do they notice what they miss afterwards.
 */
export class UnplacedReads {
  /** The resources of which each socket has read something. */
  private readonly waiting = new Map<Socket, Set<string>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param isKnown finds out whether the journal says where a resource is */
  constructor(private readonly isKnown: (resource: string) => Promise<boolean>) {}

  add(socket: Socket, resource: string): void {
    const known = this.waiting.get(socket) ?? new Set<string>();
    this.waiting.set(socket, known.add(resource));
    this.lookLater();
  }

  private lookLater(): void {
    this.timer ??= setTimeout(() => void this.look(), INTERVAL).unref();
  }

  private async look(): Promise<void> {
    for (const socket of this.waiting.keys()) if (!socket.connected) this.waiting.delete(socket);
    const [first] = this.waiting.values();
    const [resource] = first ?? [];
    if (resource !== undefined && (await this.isKnown(resource))) this.tellAll();
    this.timer = undefined;
    if (this.waiting.size > 0) this.lookLater();
  }

  private tellAll(): void {
    for (const [socket, resources] of this.waiting) {
      const subscribed = new Set(Array.from(socket.rooms, resourceIn));
      for (const resource of resources) {
        if (subscribed.has(resource)) socket.emit(STALE_EVENT, { resource } satisfies Staleness);
      }
    }
    this.waiting.clear();
  }
}
