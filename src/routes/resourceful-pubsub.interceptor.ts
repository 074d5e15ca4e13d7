import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor, type Type } from '@nestjs/common';
import { defer, isObservable, mergeMap, type Observable, of } from 'rxjs';
import { debugLog } from '../common/log.js';
import { rejectInsteadOfThrow, thenSync, whenAll } from '../common/promises.js';
import { knownUserOf } from '../connections/requester/caller.js';
import { kindOfCaller } from '../connections/requester/caller-kind.js';
import { receivedAt } from '../connections/requester/request-arrival.js';
import { namedMutation } from '../connections/requester/request-headers.js';
import { findRequestingSocketId, type HttpRequest, ownSocket } from '../connections/requester/requesting-socket.js';
import type { RouteActions } from './boot/route-explorer.js';
import { BegunRequest, type Caller, lineOf, type HandledRequest, type PlannedPublication } from './handled-request.js';
import { HandlerCall } from './handler-call.js';
import type { AnnouncedNotice } from './publish/mutation-notices.js';
import { PublishContext } from './publish-context.js';
import { SINCE_HEADER } from '../protocol/position.js';
import { ReadPosition } from '../resources/catch-up/read-position.js';
import { recheckPurposeOf } from './recheck/recheck-read.js';
import { holdUntilSettled, ResponseDelivery } from './request/response.js';
import type { RouteResult } from './request/route-result.js';
import { writeReadHeaders, writeSnapshotHeaders } from './subscribe/read-headers.js';
import type { RoomChange } from './subscribe/room-change.js';
import { RoutePubSub } from './route-pubsub.js';

const debug = debugLog('routes');

/**
 * Publishes what routes with a publishing decorator have answered, and subscribes those who read through routes with
 * `@SubscribeOnRead`. `SocketsModule` makes it the outermost interceptor of the application, so it need not be applied
 * by hand.
 */
@Injectable()
export class ResourcefulPubSubInterceptor implements NestInterceptor {
  /** @internal */
  constructor(private readonly pubSub: RoutePubSub) {}

  /**
   * Has Nest run it through rxjs: where it cannot be run around the others, and where it is applied by hand in
   * addition.
   */
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return defer(() => this.surround(execution, async () => next.handle())).pipe(
      mergeMap((answer) => (isObservable(answer) ? answer : of(answer))),
    );
  }

  /**
   * Tells whether a handler has decorators of the library.
   *
   * @internal
   */
  concerns(controller: Type, handler: (...args: unknown[]) => unknown): boolean {
    return this.pubSub.routes.find(controller, handler) !== undefined;
  }

  /**
   * Finds the route, begins the request, has it handled, and settles what follows from the answer.
   *
   * @internal
   */
  surround(execution: ExecutionContext, next: () => Promise<unknown>): Promise<unknown> {
    if (execution.getType() !== 'http') return next();
    const actions = this.pubSub.routes.find(execution.getClass(), execution.getHandler());
    if (!actions) return next();
    const request = execution.getArgByIndex<HttpRequest>(0);
    // Applied by hand in addition, it would publish everything twice.
    if (!this.pubSub.take(request)) return next();
    const recheck = recheckPurposeOf(request);
    if (recheck) return this.pubSub.recheckReads.preview(recheck, actions, execution, next);

    const begun = this.begin(actions, execution, request);
    return holdUntilSettled(
      begun.handle(next),
      (value) => (begun.hasNoEffect ? undefined : this.settle(begun.end(value))),
      (answer, observer) => begun.call.subscribe(answer, observer),
    );
  }

  private begin(actions: RouteActions, execution: ExecutionContext, request: HttpRequest): BegunRequest {
    this.pubSub.resources.users.notice(request);
    const call = new HandlerCall(actions.handler);
    const context = new PublishContext(execution, this.pubSub.moduleRef, call);
    const mutation = namedMutation(request.headers);
    // Looked up now, so that it is known by the time the handler has answered.
    const requester = concernsRequester(actions, mutation)
      ? findRequestingSocketId(request, this.pubSub.server.io)
      : undefined;
    const isResumedLater = request.headers[SINCE_HEADER] !== undefined && readsOf(actions).length > 0;
    const position = requester === undefined && !isResumedLater ? undefined : this.positionOf(actions, request);
    const sharing = position?.isResumed ? this.sharingOf(actions, request) : undefined;
    const caller = { receivedAt: receivedAt(request), requester, mutation, position, sharing };
    const begun = new BegunRequest(actions, context, caller, call);
    debug?.(`${lineOf(begun)}: begin on ${execution.getClass().name}.${execution.getHandler().name}()`);
    return begun;
  }

  /** Finds out how far an answer reaches, which is up to what was published before its handler runs. */
  private positionOf({ roomChanges }: RouteActions, { headers }: HttpRequest): ReadPosition | undefined {
    const { missed } = this.pubSub.resources;
    const resources = roomChanges.flatMap(({ subscribedResources }) => subscribedResources ?? []);
    return missed && resources.length > 0 ? new ReadPosition(missed, resources, headers[SINCE_HEADER]) : undefined;
  }

  /** Says with whom a reader may share the run of a handler: with callers whom nothing tells apart. */
  private sharingOf({ sharedReads: reads }: RouteActions, request: HttpRequest): Caller['sharing'] {
    if (!reads) return undefined;
    const reader = ownSocket(request);
    const user = knownUserOf(request, this.pubSub.server.io, reader);
    if (user === undefined) return undefined;
    const { originalUrl, url } = request as { originalUrl?: string; url?: string };
    const { accept, 'accept-language': language } = request.headers;
    return { reads, key: JSON.stringify([kindOfCaller(request, user), originalUrl ?? url, accept, language]), reader };
  }

  /** Subscribes the requester, lets the response go, and publishes. Any failure is logged, and fails no request. */
  private settle(request: HandledRequest): Promise<void> | undefined {
    const subscribed = this.subscribe(request);
    const notice = this.announceNotice(request);
    const ready = whenAll([subscribed, notice?.announced]);
    debug?.(`${lineOf(request)}: answered${ready ? ', wait until the requester is subscribed' : ''}`);
    this.publish(request, ready, notice && (() => this.sendNotice(notice, request)));
    return ready;
  }

  /** Sends a notice after what it is about, which may wait for a transaction that outlives the response. */
  private sendNotice(notice: AnnouncedNotice, { scope: { hold, isSilent } }: HandledRequest): void {
    const send = (): void => this.pubSub.notices.send(notice);
    if (hold && !isSilent) hold.add(`the notice of the mutation ${notice.mutation}`, send);
    else send();
  }

  /** Returns nothing where there is nothing to wait for. */
  private subscribe(request: HandledRequest): Promise<void> | undefined {
    const { actions, caller, response } = request;
    const { requester: asker } = caller;
    if (actions.roomChanges.length === 0 || (asker === undefined && !caller.position)) return undefined;
    if (!request.isAnswered || request.isHandlersError) return undefined;
    const { shared } = request;
    // What the user has lost since a shared run began, it shows nevertheless.
    const delivery = new ResponseDelivery(response, (shared ?? caller).receivedAt);
    const resultOf = ({ publication }: RoomChange): RouteResult => request.resultForRequester(publication);
    const { position } = caller;
    const subscribe = (id: string | undefined): void | Promise<void> => {
      if (id === undefined) return this.foresee(request, resultOf);
      const requester = { id, delivery, position, verdicts: shared?.verdicts };
      const applied = this.pubSub.requesterRooms.apply(actions.roomChanges, requester, resultOf);
      return thenSync(applied, (all) => writeReadHeaders(all, position, response, actions.roomChanges));
    };
    const work = (): void | Promise<void> => rejectInsteadOfThrow(() => thenSync(asker, subscribe));
    // What other decorators ask of the application might change the answer.
    const subscribed = actions.roomChanges.length === 1 ? request.whileUnchanged(work) : work();
    return subscribed instanceof Promise ? subscribed : undefined;
  }

  /** Says how far an answer reaches to who asks for it without a socket, such as a server that renders a page. */
  private async foresee(
    { actions, caller: { position }, response }: HandledRequest,
    resultOf: (change: RoomChange) => RouteResult,
  ): Promise<void> {
    if (!position?.isResumed) return;
    const foreseen = await this.pubSub.requesterRooms.foresee(readsOf(actions), resultOf);
    writeSnapshotHeaders(foreseen, position, response);
  }

  /**
   * Announces to a caller that named its mutation, and also receives its own publication, that it will be told when
   * everything is published.
   */
  private announceNotice(request: HandledRequest): AnnouncedNotice | undefined {
    const { mutation, requester } = request.caller;
    const isMirrored = request.publications.some(({ publication }) => publication.metadata.options.mirror);
    if (!isMirrored || mutation === undefined || !request.isAnswered) return undefined;
    return this.pubSub.notices.announce(mutation, requester, request.response);
  }

  /**
   * Gives each publication its place in the queue at once, so that publications keep the order in which handlers have
   * answered. It is composed after the response was handed over, so that no request waits for it.
   *
   * @param published called when all of them were published
   */
  private publish(request: HandledRequest, ready: Promise<void> | undefined, published?: () => void): void {
    const { publications, scope } = request;
    let left = publications.length;
    if (left === 0) return;
    const done = published && (() => --left === 0 && published());
    const places = publications.map((planned) => {
      const compose = this.pubSub.queue.add(planned.publication, scope, done);
      return () => compose(() => this.resultFor(planned, request));
    });
    // Nest hands the response to the platform in the turn of the event loop in which the interceptor completes. From
    // then on the status tells whether the response could be sent.
    const compose = (): void => void setImmediate(() => places.forEach((place) => place()));
    if (ready) ready.then(compose, compose);
    else compose();
  }

  private resultFor(
    planned: PlannedPublication,
    request: HandledRequest,
  ): RouteResult | undefined | Promise<RouteResult | undefined> {
    const { name, metadata } = planned.publication;
    const why = request.whyUnpublished();
    debug?.(`${lineOf(request)}: publish ${why === undefined ? '' : `nothing, since ${why}, `}by ${name}`);
    if (why !== undefined) return undefined;
    return thenSync(request.caller.requester, (requester) => {
      const { requesterOmission } = this.pubSub;
      const input = request.context.request as HttpRequest;
      const omitted = requesterOmission.roomsOf(input, requester, metadata.options);
      return request.resultFor(planned, { omitted, writer: requesterOmission.ownRoomsOf(input, requester) });
    });
  }
}

/** Tells whether it matters who asked: to be subscribed, to be omitted, or to be told when everything is published. */
function concernsRequester({ publications, roomChanges }: RouteActions, mutation: string | undefined): boolean {
  const concerns = publications.some(({ metadata }) => !metadata.options.mirror || mutation !== undefined);
  return roomChanges.length > 0 || concerns;
}

/** Returns what subscribes the readers of a route. */
function readsOf({ roomChanges }: RouteActions): RoomChange[] {
  return roomChanges.filter(({ readResources }) => readResources !== undefined);
}
