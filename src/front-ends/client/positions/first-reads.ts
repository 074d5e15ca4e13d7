import type { Recovered } from '../../../protocol/position.js';
import { afterMicrotasks } from './after-microtasks.js';

/** How long an answer is waited for to be complete, in milliseconds. */
const PATIENCE = 5_000;

interface FirstRead {
  resources: readonly string[];
  timer: ReturnType<typeof setTimeout>;
  /** What is to be called when it is complete. */
  onComplete?: () => void;
}

/** The answers to reads for the first time that are not complete: what was published meanwhile follows them. */
export class FirstReads {
  readonly #all = new Map<unknown, FirstRead>();

  /**
   * @param afterHeld calls a function after what has followed
   * @param onLoss called when something does not follow, after whoever has read has the answer
   */
  constructor(
    private readonly afterHeld: (handOn: () => void) => void,
    private readonly onLoss: (resource: string) => void,
  ) {}

  /** @param id what ends that which follows */
  answered(id: unknown, resources: readonly string[]): void {
    this.#all.set(id, { resources, timer: setTimeout(() => this.#lose(id), PATIENCE) });
  }

  /** Calls the function when an answer is complete, or never will be, after the loss is told. */
  whenComplete(id: unknown, onComplete: () => void): void {
    const read = this.#all.get(id);
    if (read) read.onComplete = onComplete;
    else this.afterHeld(onComplete);
  }

  /** @returns whether it ends what follows one of these answers */
  recovered({ id, recovered, resources }: Partial<Recovered>): boolean {
    const read = this.#all.get(id);
    if (!read) return false;
    // Both may have come at once, before anybody has the answer.
    if (recovered === false) afterMicrotasks(() => this.#lose(id, resources));
    else this.#end(id, read);
    return true;
  }

  /** Nothing follows any more. */
  lost(): void {
    for (const { timer } of this.#all.values()) clearTimeout(timer);
    this.#all.clear();
  }

  /** What is lost is read again. */
  #lose(id: unknown, lost?: readonly string[]): void {
    const read = this.#all.get(id);
    if (!read) return;
    for (const resource of lost ?? read.resources) this.onLoss(resource);
    this.#end(id, read);
  }

  #end(id: unknown, { timer, onComplete }: FirstRead): void {
    clearTimeout(timer);
    this.#all.delete(id);
    if (onComplete) this.afterHeld(onComplete);
  }
}
