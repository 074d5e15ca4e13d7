import type { TopicPositions, Topics } from './topic-positions.js';

/**
 * How long a message waits for those before it, twice, in milliseconds: whatever arrives while the program is busy is
 * read between two timers, not before the first.
 */
const PATIENCE = 90;

/** What is to be handed on in its turn: a message or, without topics, whatever has to follow those before it. */
interface Held {
  position: number;
  /** Of a publication whose position is not known yet. */
  id?: string | undefined;
  topics?: Topics;
  handOn?: (() => void) | undefined;
  timer?: ReturnType<typeof setTimeout>;
}

/** Hands on the messages of one resource, each once and in order. One before which something is missing is held. */
export class OrderedMessages {
  /** In the order of their positions. */
  #held: Held[] = [];
  /** Whether each is patient: nothing is late while one of them holds. */
  readonly #holders = new Map<object, boolean | undefined>();

  /**
   * @param onGap called when a message is held because something before it is missing
   * @param onLoss called when that has not come in time
   */
  constructor(
    readonly positions: TopicPositions,
    private readonly onGap: () => void,
    private readonly onLoss: () => void,
  ) {}

  /** The topics in which something is missing, some of them several times. */
  get gaps(): string[] {
    return this.#held.flatMap((held) => this.#gapsBefore(held));
  }

  /**
   * @param id that of a publication which may be held without its position, and has waited since
   * @param handOn absent if the publication is not for this client, or was handed on
   */
  receive(position: number, topics: Topics, id?: unknown, handOn?: () => void): void {
    this.positions.continueAt(position - 1);
    if (this.#held.some((held) => held.topics && held.position === position)) return;
    let held = this.#held.find((one) => id && one.id === id);
    // Before what has no position of its own, and follows this one.
    if (!held) this.#held.unshift((held = { position, handOn }));
    else {
      // What has to follow it goes with it.
      for (const later of this.#held.slice(this.#held.indexOf(held))) {
        if (!later.topics) later.position = Math.max(later.position, position);
      }
    }
    Object.assign(held, { position, topics, id: undefined });
    this.#held.sort((one, other) => one.position - other.position);
    this.drain();
  }

  /**
   * Calls the function after everything that is held now.
   *
   * @param id that of a publication, which takes its own place once its position is known
   */
  afterHeld(handOn: () => void, id?: string): void {
    const last = this.#held.at(-1);
    if (!last) return handOn();
    this.#held.push({ position: last.position, id, handOn });
    this.#wait();
  }

  /**
   * Holds everything, whether something is missing or not, until the holder releases it.
   *
   * @param isPatient whether for as long as that takes, and not each message for a while
   */
  hold(holder: object, isPatient?: boolean): void {
    this.#holders.set(holder, isPatient);
    if (isPatient) this.#stopTimers();
  }

  release(holder: object): void {
    if (this.#holders.delete(holder)) this.drain();
  }

  /** Hands on what is in order. */
  drain(): void {
    while (this.#held.length > 0) {
      if (this.isHeld || this.#gapsBefore(this.#held[0]).length > 0) return this.#wait();
      this.#handOnFirst();
    }
  }

  /**
   * Hands on everything up to a position, whether something is missing or not.
   *
   * @returns whether there was anything new
   */
  handOnUpTo(position: number): boolean {
    let hasNew = false;
    while (this.#held.length > 0 && this.#held[0].position <= position) hasNew = this.#handOnFirst() || hasNew;
    return hasNew;
  }

  /** Hands on everything, and gives up what is missing before it or up to a position. */
  giveUp(position = 0): void {
    const last = Math.max(position, this.#held.at(-1)?.position ?? 0);
    this.handOnUpTo(last);
    this.positions.closeUpTo(last);
  }

  /** The connection was lost. What is held waits for the next one. */
  lost(): void {
    this.#holders.clear();
    this.#stopTimers();
    this.positions.unfollowAll();
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get isHeld(): boolean {
    return this.#holders.size > 0;
  }

  #gapsBefore({ topics }: Held): string[] {
    return topics ? this.positions.gapsIn(topics) : [];
  }

  #wait(): void {
    if ([...this.#holders.values()].includes(true)) return;
    for (const held of this.#held) {
      held.timer ??= setTimeout(() => (held.timer = setTimeout(() => this.#handOnLate(held), PATIENCE)), PATIENCE);
    }
    this.onGap();
  }

  #handOnLate({ position }: Held): void {
    let isLost = false;
    while (this.#held.length > 0 && this.#held[0].position <= position) {
      isLost ||= this.#gapsBefore(this.#held[0]).length > 0;
      this.#handOnFirst();
    }
    if (isLost) {
      this.positions.closeUpTo(position);
      this.onLoss();
    }
    this.drain();
  }

  /** @returns whether it is new */
  #handOnFirst(): boolean {
    const { position, topics, handOn, timer } = this.#held.shift() as Held;
    clearTimeout(timer);
    // The position moves before the message is handed on, whose listeners may do anything.
    const isNew = !topics || this.positions.take(position, topics);
    if (isNew) handOn?.();
    return isNew && topics !== undefined;
  }

  #stopTimers(): void {
    for (const held of this.#held) {
      clearTimeout(held.timer);
      delete held.timer;
    }
  }
}
