import type { Recovered } from '../../../protocol/position.js';
import type { KnownResources } from './known-resources.js';
import { type Outcome, Resumption } from './resumption.js';

/** How long a repeated read, and what was missed until its answer, is waited for, in milliseconds. */
const PATIENCE = 5_000;

/** The repetitions of reads. What was missed is handed on, then the answer is shown, then what is later follows. */
export class Resumptions {
  /** In the order in which they began. */
  readonly #all = new Set<Resumption>();
  /** Up to where all reads of a reconnect that were shown have reached, by resource. */
  readonly #reached = new Map<string, number>();

  /**
   * @param onRecovered called when something was missed, and is handed on
   * @param onLoss called when something was missed, and is lost
   */
  constructor(
    private readonly known: KnownResources,
    private readonly onRecovered: (resource: string) => void,
    private readonly onLoss: (resource: string) => void,
  ) {}

  /**
   * Begins a repetition. Until it is shown, messages about what the read has read are held.
   *
   * @param isPatient whether each may be held for all that time: nothing else keeps the answer from being overtaken
   */
  begin(resources: ReadonlySet<string>, isReconnect: boolean, isPatient: boolean): Resumption {
    const known = [...resources].filter((resource) => this.known.get(resource));
    const resumption = new Resumption(resources, this.known.since(known), isReconnect);
    this.#all.add(resumption);
    for (const resource of known) this.known.get(resource)?.hold(resumption, isPatient);
    resumption.timer = setTimeout(() => this.#isTooLate(resumption), PATIENCE);
    return resumption;
  }

  /** Ends a repetition, whether it was answered or not. */
  end(resumption: Resumption, show: (outcome: Outcome) => void): void {
    resumption.end(show);
    if (this.#all.has(resumption)) this.#settle();
    else this.#show(resumption);
  }

  /** Takes the end of what follows an answer. */
  recovered(recovered: Partial<Recovered>): void {
    if ([...this.#all].some((each) => each.take(recovered))) this.#settle();
  }

  /** Whether what was missed of a resource follows an answer. */
  continues(resource: string, epoch: string): boolean {
    return [...this.#all].some((each) => each.continues(resource, epoch));
  }

  /** Whether all reads of the resource are repeated, on a new connection. */
  isReconnecting(resource: string): boolean {
    return [...this.#all].some((each) => each.isReconnect && each.resources.has(resource));
  }

  lost(): void {
    for (const resumption of this.#all) resumption.cancel();
    this.#all.clear();
    this.#reached.clear();
  }

  #isTooLate(resumption: Resumption): void {
    resumption.fail();
    if (!resumption.isDone) {
      this.#tellLosses(resumption);
      this.#forget(resumption);
    }
    this.#settle();
  }

  #settle(): void {
    const all = [...this.#all];
    const undone = all.filter(({ isDone, isReconnect }) => !isDone && isReconnect);
    // Its turn comes after those of the same resource that began before it, and all of those of a new connection.
    const awaited = new Set(undone.flatMap(({ resources }) => [...resources]));
    const ready = all.filter(({ isDone, answer, resources }) => {
      if (isDone) return !answer || ![...resources].some((resource) => awaited.has(resource));
      for (const resource of resources) awaited.add(resource);
      return false;
    });
    ready.sort((one, other) => one.extent - other.extent);
    for (const resumption of ready) if (this.#all.has(resumption)) this.#show(resumption);
  }

  #show(resumption: Resumption): void {
    const { answer, lost, resources, isReconnect, isRecovered } = resumption;
    let isOvertaken = false;
    for (const [resource, { base }] of answer?.resources ?? []) {
      const messages = this.known.get(resource);
      if (!messages || messages.positions.epoch !== answer?.epoch) continue;
      const hasMissed = messages.handOnUpTo(base);
      // What was missed since an answer that said no position, nobody can say.
      if (isReconnect && resources.has(resource) && !resumption.continues(resource, answer.epoch)) lost.push(resource);
      if (lost.includes(resource)) messages.positions.closeUpTo(base);
      if (isReconnect && isRecovered) {
        if (hasMissed) this.onRecovered(resource);
        this.#reach(resource, base, resumption);
      }
      isOvertaken ||= messages.positions.latest > base;
    }
    this.#tellLosses(resumption);
    resumption.show(isOvertaken);
    this.#forget(resumption);
  }

  /** Raises the base of a resource when the last of its reads is shown: together they follow all that is followed. */
  #reach(resource: string, base: number, resumption: Resumption): void {
    const reached = Math.min(base, this.#reached.get(resource) ?? base);
    this.#reached.set(resource, reached);
    if ([...this.#all].some((each) => each !== resumption && each.isReconnect && each.resources.has(resource))) return;
    this.#reached.delete(resource);
    this.known.get(resource)?.positions.coverUpTo(reached);
  }

  #tellLosses(resumption: Resumption): void {
    for (const resource of resumption.lost.splice(0)) if (this.known.get(resource)) this.onLoss(resource);
  }

  #forget(resumption: Resumption): void {
    clearTimeout(resumption.timer);
    this.#all.delete(resumption);
    for (const resource of resumption.resources) this.known.get(resource)?.release(resumption);
  }
}
