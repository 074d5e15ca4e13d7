import { whenAll } from '../common/promises.js';
import { pathOf } from '../requests/packet/request-url.js';
import type { ReadPosition } from '../resources/catch-up/read-position.js';
import type { SharedReads, SharedRun } from '../resources/catch-up/shared-reads.js';
import type { PublishingScope } from '../transactions/hold.js';
import type { RouteActions } from './boot/route-explorer.js';
import type { HandlerCall, HandlerOutcome } from './handler-call.js';
import { readPreviousRecord } from './publish/previous-record.js';
import type { RoutePublication } from './publish/route-publication.js';
import type { PublishContext } from './publish-context.js';
import { type HttpResponse, SerializedResponse } from './request/response.js';
import { NO_PREVIOUS, RouteResult, type PreviousRecord } from './request/route-result.js';
import { Skipped } from './request/skipped.js';

/** Who sent a request, and when. */
export interface Caller {
  /** When the request was received, by `performance.now()`. */
  receivedAt: number;
  /** The id of the requesting socket; `undefined` if there is none, or if it does not matter. */
  requester: Promise<string | undefined> | string | undefined;
  /** The caller's name for the change that it requests. */
  mutation: string | undefined;
  /** How far the answer reaches, if it is that of a read. */
  position: ReadPosition | undefined;
  /** Set if others may be given the answer, and it that of others. */
  sharing?: { reads: SharedReads; key: string; reader: object | undefined } | undefined;
}

/** One publishing decorator during one request, and the record as it was, if this decorator asked for it. */
export class PlannedPublication {
  previous: PreviousRecord = NO_PREVIOUS;

  constructor(readonly publication: RoutePublication) {}

  /** Returns nothing where there is nothing to read. */
  readPrevious(context: PublishContext): Promise<void> | undefined {
    if (!this.publication.metadata.options.previous) return undefined;
    return readPreviousRecord(this.publication, context).then((previous) => {
      this.previous = previous;
    });
  }
}

/** A request whose handler has not answered yet. `handle()` runs it, and `end()` turns it into a `HandledRequest`. */
export class BegunRequest {
  readonly publications: readonly PlannedPublication[];
  /** The run of the handler that others take part in, too. */
  shared: SharedRun | undefined;

  constructor(
    readonly actions: RouteActions,
    readonly context: PublishContext,
    readonly caller: Caller,
    readonly call: HandlerCall,
  ) {
    this.publications = actions.publications.map((publication) => new PlannedPublication(publication));
  }

  /** Runs the other interceptors, the pipes, the reading of records as they were, and the handler. */
  handle(next: () => Promise<unknown>): Promise<unknown> {
    const { sharing, position } = this.caller;
    if (!sharing || !position) return this.call.handle(next, () => this.prepare());
    const { receivedAt } = this.caller;
    const { reads, key, reader } = sharing;
    const join = (handle: () => unknown): unknown => {
      this.shared = reads.join({ key, reader, receivedAt, position }, handle);
      return this.shared.answer;
    };
    return this.call.handle(next, () => this.prepare(), join);
  }

  /** @param value the last one of the response, as all other interceptors have left it */
  end(value: unknown): HandledRequest {
    if (this.publications.some(({ publication }) => publication.readsReturned)) this.context.captureReturned();
    return new HandledRequest(this, value, this.call);
  }

  /** Tells whether nothing can follow from the answer: it publishes nothing, and no socket is to be subscribed. */
  get hasNoEffect(): boolean {
    const { requester, position } = this.caller;
    return this.publications.length === 0 && requester === undefined && position === undefined;
  }

  /** Finds out what has to be known before the handler changes, or reads, anything. Mostly, that is nothing. */
  private prepare(): Promise<void> | undefined {
    const known = this.caller.position?.begin();
    return known instanceof Promise ? known.then(() => this.readPrevious()) : this.readPrevious();
  }

  private readPrevious(): Promise<void> | undefined {
    return whenAll(this.publications.map((planned) => planned.readPrevious(this.context)));
  }
}

/**
 * A request that is answered, and whose response has not been sent yet. The handler need not have answered it: an
 * interceptor may have done so in its place.
 */
export class HandledRequest {
  readonly actions: RouteActions;
  readonly publications: readonly PlannedPublication[];
  readonly context: PublishContext;
  readonly caller: Caller;
  readonly shared: SharedRun | undefined;
  /** What becomes of the publications: the handler may have run in a transaction that outlives the response. */
  readonly scope: PublishingScope;
  readonly response: HttpResponse;
  private readonly serialized: SerializedResponse;

  /** What had become of the handler when the request was answered. */
  private readonly outcome: HandlerOutcome;

  constructor(
    { actions, publications, context, caller, shared }: BegunRequest,
    private readonly value: unknown,
    call: HandlerCall,
  ) {
    this.actions = actions;
    this.publications = publications;
    this.context = context;
    this.caller = caller;
    this.shared = shared;
    this.scope = call.scope;
    this.outcome = call.outcome;
    this.response = context.execution.getArgByIndex<HttpResponse>(1);
    this.serialized = new SerializedResponse(value, this.response);
  }

  /**
   * Tells whether the status says so by now. Whether the response can be sent is known only after it was handed over.
   */
  get hasFailed(): boolean {
    return this.serialized.hasFailed;
  }

  /** Tells whether the caller is about to receive what the handler has answered, and with success. */
  get isAnswered(): boolean {
    return !this.serialized.hasFailed && !this.serialized.isReplaced;
  }

  /**
   * Tells why nothing may be published, if that is so: only what a handler has done has happened. A value in the
   * response is no proof of it, since interceptors make values of errors, and answer from caches.
   *
   * @throws Skipped where the handler may yet do what the response does not tell of
   */
  whyUnpublished(): string | undefined {
    if (this.hasFailed) return 'the request failed';
    if (this.outcome === 'bypassed') return 'an interceptor answered in the place of the handler';
    if (this.outcome === 'failed') return 'the handler failed';
    this.assertFinished();
    return undefined;
  }

  /** Tells whether an error of the handler has become a response, in which nobody was given anything to read. */
  get isHandlersError(): boolean {
    return this.outcome === 'failed';
  }

  /**
   * Returns a result for one of the decorators that move the requester.
   *
   * @param publication the publishing decorator whose option this is, if it is one
   * @throws what prevented the response from being serialized; Skipped if the handler has not finished
   */
  resultForRequester(publication?: object): RouteResult {
    this.assertFinished();
    const planned = this.publications.find((one) => one.publication === publication);
    const context = planned ? this.context.withPrevious(planned.previous.value) : this.context;
    return new RouteResult(this.serialized, context, this.caller.mutation);
  }

  /**
   * Returns the result for one publishing decorator.
   *
   * @param rooms `omitted`: those that do not receive the publication; `writer`: those of the sockets of its writer
   * @throws what prevented the response from being serialized
   */
  resultFor(
    { previous }: PlannedPublication,
    rooms: { omitted: readonly string[]; writer: readonly string[] },
  ): RouteResult {
    const context = this.context.withPrevious(previous.value);
    return new RouteResult(this.serialized, context, this.caller.mutation, { previous, ...rooms });
  }

  /** Has the work read the answer as it is, as far as it waits for nothing. */
  whileUnchanged<T>(work: () => T): T {
    return this.serialized.whileUnchanged(this.value, work);
  }

  private assertFinished(): void {
    if (this.outcome === 'running')
      throw new Skipped('an interceptor answered while the handler was still at work, as after a time-out');
  }
}

/** Names a request in traces: its method and path, without the query, which may hold secrets. */
export function lineOf({ context }: { context: PublishContext }): string {
  const { method, originalUrl, url } = context.request as { method: string; originalUrl?: string; url: string };
  return `${method} ${pathOf(originalUrl ?? url)}`;
}
