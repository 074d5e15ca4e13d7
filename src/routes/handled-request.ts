import type { CallHandler } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { RouteActions } from './boot/route-explorer.js';
import type { HandlerCall } from './handler-call.js';
import { readPreviousRecord } from './publish/previous-record.js';
import type { RoutePublication } from './publish/route-publication.js';
import type { PublishContext } from './publish-context.js';
import { type HttpResponse, SerializedResponse } from './request/response.js';
import { NO_PREVIOUS, RouteResult, type PreviousRecord } from './request/route-result.js';

/** Who sent a request, and when. */
export interface Caller {
  /** When the request came, as `performance.now()` has it. */
  receivedAt: number;
  /** The id of the requesting socket; `undefined` if there is none, or if it concerns nobody. */
  requester: Promise<string | undefined> | string | undefined;
  /** What the caller calls the change. */
  mutation: string | undefined;
}

/** One publishing decorator during one request, and the record as it was that this decorator asked for. */
export class PlannedPublication {
  previous: PreviousRecord = NO_PREVIOUS;

  constructor(readonly publication: RoutePublication) {}

  async readPrevious(context: PublishContext): Promise<void> {
    this.previous = await readPreviousRecord(this.publication, context);
  }
}

/** A request whose handler has not answered yet. `end()` makes a `HandledRequest` of it. */
export class BegunRequest {
  readonly publications: readonly PlannedPublication[];

  constructor(
    readonly actions: RouteActions,
    readonly context: PublishContext,
    readonly caller: Caller,
    private readonly call: HandlerCall | undefined,
  ) {
    this.publications = actions.publications.map((publication) => new PlannedPublication(publication));
  }

  /** Goes on to the other interceptors, the pipes, the records as they were, and the handler. */
  handle(next: CallHandler): Observable<unknown> {
    if (!this.call) return next.handle();
    return this.call.run(
      () => next.handle(),
      () => this.readPrevious(),
    );
  }

  /** @param value the last one of the response, as all other interceptors have left it */
  end(value: unknown): HandledRequest {
    if (this.publications.some(({ publication }) => publication.isViewed)) this.context.captureReturned();
    return new HandledRequest(this, value);
  }

  /** Nothing follows from an answer that publishes nothing and has no requesting socket. */
  get concernsNobody(): boolean {
    return this.publications.length === 0 && this.caller.requester === undefined;
  }

  private async readPrevious(): Promise<void> {
    await Promise.all(this.publications.map((planned) => planned.readPrevious(this.context)));
  }
}

/** A request whose handler has answered, and whose response is not sent yet. */
export class HandledRequest {
  readonly actions: RouteActions;
  readonly publications: readonly PlannedPublication[];
  readonly context: PublishContext;
  readonly caller: Caller;
  readonly response: HttpResponse;
  private readonly serialized: SerializedResponse;

  constructor({ actions, publications, context, caller }: BegunRequest, value: unknown) {
    this.actions = actions;
    this.publications = publications;
    this.context = context;
    this.caller = caller;
    this.response = context.execution.switchToHttp().getResponse<HttpResponse>();
    this.serialized = new SerializedResponse(value, this.response);
  }

  /** The status says so by now: it may yet turn out that the response cannot be sent. */
  get hasFailed(): boolean {
    return this.serialized.hasFailed;
  }

  /** The caller receives what the handler has answered with success. */
  get isAnswered(): boolean {
    return !this.serialized.hasFailed && !this.serialized.isReplaced;
  }

  /** @throws what prevented the response from being serialized */
  resultForRequester(): RouteResult {
    return new RouteResult(this.serialized, this.context, this.caller.mutation);
  }

  /**
   * @param omitted the rooms of those who are not told
   * @throws what prevented the response from being serialized
   */
  resultFor({ previous }: PlannedPublication, omitted: readonly string[]): RouteResult {
    return new RouteResult(this.serialized, this.context, this.caller.mutation, { previous, omitted });
  }
}
