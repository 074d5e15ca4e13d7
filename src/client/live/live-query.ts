import type { RecordId, ResourceMessage } from '../../protocol/resource-message.js';
import { isRecord } from '../assertions.js';
import { RequestError } from '../answers/request-error.js';
import { applyMessage, GONE, UNCERTAIN } from './rows/apply-message.js';
import { KnownFields } from './rows/known-fields.js';
import type { LiveAnswer } from './live-answer.js';
import type { LiveRequest } from './live.options.js';
import { LiveStates } from './live-states.js';
import type { LoggedMessage } from './reads/message-log.js';
import { changeBetween, type LiveChange, reconcile } from './rows/reconcile.js';
import { Rows } from './rows/rows.js';

/** The statuses of answers that say that there is nothing to show, or not to this client. */
const REFUSALS = [401, 403, 404, 410];

/** What a route answers, kept in step with the server by rules, for all who ask for the same by the same rules. */
export class LiveQuery {
  readonly states: LiveStates;
  readonly #fields = new KnownFields();
  #answer: LiveAnswer | undefined;
  /** What the answer has become. It is shown once everything is there that the answer lacks. */
  #body: unknown;
  /** Whether messages are applied to it. Until then they are only kept, for the answer that is on its way. */
  #isAnswered = false;
  #isShown = false;
  /** The resources of messages that came without their places meanwhile. */
  readonly #unplaced = new Set<string>();

  /** @param reload called when something has changed that only the route can show */
  constructor(
    public request: LiveRequest,
    private readonly reload: () => void,
  ) {
    this.states = new LiveStates(request.initial);
    this.#body = request.initial?.body;
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
    this.#body = body;
    this.#isAnswered = true;
    this.#fields.learn(answer.ownRows(body)?.all ?? []);
    for (const logged of later) if (this.#isAnswered) this.#apply(logged);
    if ([...this.#unplaced].some((resource) => answer.resources.has(resource))) this.#doubt();
    this.#unplaced.clear();
    return this.#isAnswered;
  }

  /** Shows the answer, unless nothing is to be shown of it any more. */
  showAnswer(): void {
    if (!this.#isAnswered) return;
    this.#show();
    this.states.answered();
  }

  receive(logged: LoggedMessage): void {
    if (!this.#isAnswered) return void (logged.note.topics ?? this.#unplaced.add(logged.resource));
    const before = this.#body;
    this.#apply(logged);
    if (this.#isShown && this.#body !== before) this.#show();
  }

  /** Shows what it shows as out of step, until the next answer. */
  suspend(isClosed = false): void {
    this.#awaitAnswer();
    this.states.suspend(isClosed);
  }

  /** Reading has failed. If that is a refusal, there is nothing to show any more. */
  fail(error: RequestError): void {
    if (REFUSALS.includes(error.statusCode)) return this.#lose(error);
    this.#awaitAnswer();
    this.states.fail(error);
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
      const revoked = new Set(ids.map((id) => before.indexOf(id)));
      this.#body = before.with(before.all.filter((_, index) => !revoked.has(index)));
      this.states.reduce(this.#body, changeBetween(before, this.#answer?.ownRows(this.#body)));
    } else {
      this.#lose(error);
    }
    return isPartial;
  }

  /** Applies nothing before the next answer. */
  #awaitAnswer(): void {
    this.#isAnswered = false;
    this.#isShown = false;
    this.#unplaced.clear();
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

  #doubt(): void {
    if (this.request.reloads) this.reload();
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
}

function isResourceMessage(message: unknown): message is ResourceMessage {
  return isRecord(message) && typeof message.verb === 'string' && message.id !== undefined;
}
