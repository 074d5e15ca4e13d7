import type { ResourceRegistry } from '../../../definition/resource-registry.js';

/** How many publications wait at most for what was counted before them: each is kept in memory. */
const MOST_WAITING = 2_000;

/** How often it is told, in milliseconds, since each time may have everybody read again. */
const INTERVAL = 5_000;

interface Ways {
  /** Whether all servers hear what is published in the order of one journal. */
  isInOrder(): boolean;
  /** Whether it is known that this server does not hear the others at present. */
  isDeaf(): boolean;
  /** Has everybody read a resource again, on all servers. */
  tell(resource: string): void;
}

/**
 * Sees to publications of this server that may have gone where their records were no longer, since it had not heard
 * what others had done. Nobody knows who lacks them, so everybody reads their resources again.
 */
export class AstrayPublications {
  /** Those that are to be told. */
  private readonly resources = new Set<string>();
  /** How many publications of each resource wait for what was counted before them, and of all. */
  private readonly waiting = new Map<string, number>();
  private allWaiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private toldAt = -Infinity;

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly ways: Ways,
  ) {}

  /**
   * Waits for what was counted before a publication.
   *
   * @param arrivals fulfilled once that is here, or with `false` if it does not come
   * @returns the same, but that it is not waited for where too many wait
   */
  async untilHeard(resource: string, arrivals: Promise<boolean>): Promise<boolean> {
    if (this.allWaiting >= MOST_WAITING) {
      this.note(resource);
      return false;
    }
    this.count(resource, 1);
    const isHere = await arrivals;
    this.count(resource, -1);
    if (!isHere) this.note(resource);
    return isHere;
  }

  /**
   * Takes nothing for certain of where records are, for others may have moved them unheard. With a journal that has all
   * in order, what has gone astray meanwhile is only what has not found its place yet.
   */
  doubtLocations(): void {
    for (const { name, slices, locations } of this.registry.all()) {
      const { hasPlaced, hasOpen } = locations.doubtAll();
      if (slices.any && (this.ways.isInOrder() ? hasOpen : hasPlaced)) this.resources.add(name);
    }
    this.tellSoon();
  }

  /** Tells at once what this server will not be there to tell later. */
  end(): void {
    for (const resource of this.waiting.keys()) this.add(resource);
    if (this.ways.isDeaf()) this.doubtLocations();
    this.tellAll();
  }

  private count(resource: string, change: 1 | -1): void {
    const now = (this.waiting.get(resource) ?? 0) + change;
    if (now > 0) this.waiting.set(resource, now);
    else this.waiting.delete(resource);
    this.allWaiting += change;
  }

  private note(resource: string): void {
    this.add(resource);
    // Otherwise it is told as soon as this server hears the others again.
    if (!this.ways.isDeaf()) this.tellSoon();
  }

  private add(resource: string): void {
    if (this.registry.find(resource)?.slices.any) this.resources.add(resource);
  }

  private tellSoon(): void {
    if (this.resources.size === 0 || this.timer) return;
    const wait = this.toldAt + INTERVAL - performance.now();
    if (wait <= 0) this.tellAll();
    else this.timer = setTimeout(() => this.tellAll(), wait).unref();
  }

  private tellAll(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.resources.size === 0) return;
    this.toldAt = performance.now();
    const resources = [...this.resources];
    this.resources.clear();
    for (const resource of resources) this.ways.tell(resource);
  }
}
