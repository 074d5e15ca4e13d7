import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { from, mergeMap, tap, type Observable } from 'rxjs';
import { findRequestingSocketId, type HttpRequest } from '../../sockets/requesting-socket.js';
import { SocketsService } from '../../sockets/sockets.service.js';
import { within } from '../../sockets/within.js';
import { PublicationQueue, PUBLICATION_TIMEOUT } from './publication-queue.js';
import { PublishContext } from './publish-context.js';
import { RouteExplorer } from './route-explorer.js';
import type { RoutePublication } from './route-publication.js';
import { SentResponse, type HttpResponse } from './sent-response.js';

/** Requests that are seen to already: applied once more by hand, which makes another instance, it publishes nothing twice. */
const seen = new WeakSet<object>();

/** What is known of a request before its handler runs. */
interface Beginning {
  publications: readonly RoutePublication[];
  context: PublishContext;
  requester: Promise<string | undefined> | string | undefined;
  /** For each publication. */
  previous: readonly unknown[];
}

/**
 * Publishes what routes with a publishing decorator answered. `SocketsModule` makes it the outermost interceptor of the application; it has not to be
 * applied by hand.
 */
@Injectable()
export class ResourcefulPubSubInterceptor implements NestInterceptor {
  private readonly logger = new Logger('ResourcefulPubSub');

  /** @internal */
  constructor(
    private readonly routes: RouteExplorer,
    private readonly queue: PublicationQueue,
    private readonly sockets: SocketsService,
    private readonly moduleRef: ModuleRef,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const publications = this.routes.publicationsOf(execution.getClass(), execution.getHandler());
    if (!publications) return next.handle();
    const request = execution.switchToHttp().getRequest<HttpRequest>();
    if (seen.has(request)) return next.handle();
    seen.add(request);

    const context = new PublishContext(execution, this.moduleRef);
    const mirrorsAll = publications.every(({ metadata }) => metadata.options.mirror);
    // Asked now, so that it is known by the time the handler is done.
    const requester = mirrorsAll ? undefined : findRequestingSocketId(request, this.sockets.server);
    const beginning = {
      publications,
      context,
      requester,
      previous: [],
    };
    if (!publications.some(({ metadata }) => metadata.options.previous)) return this.observe(next, beginning);
    return from(this.readPrevious(publications, context)).pipe(
      mergeMap((previous) => this.observe(next, { ...beginning, previous })),
    );
  }

  /** The response is the last value, as it is over HTTP. It is published once the request is out of our hands, so that it waits for nothing of ours. */
  private observe(next: CallHandler, beginning: Beginning): Observable<unknown> {
    let last: { value: unknown } | undefined;
    return next.handle().pipe(
      tap({
        next: (value) => (last = { value }),
        // To end without a value is an error to Nest.
        complete: () => last && this.publish(last.value, beginning),
      }),
    );
  }

  private publish(value: unknown, { publications, context, requester, previous }: Beginning): void {
    const sent = new SentResponse(value, context.execution.switchToHttp().getResponse<HttpResponse>());
    const handedOver = new Promise((resolve) => setImmediate(resolve));
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
