import { randomUUID } from 'node:crypto';
import { debugLog } from '../../../../common/log.js';
import { isRecord } from '../../../../common/type-guards.js';
import { sendLate } from '../../../../server/cluster/delivery/late-sends.js';
import { hearOtherServers, tellOtherServers } from '../../../../server/cluster/server-messages.js';
import type { RecordId } from '../../../../protocol/resource-message.js';
import type { SocketsServer } from '../../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../../definition/resource-registry.js';
import type { Resource } from '../../../definition/resource.js';
import type { PublicationJournal } from '../../../journal/publication-journal.js';
import { GONE, type SliceFields } from '../../../slices/slices.js';
import { UncertainSlices } from '../../../subscriptions/uncertain-slices.js';
import type { Publication } from '../../publication.js';
import { RecordNews } from '../../record-news.js';
import { writableFields } from './location-news.js';

const debug = debugLog('resources');

const ENDS = 'asks-no-more';

/** How long the other servers have to answer, in milliseconds, and of how many publications at once. */
const ANSWER_TIME = 10_000;
const MAX_ASKED = 2_000;

/** Where a record was is asked about a publication of it. */
interface Question {
  /** The slices of which watchers hear the publication. */
  told: readonly string[];
  /** Who is to be answered; absent if whoever knows is to have the watchers of all others read again. */
  by?: string;
  /** Absent if the asker could not keep the publication. */
  number?: number;
}

/** A publication that says where its record is, as far as it does, but not in which slices it was. */
interface Asked {
  publication: Publication;
  omitted: readonly string[];
  at: number;
  /** The slices of which watchers were told since. */
  told: Set<string>;
  /** Those among them of which watchers were told to read again. */
  uncertain: Set<string>;
}

type Leave = (publication: Publication, keys: readonly string[], omitted: readonly string[]) => void;

/** What another server has been told of the slices that a record was in. */
interface Answered {
  server: string;
  resource: Resource;
  keys: readonly string[];
  at: number;
}

/**
 * Asks the other servers where a record was that is published, if this one does not know it: those who watch a slice
 * that it was in still have it. They are told that it has left. Those who watch where it may be still read again: of a
 * publication that does not say where the record is, all of them, for which the others are asked once it is on its way.
 */
export class SliceQuestions {
  private readonly questions: RecordNews;
  private readonly answers: RecordNews;
  private readonly uncertain: UncertainSlices;
  private readonly server = randomUUID();
  /** By the numbers of questions. */
  private readonly asked = new Map<number, Asked>();
  private readonly askedAbout = new WeakMap<Publication, Asked>();
  private lastNumber = 0;
  /** Tells the watchers of slices that a record was in, and no longer is. */
  private leave: Leave = () => {};
  private given: Answered[] = [];
  private isEnding = false;

  constructor(
    private readonly sockets: SocketsServer,
    registry: ResourceRegistry,
    journal: PublicationJournal | undefined,
  ) {
    this.questions = new RecordNews(sockets, registry, 'where-was');
    this.answers = new RecordNews(sockets, registry, 'was-placed');
    this.uncertain = new UncertainSlices(sockets, registry, journal);
  }

  /** @param leave tells the watchers of slices that a record was in by what another server knows, and no longer is */
  listen(leave: Leave): void {
    this.leave = leave;
    this.questions.listen((resource, id, question) => {
      const known = placesOf(resource, id);
      if (!known || !isQuestion(question)) return;
      const keys = untoldIn(resource, known, question);
      if (question.by === undefined || !this.give(question.by, resource, keys)) this.uncertain.tell(resource, keys);
      // What the asker publishes is counted before the others hear what it makes of the answer.
      if (question.by !== undefined) this.answers.tell(resource, id, { was: writableFields(known), question });
    });
    hearOtherServers(this.sockets.namespace('/'), ENDS, (server) => {
      const isOpen = (one: Answered): boolean => one.server === server && performance.now() - one.at < ANSWER_TIME;
      for (const { resource, keys } of this.given.filter(isOpen)) this.uncertain.tell(resource, keys);
    });
    this.answers.listen((resource, id, answer) => {
      const { was, question } = (answer ?? {}) as { was?: unknown; question?: unknown };
      if (!isRecord(was) || !isQuestion(question) || question.by !== this.server) return;
      this.answered(resource, id, resource.slices.fieldsOf(was), question);
    });
    this.uncertain.listen();
  }

  /** Asks the other servers where records were that were moved, before they are told where they are. */
  ask(publication: Publication, omitted: readonly string[]): void {
    const { resource, unplaced = [] } = publication;
    if (!isMove(publication)) {
      // What is to be asked afterwards may come too late.
      if (this.isEnding) this.askForWatchers(publication);
      return;
    }
    const told = toldBy(publication);
    for (const id of unplaced) {
      const asked = {
        publication,
        omitted,
        at: performance.now(),
        told: new Set<string>(),
        uncertain: new Set<string>(),
      };
      const number = this.hold(asked);
      const question: Question = { told, by: this.server, number };
      this.questions.tell(resource, id, question);
      this.answerItself(publication, id, question);
    }
    if (this.isEnding) this.askNoMore();
  }

  /**
   * Has those read again who watch a slice that a record may be in, by what other servers know, once its publication is
   * on its way, and once more when it is counted late: the others note how far that goes, and whoever has read less
   * lacks something.
   */
  haveWatchersRead(publication: Publication): void {
    const { resource } = publication;
    if (!isMove(publication)) return this.askForWatchers(publication);
    this.uncertain.tell(resource, [...(this.askedAbout.get(publication)?.uncertain ?? [])]);
    if (this.isEnding) this.askNoMore();
  }

  /** Has those read again who watch slices. */
  haveRead(resource: Resource, slices: readonly string[]): void {
    this.uncertain.tell(resource, slices);
  }

  /** Does so where this server knows, of a publication that is told in place of its own server. */
  haveOwnWatchersRead(resource: Resource, id: RecordId, told: readonly string[]): void {
    const known = placesOf(resource, id);
    if (known) this.uncertain.tell(resource, untoldIn(resource, known, { told }));
  }

  private askForWatchers(publication: Publication): void {
    const { resource, unplaced = [] } = publication;
    const told = toldBy(publication);
    for (const id of unplaced) {
      this.questions.tell(resource, id, { told } satisfies Question);
      this.haveOwnWatchersRead(resource, id, told);
    }
  }

  /** Answers by what this server has known before it has missed something, once what it asks for is on its way. */
  private answerItself({ resource, doubted: was }: Publication, id: RecordId, question: Question): void {
    if (was) queueMicrotask(() => sendLate(() => this.answered(resource, id, was, question)));
  }

  /** Has whoever knows where records were see to it that this is told, since this server will not be there. */
  end(): void {
    this.isEnding = true;
    if (this.asked.size > 0 && this.sockets.exists) this.askNoMore();
    this.uncertain.end();
  }

  private askNoMore(): void {
    tellOtherServers(this.sockets.namespace('/'), ENDS, [this.server]);
  }

  /** @returns whether a server can be answered: if it ends, this one sees to what it has not told */
  private give(server: string, resource: Resource, keys: readonly string[]): boolean {
    const at = performance.now();
    const first = this.given.findIndex((one) => at - one.at < ANSWER_TIME);
    if (first !== 0) this.given = first < 0 ? [] : this.given.slice(first);
    if (this.given.length >= MAX_ASKED) return false;
    if (keys.length > 0) this.given.push({ server, resource, keys, at });
    return true;
  }

  /** @returns the number by which it is known; `undefined` if there are too many */
  private hold(asked: Asked): number | undefined {
    for (const [number, { at }] of this.asked) {
      if (asked.at - at < ANSWER_TIME) break;
      this.asked.delete(number);
    }
    if (this.asked.size >= MAX_ASKED) return undefined;
    const number = ++this.lastNumber;
    this.asked.set(number, asked);
    this.askedAbout.set(asked.publication, asked);
    return number;
  }

  /** @param was where the record was, by what a server knows */
  private answered(resource: Resource, id: RecordId, was: SliceFields, question: Question): void {
    const asked = this.asked.get(question.number ?? 0);
    const untold = untoldIn(resource, was, question).filter((key) => !asked?.told.has(key));
    for (const key of untold) asked?.told.add(key);
    // It may have moved once more.
    const now = resource.locations.find(id) ?? {};
    const isGone = asked?.publication.placed?.now === GONE;
    // Those that it may be in still, for all that the publication says.
    const possible = asked ? resource.slices.keysOf(isGone ? now : { ...was, ...now }) : untold;
    const uncertain = untold.filter((key) => possible.includes(key));
    const left = untold.filter((key) => !possible.includes(key));
    debug?.(`a server knew of ${untold.length} more slice(s) of ${resource.name} ${id}; ${left.length} left`);
    for (const key of uncertain) asked?.uncertain.add(key);
    this.uncertain.tell(resource, uncertain);
    if (asked && left.length > 0) this.leave(asked.publication, left, asked.omitted);
  }
}

/** Tells whether a publication says where its record is: otherwise nothing says that it has left a slice. */
function isMove({ placed }: Publication): boolean {
  return placed !== undefined && (placed.now === GONE || Object.keys(placed.now).length > 0);
}

/** Returns the slices of which watchers hear a publication. */
export function toldBy({ resource, recipients, placed }: Publication): string[] {
  const now = placed && placed.now !== GONE ? placed.now : {};
  return [...new Set([...recipients.slices, ...resource.slices.keysOf(now)])];
}

/** Returns where a record is by what is remembered of it, and may be by what was before something was missed. */
function placesOf({ locations }: Resource, id: RecordId): SliceFields | undefined {
  const [known, doubted] = [locations.find(id), locations.doubtedOf(id)];
  return doubted ? { ...doubted, ...known } : known;
}

/** Returns the slices that a record is in by what one server knows, and of which watchers have not heard. */
function untoldIn({ slices }: Resource, known: SliceFields, { told }: Question): string[] {
  return slices.keysOf(known).filter((key) => !told.includes(key));
}

function isQuestion(value: unknown): value is Question {
  return isRecord(value) && Array.isArray(value.told);
}
