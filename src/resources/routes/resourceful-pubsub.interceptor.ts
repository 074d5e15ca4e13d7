import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { concat, defer, EMPTY, from, ignoreElements, mergeMap, tap, type Observable } from 'rxjs';
import { findRequestingSocketId, type HttpRequest } from '../../sockets/requesting-socket.js';
import { SocketsService } from '../../sockets/sockets.service.js';
import { within } from '../../sockets/within.js';
import type { Answer } from './answer.js';
import { Delivery } from './delivery.js';
import { PublicationQueue, PUBLICATION_TIMEOUT } from './publication-queue.js';
import { PublishContext } from './publish-context.js';
import { RequesterRooms } from './requester-rooms.js';
import { RouteExplorer, type RoutePubSub } from './route-explorer.js';
import type { RoutePublication } from './route-publication.js';
import { SentResponse, type HttpResponse } from './sent-response.js';

/** Requests that are seen to already: applied once more by hand, which makes another instance, it publishes nothing twice. */
const seen = new WeakSet<object>();

/** What is known of a request before its handler runs. */
interface Beginning extends RoutePubSub {
  context: PublishContext;
  requester: Promise<string | undefined> | string | undefined;
  /** For each publication. */
  previous: readonly unknown[];
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

    const context = new PublishContext(execution, this.moduleRef);
    // Asked now, so that it is known by the time the handler is done.
    const requester = concernsRequester(pubSub) ? findRequestingSocketId(request, this.sockets.server) : undefined;
    const beginning = { ...pubSub, context, requester, previous: [] };
    const { publications } = pubSub;
    if (!publications.some(({ metadata }) => metadata.options.previous)) return this.observe(next, beginning);
    return from(this.readPrevious(publications, context)).pipe(
      mergeMap((previous) => this.observe(next, { ...beginning, previous })),
    );
  }

  /** The response is the last value, as it is over HTTP; it is sent on completion, and so not before its reader hears of what comes next. */
  private observe(next: CallHandler, beginning: Beginning): Observable<unknown> {
    let last: { value: unknown } | undefined;
    const values = next.handle().pipe(tap((value) => (last = { value })));
    // To end without a value is an error to Nest.
    return concat(
      values,
      defer(() => (last ? this.complete(last.value, beginning) : EMPTY)),
    );
  }

  private complete(value: unknown, beginning: Beginning): Observable<never> {
    const { publications, context, requester } = beginning;
    if (publications.length === 0 && requester === undefined) return EMPTY;
    const sent = new SentResponse(value, context.execution.switchToHttp().getResponse<HttpResponse>());
    const moved = this.moveRequester(sent, beginning);
    this.publish(sent, beginning, moved);
    return moved ? from(moved).pipe(ignoreElements()) : EMPTY;
  }

  private moveRequester(sent: SentResponse, { moves, context, requester }: Beginning): Promise<void> | undefined {
    if (moves.length === 0 || requester === undefined || sent.failed || sent.isAnotherOne) return undefined;
    const answer = (known: string): Answer => ({
      response: sent.read(),
      context,
      previous: undefined,
      requester: known,
    });
    const delivery = new Delivery(context.execution.switchToHttp().getResponse<HttpResponse>());
    return Promise.resolve(requester).then((known) =>
      known === undefined ? undefined : this.requesterRooms.apply(moves, known, () => answer(known), delivery),
    );
  }

  /** Once the request is out of our hands, so that it does not wait; but in the order in which the handlers ended. */
  private publish(
    sent: SentResponse,
    { publications, context, requester, previous }: Beginning,
    moved: Promise<void> | undefined,
  ): void {
    const handedOver = moved ? moved.then(nextTurn) : nextTurn();
    publications.forEach((publication, index) => {
      const answer = async () => {
        await handedOver;
        if (sent.failed) return undefined;
        return { response: sent.read(), context, previous: previous[index], requester: await requester };
      };
      this.queue.add(publication, answer());
    });
  }

  private readPrevious(publications: readonly RoutePublication[], context: PublishContext): Promise<unknown[]> {
    return Promise.all(
      publications.map(async ({ metadata: { options }, name }) => {
        if (!options.previous) return undefined;
        try {
          const reading = Promise.resolve(options.previous(context));
          return await within(PUBLICATION_TIMEOUT, 'to read it', reading);
        } catch (error) {
          this.logger.error(`${name}: the option "previous" failed, so the message goes without it.`, error);
          return undefined;
        }
      }),
    );
  }
}

/** Whether it matters who asked: to be subscribed, or not to be told. */
function concernsRequester({ publications, moves }: RoutePubSub): boolean {
  return moves.length > 0 || !publications.every(({ metadata }) => metadata.options.mirror);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
