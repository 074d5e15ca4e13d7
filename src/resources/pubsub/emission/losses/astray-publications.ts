import type { ResourceRegistry } from '../../../definition/resource-registry.js';

/** How many publications wait at most for what was counted before them: each is kept in memory. */
const MOST_WAITING = 2_000;

/**
 * How often it is told, in milliseconds, since each time may have everybody read again; and how often while this server
 * does not hear the others, since it is told again when it does.
 */
const INTERVAL = 5_000;
const INTERVAL_WHILE_DEAF = 30_000;

/** How long a server that leaves waits at most until it knows what has gone astray, in milliseconds. */
const LAST_WAIT = 500;

interface Ways {
  /** Whether all servers hear what is published in the order of one journal. */
  isInOrder(): boolean;
  /** Whether it is known that this server does not hear the others at present. */
  isDeaf(): boolean;
  /** Whether it is known that nothing reaches the others at present. */
  isAway(): boolean;
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
  /** How many publications of each resource the journal has not counted yet. */
  private readonly uncounted = new Map<string, number>();
  /** How many publications of each resource wait for what was counted before them, and of all. */
  private readonly waiting = new Map<string, number>();
  private allWaiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = Infinity;
  private toldAt = -Infinity;
  private hasEnded = false;
  /** Called when nothing is uncounted and nothing waits. */
  private settled: (() => void) | undefined;

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly ways: Ways,
  ) {}

  /** Takes that a publication is given to the journal. */
  begins(resource: string): void {
    add(this.uncounted, resource, 1);
  }

  /** Takes that it is counted, or never will be. */
  ends(resource: string): void {
    add(this.uncounted, resource, -1);
    // Nobody is heard any more.
    if (this.hasEnded) this.note(resource);
    else this.noteSettled();
  }

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
    this.allWaiting++;
    add(this.waiting, resource, 1);
    const isHere = await arrivals;
    this.allWaiting--;
    add(this.waiting, resource, -1);
    if (!isHere) this.note(resource);
    this.noteSettled();
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

  /** Tells what this server will not be there to tell later, and from then on everything at once. */
  async end(): Promise<void> {
    if (!this.ways.isDeaf() && !this.ways.isAway()) await this.untilSettled();
    this.hasEnded = true;
    for (const resource of this.waiting.keys()) this.toTell(resource);
    // Of these, nobody knows whether they ever will be.
    for (const resource of this.uncounted.keys()) this.resources.add(resource);
    if (this.ways.isDeaf()) this.doubtLocations();
    // What is published from now on goes by nothing that others may change unheard.
    for (const { locations } of this.registry.all()) locations.doubtAll(true);
    this.tellAll();
  }

  private async untilSettled(): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
      this.settled?.();
    }, LAST_WAIT);
    // What is settled may lead to more.
    while (!this.isSettled && !late.signal.aborted) {
      await new Promise<void>((resolve) => (this.settled = resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    clearTimeout(timer);
  }

  private get isSettled(): boolean {
    return this.uncounted.size === 0 && this.waiting.size === 0;
  }

  private noteSettled(): void {
    if (this.isSettled) this.settled?.();
  }

  private note(resource: string): void {
    this.toTell(resource);
    this.tellSoon(this.ways.isDeaf() ? INTERVAL_WHILE_DEAF : INTERVAL);
  }

  private toTell(resource: string): void {
    if (this.registry.find(resource)?.slices.any) this.resources.add(resource);
  }

  private tellSoon(interval = INTERVAL): void {
    if (this.resources.size === 0) return;
    const now = performance.now();
    const dueAt = this.toldAt + interval;
    if (dueAt <= now || this.hasEnded) return this.tellAll();
    if (this.dueAt <= dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = dueAt;
    this.timer = setTimeout(() => this.tellAll(), dueAt - now).unref();
  }

  private tellAll(): void {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
    if (this.resources.size === 0) return;
    this.toldAt = performance.now();
    const resources = [...this.resources];
    this.resources.clear();
    for (const resource of resources) this.ways.tell(resource);
  }
}

function add(counts: Map<string, number>, resource: string, change: 1 | -1): void {
  const now = (counts.get(resource) ?? 0) + change;
  if (now > 0) counts.set(resource, now);
  else counts.delete(resource);
}
