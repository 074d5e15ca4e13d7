import type { DeliveryNote } from '../../../protocol/notes.js';
import {
  type MissingQuestion,
  parsePosition,
  parseTopics,
  POSITION_HEADER,
  type Positions,
  type Recovered,
  RECOVERY_HEADER,
  TOPICS_HEADER,
} from '../../../protocol/position.js';
import type { SocketResponse } from '../../../protocol/request.js';
import { isRecord } from '../assertions.js';
import { callListener } from '../resource-listeners.js';
import { afterMicrotasks } from './after-microtasks.js';
import { FirstReads } from './first-reads.js';
import { KnownResources } from './known-resources.js';
import { MissingQuestions } from './missing-questions.js';
import type { Resumption } from './resumption.js';
import { Resumptions } from './resumptions.js';
import { remember, type Topics } from './topic-positions.js';

/** Messages about a resource were missing. */
export interface Gap {
  resource: string;
  /** Whether listeners have heard them by now, in order. Otherwise they never will: read again what is shown. */
  recovered: boolean;
}

/** The reads that are repeated. */
interface Reads {
  haveRead(resource: string): boolean;
  repeatReadsOf(resource: string): void;
}

/** How many topics of a resource may be past its base before the client asks, so that the base moves. */
const MANY_TOPICS = 200;

/** How many ids of publications are remembered. */
const MAX_IDS = 1_000;

/** Sees what is missing of what the server sends, and has it handed on once and in order. */
export class Recovery {
  readonly resumptions: Resumptions;
  readonly #known: KnownResources;
  readonly #questions: MissingQuestions;
  readonly #listeners = new Set<{ listener: (gap: Gap) => void }>();
  readonly #firstReads: FirstReads;
  /** The epochs in which publications came with their positions, by id; `undefined` if that was another connection. */
  readonly #placed = new Map<unknown, string | undefined>();
  /** The ids of those that came without. */
  readonly #unplaced = new Set<unknown>();
  /** What was told of a reconnect. */
  readonly #told = new Set<string>();

  /** @param ask sends a question, and calls the function with the answer */
  constructor(
    private readonly reads: Reads,
    ask: (question: MissingQuestion, take: (answer: unknown) => void) => void,
  ) {
    const onGap = (): void => this.#questions.askSoon();
    const onLoss = (resource: string): void => this.#lost(resource);
    const onRecovered = (resource: string): void => this.#tell(resource, true);
    this.#known = new KnownResources(onGap, onLoss);
    this.#questions = new MissingQuestions(this.#known, ask, onRecovered, onLoss);
    this.#firstReads = new FirstReads((handOn) => this.afterHeld(handOn), onLoss);
    this.resumptions = new Resumptions(this.#known, onRecovered, (resource) => this.#tell(resource, false));
  }

  onGap(listener: (gap: Gap) => void): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /**
   * Takes what the server has sent.
   *
   * @param handOn absent if there is nothing but the note
   */
  receive(resource: string, note: unknown, handOn?: () => void): void {
    const publication = publicationIn(note);
    const { id } = (note ?? {}) as Partial<DeliveryNote>;
    if (!publication) return this.#receiveUnplaced(resource, id, handOn);
    const { epoch, topics, position } = publication;
    const messages = this.#known.of(resource, epoch, position - 1);
    // What was counted right before the journal lost its data, its server may have counted once more.
    const isCopy = (this.#placed.get(id) ?? epoch) !== epoch;
    const handOnOnce = isCopy ? undefined : handOn;
    this.#notePlaced(id, epoch);
    if (!messages) return handOnOnce?.();
    messages.receive(position, topics, id, this.#unplaced.delete(id) ? undefined : handOnOnce);
    if (messages.positions.topicCount > MANY_TOPICS) this.#questions.checkNow();
  }

  /** Calls the function after everything that is held now, of one resource or of all. */
  afterHeld(handOn: () => void, resource?: string): void {
    this.#known.afterHeld(handOn, resource);
  }

  /**
   * Takes what an answer says, before anything that follows it.
   *
   * @param since what its client had if it is not one that is repeated: what was published since follows
   */
  answered(response: SocketResponse, resumption?: Resumption, since?: Positions): void {
    resumption?.answered(response);
    const { [POSITION_HEADER]: position, [TOPICS_HEADER]: names, [RECOVERY_HEADER]: id } = response.headers;
    const answer = parsePosition(position);
    if (!answer) return;
    if (!resumption && id !== undefined) this.#firstReads.answered(id, [...answer.resources.keys()]);
    const topics = [...parseTopics(names)];
    for (const [resource, { base: reached }] of answer.resources) {
      const begin = since?.epoch === answer.epoch ? since.resources.get(resource)?.base : undefined;
      const base = Math.min(reached, begin ?? reached);
      const messages = this.#known.of(resource, answer.epoch, base);
      if (!messages) continue;
      const isContinued = this.resumptions.continues(resource, answer.epoch);
      messages.positions.follow(topics, isContinued ? undefined : base);
      if (resumption) continue;
      // What follows the answer is not handed on before the caller has it.
      messages.hold(answer);
      afterMicrotasks(() => messages.release(answer));
    }
    if (topics.length > 0) this.#questions.checkLater();
  }

  /** Takes the end of what follows the answer to a read. */
  recovered(end?: Partial<Recovered> | null): void {
    const ended = end ?? {};
    if (!this.#firstReads.recovered(ended)) this.resumptions.recovered(ended);
  }

  /** Calls the function when everything has followed a first answer that it lacks, or is told to be lost. */
  afterMissed({ headers }: SocketResponse, then: () => void): void {
    this.#firstReads.whenComplete(headers[RECOVERY_HEADER], then);
  }

  /** Takes that the server leaves out messages about a resource. */
  cutOff(resource: string): void {
    const messages = this.#known.get(resource);
    messages?.handOnUpTo(Infinity);
    messages?.positions.cutOff();
  }

  /** @param repeatReads begins to repeat all reads */
  connected(repeatReads: () => void): void {
    repeatReads();
    this.#known.giveUpUnless((_, { isHeld }) => isHeld);
  }

  /** Forgets what belongs to the connection, but not what it has brought. */
  lost(): void {
    this.#questions.lost();
    this.resumptions.lost();
    this.#firstReads.lost();
    this.#told.clear();
    for (const id of this.#placed.keys()) this.#placed.set(id, undefined);
    // Where a read is repeated, what is missing may still come.
    this.#known.giveUpUnless((resource) => this.reads.haveRead(resource));
    for (const [, messages] of this.#known.all()) messages.lost();
  }

  /** Takes what the server sends before it knows the position. With it, the same may be sent, too. */
  #receiveUnplaced(resource: string, id: string | undefined, handOn?: () => void): void {
    const messages = this.#known.get(resource);
    if (!messages || !handOn) return handOn?.();
    if (id !== undefined && this.#placed.has(id)) return;
    remember(this.#unplaced, id, MAX_IDS);
    messages.afterHeld(handOn, id);
  }

  #notePlaced(id: unknown, epoch: string): void {
    if (id === undefined) return;
    this.#placed.set(id, epoch);
    if (this.#placed.size > MAX_IDS) for (const first of this.#placed.keys()) return void this.#placed.delete(first);
  }

  #lost(resource: string): void {
    this.#questions.forget(resource);
    this.#tell(resource, false);
    // Those of a new connection are repeated anyway.
    if (!this.resumptions.isReconnecting(resource)) this.reads.repeatReadsOf(resource);
  }

  #tell(resource: string, recovered: boolean): void {
    const news = `${recovered} ${resource}`;
    if (this.resumptions.isReconnecting(resource)) {
      if (this.#told.has(news)) return;
      this.#told.add(news);
    }
    for (const { listener } of [...this.#listeners]) callListener(listener, { resource, recovered });
  }
}

/** Reads the positions of a publication; `undefined` if there are none. */
function publicationIn(note: unknown): { epoch: string; topics: Topics; position: number } | undefined {
  const { epoch, topics } = (note ?? {}) as Partial<DeliveryNote>;
  if (typeof epoch !== 'string' || !isRecord(topics)) return undefined;
  const pairs = Object.values(topics);
  if (pairs.length === 0 || !pairs.every((pair) => Array.isArray(pair) && pair.every(Number.isSafeInteger))) {
    return undefined;
  }
  return { epoch, topics, position: Math.max(...pairs.flat()) };
}
