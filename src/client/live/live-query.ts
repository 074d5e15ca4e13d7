import type { SocketResponse } from '../../protocol/request.js';
import type { ResourceMessage } from '../../protocol/resource-message.js';
import type { Revocation } from '../../protocol/subscription.js';
import { isRecord } from '../assertions.js';
import { RequestError } from '../answers/request-error.js';
import type { Repetition } from '../requests/repeated-reads.js';
import { applyMessage, GONE, UNCERTAIN } from './rows/apply-message.js';
import { KnownFields } from './rows/known-fields.js';
import { LiveAnswer } from './live-answer.js';
import type { LiveRequest } from './live.options.js';
import { LiveStates } from './live-states.js';
import type { LoggedMessage, MessageLog } from './message-log.js';
import { changeBetween, type LiveChange, reconcile } from './rows/reconcile.js';
import { isRevoked } from './revoked-rows.js';
import { ReloadTimer } from './reload-timer.js';
import { Rows } from './rows/rows.js';
import { Snapshot } from './snapshot.js';

/** One read of a live query, until it is ended. */
export interface LiveRead {
  start(): Promise<SocketResponse>;
  /** @returns whether it begins now, and not after one that is under way */
  again(): boolean;
  /** Ends it for another one of the same, which keeps the subscriptions. */
  replace(): void;
  /** Ends it, and its subscriptions. */
  end(): void;
}

/** What live queries need of their client. */
export interface LiveSource {
  readonly isClosed: boolean;
  /** @param snapshot what is there already */
  open(request: LiveRequest, onRepetition: (repetition: Repetition) => void, snapshot?: Snapshot): LiveRead;
  /** Calls the function when everything has followed an answer that was published since it was read. */
  afterMissed(response: SocketResponse, then: () => void): void;
}

/** How long a revocation counts when the next one comes, in milliseconds. */
const LATELY = 60_000;

/** The statuses of answers that say that there is nothing to show, or not to this client. */
const REFUSALS = [401, 403, 404, 410];

/** A query that is kept in step with the server, for all who ask for the same. */
export class LiveQuery {
  readonly states: LiveStates;
  readonly #fields = new KnownFields();
  readonly #reloads = new ReloadTimer(() => this.#readAgain());
  /** Tells apart what belongs to the read of now from what belongs to those before. */
  #generation = 0;
  #read: LiveRead | undefined;
  #answer: LiveAnswer | undefined;
  /** What the answer has become. It is shown once everything is there that the answer lacks. */
  #body: unknown;
  /** Whether messages are applied to it. Until then they are only kept, for the answer that is on its way. */
  #isAnswered = false;
  #isShown = false;
  /** The resources of messages that came without their places meanwhile. */
  readonly #unplaced = new Set<string>();
  #failures = 0;
  /** How often it was revoked lately, and when last. */
  #revocations = 0;
  #revokedAt = -Infinity;

  constructor(
    public request: LiveRequest,
    private readonly source: LiveSource,
    private readonly log: MessageLog,
  ) {
    this.states = new LiveStates(request.initial);
    this.#body = request.initial?.body;
  }

  get isReading(): boolean {
    return this.#read !== undefined;
  }

  /** Begins to read, or begins anew: what is on its way to the read before is dropped. */
  start(): void {
    const generation = ++this.#generation;
    const isOfNow = (): boolean => generation === this.#generation;
    const before = this.#read;
    this.#reloads.begun();
    this.#suspend();
    const snapshot = this.#answer ? undefined : Snapshot.of(this.request.initial);
    const repeated = (repetition: Repetition): void => {
      if (!isOfNow()) return;
      if (repetition.error) this.#failed(repetition.error);
      else if (this.#take(repetition.response)) this.#showAnswer();
    };
    const read = this.source.open(this.request, repeated, snapshot);
    this.#read = read;
    before?.replace();
    read.start().then(
      (response) => {
        if (!isOfNow() || !this.#take(response)) return;
        this.source.afterMissed(response, () => isOfNow() && this.#isAnswered && this.#showAnswer());
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

  /** Reads now, and resolves with what that shows. */
  reload(): Promise<unknown> {
    const shown = this.states.next(this.#readAgain() ? 1 : 2);
    this.#reloads.begun();
    return shown;
  }

  /** The connection has come, or has gone. */
  connectionChanged(isConnected: boolean, reason?: RequestError): void {
    if (isConnected && !this.#read) this.start();
    if (isConnected || !this.#read) return;
    this.#reloads.stop();
    this.#suspend();
    if (reason && this.source.isClosed) this.states.fail(reason);
  }

  /** Messages about a resource were lost; the client reads again by itself. */
  lost(resource: string): void {
    if (this.#answer?.resources.has(resource)) this.#suspend();
  }

  receive(logged: LoggedMessage): void {
    if (!this.#isAnswered) return void (logged.note.topics ?? this.#unplaced.add(logged.resource));
    const before = this.#body;
    this.#apply(logged);
    if (this.#isShown && this.#body !== before) this.#show();
  }

  revoked(revocation: Revocation): void {
    const answer = this.#answer;
    if ('room' in revocation || !this.#read) return;
    // It may be what the answer shows that is on its way.
    if (!answer) return this.start();
    if (!isRevoked(revocation, answer, this.#body)) return;
    if ('code' in revocation) {
      this.#awaitAnswer();
      return this.states.fail(revokedError(this.request.url, 'LIMIT_EXCEEDED', 429));
    }
    if (performance.now() - this.#revokedAt > LATELY) this.#revocations = 0;
    this.#revokedAt = performance.now();
    const isPartial = this.#forget(revocation, answer);
    // What may still be read may be read again. The route and the right may contradict each other for ever.
    if (this.#revocations++ === 0) return this.start();
    if (isPartial) this.#suspend();
    else this.stop();
    this.#reloads.later(this.#revocations);
  }

  /** @returns whether all of it is forgotten, or some rows only */
  #forget(revocation: Revocation, answer: LiveAnswer): boolean {
    const before = answer.ownRows(this.#body);
    const ids = 'ids' in revocation ? revocation.ids : undefined;
    const isPartial = ids !== undefined && before?.isList === true;
    if (isPartial) {
      const revoked = new Set(ids.map((id) => before.indexOf(id)));
      this.#body = before.with(before.all.filter((_, index) => !revoked.has(index)));
      this.states.reduce(this.#body, changeBetween(before, answer.ownRows(this.#body)));
    } else {
      this.#lose(revokedError(this.request.url, 'REVOKED', 403));
    }
    return isPartial;
  }

  #suspend(isClosed = false): void {
    this.#awaitAnswer();
    this.states.suspend(isClosed);
  }

  /** Applies nothing before the next answer. */
  #awaitAnswer(): void {
    this.#isAnswered = false;
    this.#isShown = false;
    this.#unplaced.clear();
  }

  /** @returns whether it begins now */
  #readAgain(): boolean {
    if (this.#read && this.#answer) return this.#read.again();
    if (!this.#read) this.start();
    return true;
  }

  /** @returns whether everything is known that has been published since the answer */
  #take(response: SocketResponse): boolean {
    const answer = new LiveAnswer(response);
    this.#answer = answer;
    this.#failures = 0;
    // It shows what was to be read again.
    this.#reloads.stop();
    const later: LoggedMessage[] = [];
    for (const resource of answer.resources) {
      const end = answer.endOf(resource);
      const since = end ? this.log.after(resource, end.epoch, end.base) : [];
      if (!since) {
        this.#reloads.soon();
        return false;
      }
      later.push(...since);
    }
    this.#body = response.body;
    this.#isAnswered = true;
    this.#fields.learn(answer.ownRows(this.#body)?.all ?? []);
    for (const logged of later) if (this.#isAnswered) this.#apply(logged);
    if ([...this.#unplaced].some((resource) => answer.resources.has(resource))) this.#doubt();
    this.#unplaced.clear();
    return this.#isAnswered;
  }

  #apply(logged: LoggedMessage): void {
    const { resource, message, note } = logged;
    const answer = this.#answer as LiveAnswer;
    const concerns = answer.resources.has(resource) ? answer.concerns(logged) : undefined;
    if (!concerns) return;
    const isWhole = isResourceMessage(message) && note.more !== true && concerns !== 'unclear';
    const body = isWhole ? this.#changed(resource, message, concerns === 'certainly') : UNCERTAIN;
    if (body === UNCERTAIN) return this.#doubt();
    if (body !== GONE) return void (this.#body = body);
    const text = `GET ${this.request.url}: the record was destroyed`;
    this.#lose(new RequestError(text, { code: 'NOT_FOUND', statusCode: 404 }));
    this.#doubt();
  }

  #changed(resource: string, message: ResourceMessage, isCertain: boolean): unknown {
    let body = this.#body;
    for (const shape of this.#answer?.shapes ?? []) {
      if (shape.resource !== resource) continue;
      const rows = Rows.in(body, shape);
      if (!rows || (!isCertain && rows.indexOf(message.id) < 0)) return UNCERTAIN;
      const changed = applyMessage(rows, message, this.#fields, this.request);
      if (changed === UNCERTAIN || changed === GONE) return changed;
      if (changed !== rows.all) body = rows.with(changed);
    }
    return body;
  }

  /** Something has changed that only the route can show. */
  #doubt(): void {
    if (this.request.reloads) this.#reloads.soon();
  }

  #showAnswer(): void {
    this.#show();
    this.states.answered();
  }

  #show(): void {
    const { data: before } = this.states.now;
    this.#isShown = true;
    this.#body = reconcile(before, this.#body);
    this.states.show(this.#body, this.#changeFrom(before));
  }

  #changeFrom(before: unknown): LiveChange {
    return changeBetween(this.#answer?.ownRows(before), this.#answer?.ownRows(this.#body));
  }

  /** There are no data for this client any more. */
  #lose(error: RequestError): void {
    const before = this.#body;
    this.#body = undefined;
    this.#awaitAnswer();
    this.states.forget(error, this.#changeFrom(before));
  }

  #failed(error: RequestError): void {
    if (REFUSALS.includes(error.statusCode)) {
      this.#lose(error);
    } else {
      this.#awaitAnswer();
      this.states.fail(error);
    }
    const isTemporary = error.statusCode === 0 || error.statusCode === 429 || error.statusCode >= 500;
    if (isTemporary && !this.source.isClosed) this.#reloads.later(this.#failures++);
  }
}

function revokedError(url: string, code: string, statusCode: number): RequestError {
  return new RequestError(`GET ${url}: this client is no longer subscribed to it`, { code, statusCode });
}

function isResourceMessage(message: unknown): message is ResourceMessage {
  return isRecord(message) && typeof message.verb === 'string' && message.id !== undefined;
}
