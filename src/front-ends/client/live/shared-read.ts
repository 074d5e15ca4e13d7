import type { SocketResponse } from '../../../protocol/request.js';
import { RESOURCE_HEADER, type Revocation } from '../../../protocol/subscription.js';
import { RequestError } from '../answers/request-error.js';
import type { ClientResponse } from '../answers/response.js';
import type { ConnectionState, ConnectionStatus } from '../connection/connection.js';
import type { AnyMutatingMethod } from '../requests/mutations.js';
import type { Repetition } from '../requests/repeated-reads.js';
import { LiveAnswer, warnOfSilence } from './live-answer.js';
import type { RequestOptions } from '../requests/request.options.js';
import type { SentChange } from './optimistic-changes.js';
import type { LiveRequest } from './live.options.js';
import type { LiveQuery, Reading } from './live-query.js';
import type { LiveRead, LiveReadListeners } from './reads/live-read.js';
import type { LoggedMessage, MessageLog } from './reads/message-log.js';
import { ReloadTimer } from './reads/reload-timer.js';
import { isRevoked } from './revoked-rows.js';
import { Snapshot } from './reads/snapshot.js';

/** What live queries need of their client. */
export interface LiveSource {
  status(): ConnectionStatus;
  /** @param snapshot what is there already */
  open(request: LiveRequest, listeners: LiveReadListeners, snapshot?: Snapshot): LiveRead;
  /** Calls the function when everything has followed an answer that was published since it was read. */
  afterMissed(response: SocketResponse, then: () => void): void;
  /** Calls the function after everything that is held now. */
  afterHeld(then: () => void): void;
  mutate(method: AnyMutatingMethod, url: string, data: unknown, options: RequestOptions): SentChange;
}

/** How long a revocation counts when the next one comes, in milliseconds. */
const LATELY = 60_000;

/** What all queries for the same url share, whatever their rules: the reads, and when to read again. */
export class SharedRead implements Reading {
  /** The number of the last read that was sent, of all of them. */
  static #lastNumber = 0;
  readonly queries = new Set<LiveQuery>();
  readonly #reloads = new ReloadTimer(() => this.#readAgain());
  /** Tells apart what belongs to the read of now from what belongs to those before. */
  #generation = 0;
  #read: LiveRead | undefined;
  /** Whether the read of now was answered. */
  #isAnswered = false;
  /** Whether it was refused, or ended by the server, since when nothing comes by itself. */
  #isOver = false;
  /** What was revoked while a read is under way: its answer may show that. */
  #revokedMeanwhile: Revocation[] | undefined;
  /** The number of the read that is under way, or was last. Without one, none was sent. */
  #number: number | undefined;
  /** The least number that somebody waits for. */
  #wanted = 0;
  #answer: LiveAnswer | undefined;
  /** The last answer, as long as nothing may be missing since. */
  #response: ClientResponse | undefined;
  /** The same, as long as not everything has followed that it lacks. */
  #incomplete: ClientResponse | undefined;
  #failures = 0;
  #hasWarned = false;
  /** How often it was revoked lately, and when last. */
  #revocations = 0;
  #revokedAt = -Infinity;

  constructor(
    private readonly request: LiveRequest,
    private readonly source: LiveSource,
    private readonly log: MessageLog,
  ) {}

  get isReading(): boolean {
    return this.#read !== undefined && !this.#isOver;
  }

  /** Adds a query. It is shown at once what the others have been answered. */
  add(query: LiveQuery): void {
    if (this.queries.has(query)) return;
    this.queries.add(query);
    query.reading = this;
    if (!this.#read) return this.start();
    const [answer, response] = [this.#answer, this.#response];
    if (!answer || this.#incomplete) return;
    const later = response && this.#laterThan(answer);
    if (!later) this.readSoon();
    else if (query.take(answer, response.body, later)) query.showAnswer();
  }

  /** Takes a query out, which keeps what it shows. */
  remove(query: LiveQuery): void {
    this.queries.delete(query);
    if (this.#read) query.suspend();
    if (this.queries.size === 0) this.stop();
  }

  /** Begins to read, or begins anew: what is on its way to the read before is dropped. */
  start(): void {
    const generation = ++this.#generation;
    const isOfNow = (): boolean => generation === this.#generation;
    const before = this.#read;
    this.#reloads.begun();
    this.#suspend();
    const snapshot = this.#answer ? undefined : Snapshot.of(this.request.initial);
    const onSent = (): void => {
      if (!isOfNow()) return;
      // What comes from now on may be later than the answer.
      this.#reloads.begun();
      this.#isOver = false;
      this.#revokedMeanwhile = [];
      this.#number = ++SharedRead.#lastNumber;
    };
    const onRepetition = (repetition: Repetition): void => {
      if (!isOfNow()) return;
      if (repetition.error) return this.#failed(repetition.error);
      this.#take(repetition.response);
      this.#show();
    };
    const read = this.source.open(this.request, { onSent, onRepetition }, snapshot);
    this.#read = read;
    this.#isAnswered = this.#isOver = false;
    this.#number = undefined;
    before?.replace();
    read.start().then(
      (response) => {
        if (!isOfNow()) return;
        this.#take(response);
        this.source.afterMissed(response, () => {
          if (this.#incomplete === response) this.#show();
        });
        this.#isAnswered = true;
        if (this.#wanted > (this.#number ?? 0)) read.again();
      },
      (error: unknown) => {
        if (!isOfNow()) return;
        this.#read = undefined;
        this.#failed(error as RequestError);
      },
    );
  }

  /** Ends reading, and the subscriptions on the server. What was shown stays, though not in step. */
  stop(isClosed = false): void {
    this.#generation++;
    this.#reloads.stop();
    this.#read?.end();
    this.#read = undefined;
    this.#suspend(isClosed);
  }

  /** Reads now, and resolves with what the query shows then. */
  reload(query: LiveQuery): Promise<unknown> {
    const shown = query.states.next(this.#nextNumber());
    this.#readAgain();
    this.#reloads.begun();
    return shown;
  }

  readSoon(): void {
    this.#reloads.soon();
  }

  readFromNow(): number {
    const number = this.#nextNumber();
    if (this.source.status() === 'connected') this.#readAgain();
    return number;
  }

  /** The connection has come, or has gone. */
  connectionChanged({ status, reason }: ConnectionState): void {
    if (status === 'connected' && !this.#read) this.start();
    if (status === 'connected' || !this.#read) return;
    this.#reloads.stop();
    this.#number = undefined;
    this.#suspend();
    if (reason && status === 'closed') for (const query of this.queries) query.fail(reason);
  }

  receive(logged: LoggedMessage): void {
    for (const query of this.queries) query.receive(logged);
  }

  /** Messages about a resource were lost. */
  lost(resource: string): void {
    if (!this.#answer?.resources.has(resource)) return;
    this.#suspend();
    // The client reads again by itself, but not if it was another read whose answer said so.
    this.#reloads.later(1);
  }

  /** @param isAfterHeld whether everything was handed on that was sent before it */
  revoked(revocation: Revocation, isAfterHeld = false): void {
    const answer = this.#answer;
    if ('room' in revocation || !this.#read) return;
    // It may be what the answer shows that is on its way.
    if (!answer) return this.start();
    const queries = [...this.queries];
    const isShown = [...queries, this.#incomplete].some((shown) => shown && isRevoked(revocation, answer, shown.body));
    if (!isShown) {
      this.#revokedMeanwhile?.push(revocation);
      // Who begins later may show more than those queries do.
      this.#response = undefined;
      // So it may be what a message brings that is held.
      if (!isAfterHeld) this.source.afterHeld(() => this.revoked(revocation, true));
      return;
    }
    if ('code' in revocation) {
      this.#response = this.#incomplete = undefined;
      this.#isOver = true;
      for (const query of queries) query.fail(this.#endedBy('LIMIT_EXCEEDED', 429));
      return;
    }
    if (performance.now() - this.#revokedAt > LATELY) this.#revocations = 0;
    this.#revokedAt = performance.now();
    const ids = 'ids' in revocation ? revocation.ids : undefined;
    const arePartial = queries.map((query) => query.forget(ids, this.#endedBy('REVOKED', 403)));
    // What may still be read may be read again. The route and the right may contradict each other for ever.
    if (this.#revocations++ === 0) return this.start();
    if (arePartial.every(Boolean)) this.#suspend();
    else this.stop();
    this.#reloads.later(this.#revocations);
  }

  #endedBy(code: string, statusCode: number): RequestError {
    const message = `GET ${this.request.url}: this client is no longer subscribed to it`;
    return new RequestError(message, { code, statusCode });
  }

  #suspend(isClosed = false): void {
    this.#response = this.#incomplete = undefined;
    for (const query of this.queries) query.suspend(isClosed);
  }

  /** Returns the number of the first read that is sent from now on, which somebody waits for. */
  #nextNumber(): number {
    return (this.#wanted = SharedRead.#lastNumber + 1);
  }

  /** Reads now, or as soon as there is a connection, or the answer to the read that is under way. */
  #readAgain(): void {
    if (!this.#read) this.start();
    else if (this.#isAnswered && this.source.status() === 'connected') this.#read.again();
  }

  #take(response: ClientResponse): void {
    // What was rendered, and goes on from there, is older than all that anybody waits for.
    this.#answer = new LiveAnswer(response, this.#number ?? 0);
    this.#response = undefined;
    this.#incomplete = response;
    const isSilent = response.headers[RESOURCE_HEADER] === undefined;
    if (isSilent && !this.#hasWarned) this.#hasWarned = warnOfSilence(this.request.url);
    this.#failures = 0;
  }

  /** Shows the answer, and what was published since: in that order, since what it lacked may have come last. */
  #show(): void {
    const revoked = this.#revokedMeanwhile ?? [];
    this.#revokedMeanwhile = undefined;
    const [answer, response] = [this.#answer as LiveAnswer, this.#incomplete];
    if (!response) return;
    const later = this.#laterThan(answer);
    this.#incomplete = undefined;
    this.#response = later && response;
    if (!later) this.#reloads.soon();
    const queries = [...this.queries].filter((query) => later && query.take(answer, response.body, later));
    // The answer may show it, or what was published since.
    for (const one of revoked) if (this.#isAnswered) this.revoked(one, true);
    for (const query of queries) query.showAnswer();
  }

  /** Returns what was handed on since an answer was read; `undefined` if not all of that is known any more. */
  #laterThan(answer: LiveAnswer): LoggedMessage[] | undefined {
    const later: LoggedMessage[] = [];
    for (const resource of answer.resources) {
      const end = answer.endOf(resource);
      const since = end ? this.log.after(resource, end.epoch, end.base) : [];
      if (!since) return undefined;
      later.push(...since);
    }
    return later;
  }

  #failed(error: RequestError): void {
    const isClosed = this.source.status() === 'closed';
    const number = isClosed ? undefined : this.#number;
    this.#response = this.#incomplete = undefined;
    for (const query of this.queries) query.fail(error, number);
    if (isClosed) return;
    const isTemporary = error.statusCode === 0 || error.statusCode === 429 || error.statusCode >= 500;
    if (!this.#read && number !== undefined && this.#wanted > number) this.start();
    else if (isTemporary) this.#reloads.later(this.#failures++);
    else this.#isOver = true;
  }
}
