import { isOfSlice, resourceIn } from '../definition/resource-rooms.js';

/** The most topics that are remembered one by one. */
const MOST = 1_000;

interface Doubt {
  /** How many there were by then. */
  readonly order: number;
  /** Where the resource was then; `Infinity` as long as the journal has not said so. */
  position: number;
}

/**
 * The topics whose followers were told to read again, since a record may have left them of which others only were told.
 * Whoever has read them before that, and was not there to be told, lacks something that no journal has.
 */
export class DoubtedTopics {
  /** The topic that was doubted last is the last one. */
  private readonly doubts = new Map<string, Doubt>();
  /** The latest doubt of slices of a resource that are not remembered: it is of all of them. */
  private readonly forgotten = new Map<string, Doubt>();
  /** The order of the last doubt of each resource whose position is not known yet. */
  private readonly open = new Map<string, number>();
  private epoch: string | undefined;
  private count = 0;

  /** How many doubts there were so far: an answer of the journal is about those before its question. */
  get asked(): number {
    return this.count;
  }

  add(resource: string, topics: readonly string[]): void {
    const order = ++this.count;
    this.open.set(resource, order);
    for (const topic of topics) {
      this.doubts.delete(topic);
      this.doubts.set(topic, { order, position: Infinity });
    }
    for (const [topic, doubt] of this.doubts) {
      if (this.doubts.size <= MOST) break;
      this.doubts.delete(topic);
      const of = resourceIn(topic) ?? '';
      const before = this.forgotten.get(of)?.position ?? 0;
      this.forgotten.set(of, { ...doubt, position: Math.max(doubt.position, before) });
    }
  }

  /** @param asked how many doubts there were when the journal was asked where the resource is */
  place(resource: string, asked: number, epoch: string, position: number): void {
    const last = this.open.get(resource);
    if (last === undefined) return;
    if (this.epoch !== epoch) this.forgetPositions();
    this.epoch = epoch;
    if (last <= asked) this.open.delete(resource);
    for (const [topic, doubt] of this.doubts) if (resourceIn(topic) === resource) settle(doubt, asked, position);
    const rest = this.forgotten.get(resource);
    if (rest) settle(rest, asked, position);
  }

  /** Whether somebody lacks something who has read these topics of a resource up to these positions. */
  concern(resource: string, topics: ReadonlyMap<string, number>, epoch: string): boolean {
    if (this.doubts.size === 0 || (this.epoch !== epoch && !this.open.has(resource))) return false;
    const least = this.forgotten.get(resource)?.position ?? 0;
    for (const [topic, position] of topics) {
      const doubted = this.doubts.get(topic)?.position ?? (least > 0 && isOfSlice(topic) ? least : 0);
      if (position < doubted) return true;
    }
    return false;
  }

  /** Positions of another epoch say nothing. */
  private forgetPositions(): void {
    for (const all of [this.doubts, this.forgotten]) {
      for (const [key, { position }] of all) if (position < Infinity) all.delete(key);
    }
  }
}

function settle(doubt: Doubt, asked: number, position: number): void {
  if (doubt.position === Infinity && doubt.order <= asked) doubt.position = position;
}
