import { formatPosition, type MissingAnswer, type MissingQuestion, parsePosition } from '../../../protocol/position.js';
import type { SocketResponse } from '../../../protocol/request.js';
import type { KnownResources } from './known-resources.js';

/** How long to wait before asking for what is missing, which may just be late, in milliseconds. */
const LATENESS = 50;

/** How often to ask whether anything is missing, in milliseconds, and by how much that varies. */
const CHECK_INTERVAL = 25_000;
const CHECK_JITTER = 15_000;

/** How long to wait for an answer, in milliseconds. */
const TIMEOUT = 5_000;

/** The most topics of one question. */
const MAX_TOPICS = 100;

type Timer = ReturnType<typeof setTimeout>;

/** Asks the server for what is missing, one question at a time. */
export class MissingQuestions {
  /** The gaps that the question is about, by resource. */
  readonly #gaps = new Map<string, readonly string[]>();
  /** Another one for each question: an answer to an earlier one, or on an earlier connection, means nothing. */
  #question: Timer | undefined;
  #soon: Timer | undefined;
  #check: Timer | undefined;
  /** Runs while nothing may be asked. */
  #rest: Timer | undefined;

  /**
   * @param onRecovered called when what was missing is there
   * @param onLoss called when it will never be
   */
  constructor(
    private readonly known: KnownResources,
    private readonly send: (question: MissingQuestion, take: (answer: unknown) => void) => void,
    private readonly onRecovered: (resource: string) => void,
    private readonly onLoss: (resource: string) => void,
  ) {}

  /** Asks for what is missing, unless it comes by itself. */
  askSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#ask(this.#gapped());
    }, LATENESS);
  }

  /** Asks now and then, since nothing shows that the last message is missing. */
  checkLater(): void {
    if (this.#check) return;
    const delay = CHECK_INTERVAL + Math.random() * CHECK_JITTER;
    this.#check = setTimeout(() => {
      this.#check = undefined;
      if (this.checkNow()) this.checkLater();
    }, delay);
    // Only Node's timers have this. The connection keeps the program running, if anything does.
    (this.#check as { unref?(): void }).unref?.();
  }

  /** @returns whether there is anything to ask about */
  checkNow(): boolean {
    const names = this.known.namesWhere(({ positions }) => positions.followsAny);
    this.#ask(names);
    return names.length > 0;
  }

  /** What was missing of a resource was given up. */
  forget(resource: string): void {
    this.#gaps.delete(resource);
  }

  lost(): void {
    for (const timer of [this.#soon, this.#check, this.#rest, this.#question]) clearTimeout(timer);
    this.#soon = this.#check = this.#rest = this.#question = undefined;
    this.#gaps.clear();
  }

  #ask(names: readonly string[]): void {
    const since = this.known.since(names);
    if (!since || this.#question || this.#rest) return;
    const asked = [...since.resources.keys()];
    for (const name of asked) {
      const messages = this.known.get(name);
      messages?.positions.asks();
      this.#gaps.set(name, messages?.gaps ?? []);
    }
    const topics = [...new Set([...this.#gaps.values()].flat())].slice(0, MAX_TOPICS);
    const answered = (answer: unknown): void => {
      if (this.#question !== question) return;
      clearTimeout(question);
      this.#question = undefined;
      const { body, headers } = (answer ?? {}) as Partial<SocketResponse<Partial<MissingAnswer>>>;
      this.#take(asked, body ?? {});
      this.#gaps.clear();
      const seconds = Number(headers?.['retry-after']);
      if (seconds > 0) this.#pause(seconds);
      this.#ask(names.filter((name) => !since.resources.has(name)));
      if (this.#gapped().length > 0) this.askSoon();
    };
    const question = setTimeout(answered, TIMEOUT);
    this.#question = question;
    this.send({ since: formatPosition(since), ...(topics.length > 0 && { topics }) }, answered);
  }

  #pause(seconds: number): void {
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.askSoon();
    }, seconds * 1_000);
  }

  #gapped(): string[] {
    return this.known.namesWhere(({ gaps }) => gaps.length > 0);
  }

  #take(asked: readonly string[], { recovered, resources, foreign = [], position }: Partial<MissingAnswer>): void {
    const reached = parsePosition(position);
    for (const name of asked) {
      const base = reached?.resources.get(name)?.base;
      const messages = this.known.get(name);
      // What follows the answer to a read is there soon.
      if (!reached || !messages || base === undefined || messages.isHeld) continue;
      const { positions } = messages;
      positions.unfollow(foreign);
      if (positions.epoch !== reached.epoch) {
        this.known.of(name, reached.epoch, base);
        continue;
      }
      const isLost = recovered !== true && (resources?.includes(name) ?? true);
      if (isLost) {
        messages.giveUp(base);
        this.onLoss(name);
        continue;
      }
      messages.handOnUpTo(base);
      positions.coverUpTo(base);
      const gaps = this.#gaps.get(name) ?? [];
      if (gaps.some((topic) => !foreign.includes(topic))) this.onRecovered(name);
      messages.drain();
    }
  }
}
