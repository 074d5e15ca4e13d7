import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { concat, defer, EMPTY, from, ignoreElements, tap, type Observable } from 'rxjs';
import { logFailure } from '../common/log.js';
import { namedMutation } from '../connections/requester/request-headers.js';
import { arrivalOf } from '../connections/requester/request-arrival.js';
import { findRequestingSocketId, type HttpRequest } from '../connections/requester/requesting-socket.js';
import { purposeOf } from '../requests/pending/server-request.js';
import { SocketsService } from '../rooms/sockets.service.js';
import { withTimeout } from '../common/promises.js';
import { isRecord, type RouteResult } from './request/route-result.js';
import { ResponseDelivery, type HttpResponse, SerializedResponse } from './request/response.js';
import { HandlerCall } from './handler-call.js';
import { MutationNotices, type PromisedNotice } from './publish/mutation-notices.js';
import { OmittedCallers } from './publish/requester-omission.js';
import { PublicationQueue, PUBLICATION_TIMEOUT } from './publish/publication-queue.js';
import { PublishContext } from './publish-context.js';
import { RecheckPurpose } from './recheck/recheck-read.js';
import type { RoomChange } from './subscribe/room-change.js';
import { RequesterRooms } from './subscribe/requester-rooms.js';
import { RouteExplorer, type RouteActions } from './boot/route-explorer.js';

/** Requests that are seen to already: applied once more by hand, which makes another instance, it publishes nothing twice. */
const seen = new WeakSet<object>();

/** What is known of a request before its handler runs. */
interface Beginning extends RouteActions {
  context: PublishContext;
  /** When the request came. */
  arrival: number;
  requester: Promise<string | undefined> | string | undefined;
  /** What the caller calls the change. */
  mutation: string | undefined;
  /** For each publication. */
  previous: readonly unknown[];
  slicesBefore: Map<object, object>;
}

/**
 * Publishes what routes with a publishing decorator answered, and subscribes whoever reads through routes with `@SubscribeOnRead`. `SocketsModule` makes it
 * the outermost interceptor of the application; it has not to be applied by hand.
 */
@Injectable()
export class ResourcefulPubSubInterceptor implements NestInterceptor {
  private readonly logger = new Logger('ResourcefulPubSub');

  /** @internal */
  constructor(
    private readonly routes: RouteExplorer,
    private readonly queue: PublicationQueue,
    private readonly requesterRooms: RequesterRooms,
    private readonly omittedCallers: OmittedCallers,
    private readonly notices: MutationNotices,
    private readonly sockets: SocketsService,
    private readonly moduleRef: ModuleRef,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const pubSub = this.routes.find(execution.getClass(), execution.getHandler());
    if (!pubSub) return next.handle();
    const request = execution.switchToHttp().getRequest<HttpRequest>();
    if (seen.has(request)) return next.handle();
    seen.add(request);

    const again = purposeOf(request);
    if (again instanceof RecheckPurpose) return this.observeAgain(again, pubSub, execution, next);
    const call = pubSub.observesHandler
      ? new HandlerCall(execution.getHandler(), () => this.readPrevious(beginning))
      : undefined;
    const context = new PublishContext(execution, this.moduleRef, call);
    // Asked now, so that it is known by the time the handler is done.
    const mutation = namedMutation(request.headers);
    const isKnown = concernsRequester(pubSub, mutation);
    const requester = isKnown ? findRequestingSocketId(request, this.sockets.server) : undefined;
    const arrival = arrivalOf(request);
    const before = { previous: [], slicesBefore: new Map<object, object>() };
    const beginning: Beginning = { ...pubSub, ...before, context, arrival, requester, mutation };
    return this.observe(call ? call.run(() => next.handle()) : next.handle(), beginning);
  }

  /** The response is the last value, as it is over HTTP; it is sent on completion, and so not before its reader hears of what comes next. */
  private observe(response: Observable<unknown>, beginning: Beginning): Observable<unknown> {
    return this.onAnswer(response, (value) => this.complete(value, beginning));
  }

  private onAnswer(
    response: Observable<unknown>,
    complete: (value: unknown) => Observable<never>,
  ): Observable<unknown> {
    let last: { value: unknown } | undefined;
    const values = response.pipe(tap((value) => (last = { value })));
    // To end without a value is an error to Nest.
    return concat(
      values,
      defer(() => (last ? complete(last.value) : EMPTY)),
    );
  }

  /** Finds out what a read would lead to now; nobody is moved, and nothing is published. */
  private observeAgain(
    again: RecheckPurpose,
    { roomChanges, observesHandler }: RouteActions,
    execution: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    const call = observesHandler ? new HandlerCall(execution.getHandler()) : undefined;
    const context = new PublishContext(execution, this.moduleRef, call);
    const response = call ? call.run(() => next.handle()) : next.handle();
    return this.onAnswer(response, (value) => this.lookAgain(value, again, roomChanges, context));
  }

  private lookAgain(
    value: unknown,
    again: RecheckPurpose,
    moves: readonly RoomChange[],
    context: PublishContext,
  ): Observable<never> {
    const sent = new SerializedResponse(value, context.execution.switchToHttp().getResponse<HttpResponse>());
    const move = moves.find(({ name, recheck }) => name === again.name && recheck !== undefined);
    if (!move || sent.failed || sent.isAnotherOne) return EMPTY;
    const answer = { response: sent.read(), context, previous: undefined, omitted: [], mutation: undefined };
    const looked = this.requesterRooms.look(move, again.socket, answer).then((targets) => (again.targets = targets));
    return from(looked).pipe(ignoreElements());
  }

  private complete(value: unknown, beginning: Beginning): Observable<never> {
    const { publications, context, requester } = beginning;
    if (publications.length === 0 && requester === undefined) return EMPTY;
    if (publications.some(({ isViewed }) => isViewed)) context.keepReturned();
    const sent = new SerializedResponse(value, context.execution.switchToHttp().getResponse<HttpResponse>());
    const moved = this.moveRequester(sent, beginning);
    const notice = this.promiseNotice(sent, beginning);
    const before = [moved, notice?.made].filter((work) => work !== undefined);
    const answered = before.length > 0 ? Promise.all(before) : undefined;
    const published = this.publish(sent, beginning, answered);
    if (notice) void published.then(() => this.notices.keep(notice));
    return answered ? from(answered).pipe(ignoreElements()) : EMPTY;
  }

  private moveRequester(
    sent: SerializedResponse,
    { roomChanges, context, arrival, requester, mutation }: Beginning,
  ): Promise<void> | undefined {
    if (roomChanges.length === 0 || requester === undefined || sent.failed || sent.isAnotherOne) return undefined;
    const answer = (): RouteResult => ({
      response: sent.read(),
      context,
      previous: undefined,
      omitted: [],
      mutation,
    });
    const delivery = new ResponseDelivery(context.execution.switchToHttp().getResponse<HttpResponse>(), arrival);
    return Promise.resolve(requester).then((known) =>
      known === undefined ? undefined : this.requesterRooms.apply(roomChanges, known, answer, delivery),
    );
  }

  /** Once the request is out of our hands, so that it does not wait; but in the order in which the handlers ended. */
  private publish(
    sent: SerializedResponse,
    { publications, context, requester, mutation, previous, slicesBefore }: Beginning,
    answered: Promise<unknown> | undefined,
  ): Promise<unknown> {
    const handedOver = answered ? answered.then(nextTurn) : nextTurn();
    const published = publications.map((publication, index) => {
      const answer = async () => {
        await handedOver;
        if (sent.failed) return undefined;
        const { options } = publication.metadata;
        const omitted = this.omittedCallers.roomsOf(context.request as HttpRequest, await requester, options);
        return { response: sent.read(), context, previous: previous[index], slicesBefore, omitted, mutation };
      };
      return this.queue.add(publication, answer());
    });
    return Promise.all(published);
  }

  /** To whoever named a change of which he hears himself. */
  private promiseNotice(
    sent: SerializedResponse,
    { publications, context, requester, mutation }: Beginning,
  ): PromisedNotice | undefined {
    const isHeard = publications.some(({ metadata }) => metadata.options.mirror);
    if (!isHeard || mutation === undefined || sent.failed || sent.isAnotherOne) return undefined;
    return this.notices.promise(mutation, requester, context.execution.switchToHttp().getResponse<HttpResponse>());
  }

  /** Once it is known what the handler is called with, and before it is. */
  private async readPrevious(beginning: Beginning): Promise<void> {
    const { publications, context, slicesBefore } = beginning;
    beginning.previous = await Promise.all(
      publications.map(async ({ metadata: { options }, name, resource }) => {
        if (!options.previous) return undefined;
        try {
          const reading = Promise.resolve(options.previous(context));
          const previous = await withTimeout(PUBLICATION_TIMEOUT, 'to read it', reading);
          for (const record of [previous].flat().filter(isRecord))
            slicesBefore.set(record, { ...slicesBefore.get(record), ...resource.slices.fieldsOf(record) });
          return previous;
        } catch (error) {
          logFailure(this.logger, `${name}: the option "previous" failed, so the message goes without it.`, error);
          return undefined;
        }
      }),
    );
  }
}

/** Whether it matters who asked: to be subscribed, not to be told, or to be told when everybody was. */
function concernsRequester({ publications, roomChanges }: RouteActions, mutation: string | undefined): boolean {
  const concerns = publications.some(({ metadata }) => !metadata.options.mirror || mutation !== undefined);
  return roomChanges.length > 0 || concerns;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
