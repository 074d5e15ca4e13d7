import type { DeliveryNote } from '../../../protocol/notes.js';
import { ANY_TOPIC, type ResourcePosition } from '../../../protocol/position.js';

/** The positions of one publication, by topic: that of the one before it, and its own. */
export type Topics = Required<DeliveryNote>['topics'];

/** How many of the positions that were handed on are remembered, in order to know copies. */
const MAX_HANDED_ON = 1_000;

/** How many topics are remembered that this client does not follow. */
const MAX_FOREIGN = 1_000;

/**
 * What this client has of one resource: everything up to `base`, unless `topics` says another position. It judges only
 * topics that the connection follows, since of the others not everything is sent.
 */
export class TopicPositions {
  /** The last position that was handed on. */
  latest = 0;
  /** The epoch before this one. What is late of it cannot be judged. */
  former: string | undefined;
  readonly #topics = new Map<string, number>();
  readonly #handedOn = new Set<number>();
  readonly #followed = new Set<string>();
  readonly #foreign = new Set<string>();
  /** Topics whose positions say less than the answer to the question that is under way does. */
  readonly #unasked = new Set<string>();
  #isCutOff = false;
  /** Whether all topics are followed, until reads say what those of this client are called in a new epoch. */
  #isRenamed = false;

  constructor(
    public epoch: string,
    public base: number,
  ) {}

  /** How many topics are not at the base. */
  get topicCount(): number {
    return this.#topics.size;
  }

  get followsAny(): boolean {
    return this.#followed.size > 0;
  }

  /** What a server that is asked should begin with; `undefined` if messages were left out on purpose. */
  get since(): ResourcePosition | undefined {
    if (this.#isCutOff) return undefined;
    const base = Math.min(this.base, ...this.#topics.values());
    return { base, topics: new Map([...this.#topics].filter(([, position]) => position > base)) };
  }

  /** @returns the topics in which something is missing before this publication */
  gapsIn(topics: Topics): string[] {
    return Object.keys(topics).filter((topic) => this.#follows(topic) && topics[topic][0] > this.#has(topic));
  }

  /**
   * Moves past a publication.
   *
   * @returns whether it is new: neither a copy, nor in all that was read or given up
   */
  take(position: number, topics: Topics): boolean {
    const followed = Object.keys(topics).filter((topic) => this.#follows(topic));
    const isNew =
      !this.#handedOn.has(position) && (followed.length === 0 || followed.some((topic) => this.#has(topic) < position));
    remember(this.#handedOn, position, MAX_HANDED_ON);
    for (const topic of followed) {
      const has = this.#has(topic);
      // What one read has shown, and another topic lacks, is shown once more, and so has to be what came after it.
      if (has < position || isNew) this.#topics.set(topic, position);
      if (has > position && isNew) this.#unasked.add(topic);
    }
    if (isNew) this.latest = Math.max(this.latest, position);
    return isNew;
  }

  /** @param position that of the answer, unless what was missed of these topics follows it */
  follow(topics: readonly string[], position?: number): void {
    if (position !== undefined) this.continueAt(position);
    if (this.#isRenamed && topics.length > 0) this.#isRenamed = !this.#followed.delete(ANY_TOPIC);
    for (const topic of topics) {
      if (topic === ANY_TOPIC) this.#foreign.clear();
      this.#foreign.delete(topic);
      const isKnown = this.#followed.has(topic) || position === undefined;
      this.#followed.add(topic);
      if (isKnown) continue;
      this.#unasked.add(topic);
      if (topic === ANY_TOPIC) this.base = Math.min(this.base, position);
      else this.#topics.set(topic, position);
    }
  }

  /** Judges these topics no longer. */
  unfollow(topics: Iterable<string>): void {
    for (const topic of topics) {
      this.#followed.delete(topic);
      remember(this.#foreign, topic, MAX_FOREIGN);
    }
  }

  /** All subscriptions have ended with the connection. */
  unfollowAll(): void {
    this.#followed.clear();
    this.#foreign.clear();
    this.#isRenamed = false;
    this.former = undefined;
  }

  asks(): void {
    this.#unasked.clear();
  }

  /** Everything that the connection followed when it asked is there up to this position. */
  coverUpTo(position: number): void {
    if (!this.#unasked.has(ANY_TOPIC)) this.base = Math.max(this.base, position);
    for (const [topic, at] of this.#topics) {
      if (at <= this.base && !this.#unasked.has(topic)) this.#topics.delete(topic);
    }
  }

  /** Everything up to this position is done with, though not all of it is there. */
  closeUpTo(position: number): void {
    this.#unasked.clear();
    this.coverUpTo(position);
  }

  /** Messages are left out until the next one, or until the resource is read again. */
  cutOff(): void {
    this.#isCutOff = true;
  }

  /** What was left out on purpose ends here. */
  continueAt(position: number): void {
    if (!this.#isCutOff) return;
    this.#isCutOff = false;
    this.closeUpTo(position);
  }

  /** Begins anew: neither numbers nor names of two epochs can be compared. */
  restart(epoch: string, base: number): void {
    const isRenamed = this.followsAny;
    this.unfollowAll();
    if (isRenamed) this.#followed.add(ANY_TOPIC);
    this.#isRenamed = isRenamed;
    this.#topics.clear();
    this.#handedOn.clear();
    this.#isCutOff = false;
    this.former = this.epoch;
    this.epoch = epoch;
    this.base = base;
    this.latest = 0;
  }

  #follows(topic: string): boolean {
    return this.#followed.has(topic) || (this.#followed.has(ANY_TOPIC) && !this.#foreign.has(topic));
  }

  #has(topic: string): number {
    return this.#topics.get(topic) ?? this.base;
  }
}

/** Adds to a set of bounded size, which forgets what was added first. */
export function remember<T>(set: Set<T>, value: T, most: number): void {
  set.add(value);
  if (set.size > most) for (const first of set) return void set.delete(first);
}
