import { canonicalId } from '../../../protocol/canonical-id.js';
import type { RecordId, ResourceMessage } from '../../../protocol/resource-message.js';
import { RequestError } from '../answers/request-error.js';
import type { ClientResponse } from '../answers/response.js';
import { isResourceMessage, resultOf } from '../resource-listeners.js';
import { applyMessage, GONE, UNCERTAIN } from './rows/apply-message.js';
import { KnownFields } from './rows/known-fields.js';
import type { LiveAnswer } from './live-answer.js';
import type { LiveRequest } from './live.options.js';
import { LiveStates } from './live-states.js';
import type { LoggedMessage } from './reads/message-log.js';
import { spend, unspent } from './reads/snapshot.js';
import { type Optimistic, type OptimisticChange, OptimisticChanges, type SentChange } from './optimistic-changes.js';
import { changeBetween, type LiveChange, reconcile } from './rows/reconcile.js';
import { arrange } from './rows/row-order.js';
import { Rows } from './rows/rows.js';

/** How the answers of a query are read. */
export interface Reading {
  /** Reads again soon, since something has changed that only the route can show. */
  readSoon(): void;
  /** Reads again, and returns the number of the first read that is sent from now on. */
  readFromNow(): number;
}

/** The statuses of answers that say that there is nothing to show, or not to this client. */
const REFUSALS = [401, 403, 404, 410];

/** What a route answers, kept in step with the server by rules, for all who ask for the same by the same rules. */
export class LiveQuery {
  readonly states: LiveStates;
  /** Set as long as it is read. */
  reading: Reading | undefined;
  readonly #fields = new KnownFields();
  /** The ids of records that were destroyed lately. */
  readonly #destroyed = new Set<string>();
  #answer: LiveAnswer | undefined;
  /** What the answer has become. It is shown once everything is there that the answer lacks. */
  #body: unknown;
  /** What is shown of it, but for changes that the server has not told of. */
  #shown: unknown;
  readonly #changes = new OptimisticChanges();
  /** Tells which rows of an answer are shown. */
  #keeps = (_row: never): boolean => true;
  /** Messages about changes that are not settled, and later ones about the same records. */
  readonly #waiting = new Set<LoggedMessage>();
  /** Whether messages are applied to it. Until then they are only kept, for the answer that is on its way. */
  #isAnswered = false;
  #isShown = false;
  /** The resources of messages that came without their places meanwhile. */
  readonly #unplaced = new Set<string>();

  constructor(public request: LiveRequest) {
    const initial = unspent(request.initial);
    this.states = new LiveStates(initial);
    this.#body = this.#shown = initial?.body;
  }

  get body(): unknown {
    return this.#body;
  }

  /**
   * Takes an answer, and what was handed on since it was read.
   *
   * @returns whether it may be shown
   */
  take(answer: LiveAnswer, body: unknown, later: readonly LoggedMessage[]): boolean {
    this.#answer = answer;
    this.#body = this.#arranged(body);
    this.#isAnswered = true;
    this.#fields.learn(answer.ownRows(body)?.all ?? []);
    for (const logged of this.#waiting) {
      const change = later.includes(logged) ? undefined : this.#changes.find(logged.note.mutation);
      if (change && logged.note.topics) change.isApplied ??= true;
    }
    this.#forgetWaiting();
    for (const logged of later) this.#waiting.add(logged);
    this.#applyWaiting();
    if ([...this.#unplaced].some((resource) => answer.resources.has(resource))) this.#doubt();
    this.#unplaced.clear();
    return this.#isAnswered;
  }

  /** Shows the answer, unless nothing is to be shown of it any more. */
  showAnswer(): void {
    if (!this.#isAnswered) return;
    const { number } = this.#answer as LiveAnswer;
    this.#changes.answered(number);
    this.#show();
    this.states.answered(number);
  }

  /** Shows its rows by rules that decide otherwise than before, without those that are not kept. */
  arrange(keeps?: (row: never) => boolean): void {
    this.#keeps = keeps ?? (() => true);
    this.#body = this.#arranged(this.#body);
    this.#shown = this.#arranged(this.#shown);
    if (this.#isShown) this.#show();
    else this.#showChanges();
  }

  receive(logged: LoggedMessage): void {
    if (!this.#isAnswered) return void (logged.note.topics ?? this.#unplaced.add(logged.resource));
    this.#waiting.add(logged);
    const before = this.#body;
    this.#applyWaiting();
    if (this.#isShown && this.#body !== before) this.#show();
  }

  /**
   * Sends a change, and shows it at once.
   *
   * @throws what the function throws; nothing is sent then
   */
  change(optimistic: Optimistic, send: () => SentChange): Promise<ClientResponse> {
    const { hasData, now } = this.states;
    if (hasData) optimistic(now.data);
    const { id, heard } = send();
    const change = this.#changes.add(id, optimistic);
    this.#showChanges();
    // Settled before whoever waits for it goes on.
    return heard.then(
      (response) => {
        this.#settled(change, true);
        return response;
      },
      (error: unknown) => {
        this.#settled(change, error instanceof RequestError && mayBeDone(error));
        throw error;
      },
    );
  }

  /** Shows what it shows as out of step, until the next answer. */
  suspend(isClosed = false): void {
    this.#awaitAnswer();
    this.states.suspend(isClosed);
  }

  /**
   * Reading has failed. If that is a refusal, there is nothing to show any more.
   *
   * @param number that of the read; who waits for a later one goes on waiting
   */
  fail(error: RequestError, number?: number): void {
    if (REFUSALS.includes(error.statusCode)) return this.#lose(error, number);
    this.#awaitAnswer();
    this.states.fail(error, number);
  }

  /**
   * Forgets what was revoked.
   *
   * @param ids the records, if it is not everything
   * @returns whether it is some rows only
   */
  forget(ids: readonly RecordId[] | undefined, error: RequestError): boolean {
    const before = this.#answer?.ownRows(this.#body);
    const isPartial = ids !== undefined && before?.isList === true;
    if (isPartial) {
      spend(this.request.initial);
      const revoked = new Set(ids.map((id) => before.indexOf(id)));
      this.#body = before.with(before.all.filter((_, index) => !revoked.has(index)));
      this.#shown = this.#body;
      this.#showChanges();
    } else {
      this.#lose(error);
    }
    return isPartial;
  }

  #arranged(body: unknown): unknown {
    return resultOf(() => arrange(body, this.#answer?.ownRows(body), this.request.compare, this.#keeps), body);
  }

  /** Applies nothing before the next answer. */
  #awaitAnswer(): void {
    this.#isAnswered = false;
    this.#isShown = false;
    this.#unplaced.clear();
    this.#forgetWaiting();
  }

  /** Those with places are known to the next answer. */
  #forgetWaiting(): void {
    for (const { note, resource } of this.#waiting) if (!note.topics) this.#unplaced.add(resource);
    this.#waiting.clear();
  }

  /** Applies messages in their order, for each record up to one about a change of this client that is not settled. */
  #applyWaiting(): void {
    const held = new Set<string>();
    for (const logged of this.#waiting) {
      const change = this.#changes.find(logged.note.mutation);
      const record = recordOf(logged);
      // All that is published about one change is shown at once, in the place of what was expected.
      if ((change && !change.isSettled) || held.has(record)) {
        held.add(record);
        continue;
      }
      this.#waiting.delete(logged);
      const outcome = this.#apply(logged);
      if (change && outcome !== undefined) change.isApplied = outcome && change.isApplied !== false;
    }
  }

  /** @param isDone whether the server has done it, or may have */
  #settled(change: OptimisticChange, isDone: boolean): void {
    change.isSettled = true;
    this.#applyWaiting();
    // Another change that is not settled may be in the way of something about this one.
    const isWhole = change.isApplied && ![...this.#waiting].some(({ note }) => note.mutation === change.id);
    if (!isDone || isWhole) this.#changes.remove(change);
    else change.firstRead = this.reading?.readFromNow() ?? 0;
    if (this.#isShown) this.#show();
    else this.#showChanges();
  }

  /** @returns whether it is applied with certainty; `undefined` if it is not about what is shown */
  #apply(logged: LoggedMessage): boolean | undefined {
    const { resource, message, note } = logged;
    const answer = this.#answer as LiveAnswer;
    const concerns = answer.resources.has(resource) ? answer.concerns(logged) : undefined;
    if (!concerns) return undefined;
    const isWhole = isResourceMessage(message) && note.more !== true && concerns !== 'unclear';
    const isCertain = concerns === 'certainly';
    const body = isWhole ? resultOf(() => this.#changed(resource, message, isCertain), UNCERTAIN) : UNCERTAIN;
    if (body !== UNCERTAIN && body !== GONE) {
      this.#body = body;
      return true;
    }
    this.#doubt();
    if (body === UNCERTAIN) return false;
    const text = `GET ${this.request.url}: the record was destroyed`;
    this.#lose(new RequestError(text, { code: 'NOT_FOUND', statusCode: 404 }));
    return true;
  }

  #changed(resource: string, message: ResourceMessage, isCertain: boolean): unknown {
    let body = this.#body;
    for (const shape of this.#answer?.shapes ?? []) {
      if (shape.resource !== resource) continue;
      const rows = Rows.in(body, shape);
      if (!rows || (!isCertain && rows.indexOf(message.id) < 0)) return UNCERTAIN;
      const changed = applyMessage(rows, message, this.#fields, this.request, this.#destroyed);
      if (changed === UNCERTAIN || changed === GONE) return changed;
      if (changed !== rows.all) body = rows.with(changed);
    }
    return body;
  }

  #doubt(): void {
    if (this.request.reloads) this.reading?.readSoon();
  }

  #show(): void {
    const { data: before } = this.states.now;
    this.#isShown = true;
    this.#body = reconcile(this.#shown, this.#body);
    const expected = this.#changes.over(this.#body);
    const data = reconcile(before, expected);
    if (expected === this.#body) this.#body = data;
    this.#shown = this.#body;
    this.states.show(data, this.#changeOf(before, data));
  }

  /** Shows what is shown already with the changes that the server has not told of, whether it is in step or not. */
  #showChanges(): void {
    const { data: before } = this.states.now;
    const data = this.states.hasData ? reconcile(before, this.#changes.over(this.#shown)) : undefined;
    this.states.replace(data, this.#changeOf(before, data));
  }

  #changeOf(before: unknown, after: unknown): LiveChange {
    return changeBetween(this.#answer?.ownRows(before), this.#answer?.ownRows(after));
  }

  /** There are no data for this client any more. */
  #lose(error: RequestError, number?: number): void {
    const { data: before } = this.states.now;
    this.#body = this.#shown = undefined;
    spend(this.request.initial);
    this.#awaitAnswer();
    this.states.forget(error, this.#changeOf(before, undefined), number);
  }
}

/** Whether a failed request may have been done. */
function mayBeDone({ sent, statusCode, code }: RequestError): boolean {
  return sent && (statusCode === 0 || code === 'NOT_HEARD');
}

/** Names the record that a message is about, or all that is not about one. */
function recordOf({ resource, message }: LoggedMessage): string {
  return isResourceMessage(message) ? `${resource} ${canonicalId(message.id)}` : resource;
}
