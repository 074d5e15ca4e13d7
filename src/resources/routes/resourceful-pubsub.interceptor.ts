import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { from, mergeMap, tap, type Observable } from 'rxjs';
import { findRequestingSocketId, type HttpRequest } from '../../sockets/requesting-socket.js';
import { SocketsServer } from '../../sockets/sockets-server.js';
import { Publisher } from '../publisher.js';
import { PublishContext } from './publish-context.js';
import { isStream } from './response-value.js';
import { RouteExplorer } from './route-explorer.js';
import { NothingToPublish, type Answer, type RoutePublication } from './route-publication.js';

/**
 * Publishes what routes with a publishing decorator answered. `SocketsModule` makes it the outermost interceptor of the application; it has not to be
 * applied by hand.
 */
@Injectable()
export class ResourcefulPubSubInterceptor implements NestInterceptor, BeforeApplicationShutdown {
  private readonly logger = new Logger('ResourcefulPubSub');
  /** Requests under way, so that applying it once more by hand publishes nothing twice. */
  private readonly seen = new WeakSet<object>();
  /** What a resource's publications wait for: those before them. */
  private readonly queues = new Map<string, Promise<void>>();
  private readonly complaints = new Set<string>();

  constructor(
    private readonly routes: RouteExplorer,
    private readonly publisher: Publisher,
    private readonly server: SocketsServer,
    private readonly moduleRef: ModuleRef,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'http') return next.handle();
    const publications = this.routes.publicationsOf(execution.getClass(), execution.getHandler());
    if (!publications) return next.handle();
    const request = execution.switchToHttp().getRequest<HttpRequest>();
    if (this.seen.has(request)) return next.handle();
    this.seen.add(request);

    const context = new PublishContext(execution, this.moduleRef);
    // Asked now, so that it is known by the time the handler is done.
    const requester = this.findRequester(request);
    const readsPrevious = publications.some(({ metadata }) => metadata.options.previous);
    if (!readsPrevious) return this.observe(next, publications, { context, requester, previous: [] });
    return from(this.readPrevious(publications, context)).pipe(
      mergeMap((previous) => this.observe(next, publications, { context, requester, previous })),
    );
  }

  /** What happened before the application was told to end is still told. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  /** The response is the last value, as it is over HTTP. It is published once the request is out of our hands, so that it waits for nothing of ours. */
  private observe(
    next: CallHandler,
    publications: RoutePublication[],
    known: {
      context: PublishContext;
      requester: Promise<string | undefined> | string | undefined;
      previous: unknown[];
    },
  ): Observable<unknown> {
    let response: unknown;
    return next.handle().pipe(
      tap({
        next: (value) => (response = value),
        complete: () => {
          const handedOver = new Promise((resolve) => setImmediate(resolve));
          publications.forEach((publication, index) => {
            const previous = known.previous[index];
            this.enqueue(publication, async () => {
              await handedOver;
              return { ...known, response, previous, requester: await known.requester };
            });
          });
        },
      }),
    );
  }

  /** One after the other for each resource: reading a view or asking another server must not change the order. */
  private enqueue(publication: RoutePublication, answer: () => Promise<Answer>): void {
    const { name } = publication.resource;
    const earlier = this.queues.get(name) ?? Promise.resolve();
    const turn = earlier.then(() => this.publish(publication, answer));
    this.queues.set(name, turn);
    void turn.then(() => {
      if (this.queues.get(name) === turn) this.queues.delete(name);
    });
  }

  /** Never throws: a publication that fails must not fail anything else. */
  private async publish(publication: RoutePublication, answer: () => Promise<Answer>): Promise<void> {
    try {
      const known = await answer();
      if (isStream(known.response)) throw new NothingToPublish('the response is a stream, not a record');
      this.publisher.publishAll(await publication.compose(known));
    } catch (error) {
      this.complain(publication, error);
    }
  }

  private complain({ name }: RoutePublication, error: unknown): void {
    if (!(error instanceof NothingToPublish)) {
      this.publisher.counters.failed++;
      this.logger.error(`${name}: not published.`, error);
      return;
    }
    this.publisher.counters.skipped++;
    if (this.complaints.has(name)) return;
    this.complaints.add(name);
    this.logger.warn(`${name}: nothing was published, since ${error.message}. This is said once.`);
  }

  private findRequester(request: HttpRequest): Promise<string | undefined> | string | undefined {
    const found = findRequestingSocketId(request, this.server.io);
    if (!(found instanceof Promise)) return found;
    return found.catch((error: unknown) => {
      this.logger.warn(`The socket named by X-Socket-Id could not be looked up; nobody is omitted. ${String(error)}`);
      return undefined;
    });
  }

  private readPrevious(publications: RoutePublication[], context: PublishContext): Promise<unknown[]> {
    return Promise.all(
      publications.map(async ({ metadata, name }) => {
        try {
          return await metadata.options.previous?.(context);
        } catch (error) {
          this.publisher.counters.failed++;
          this.logger.error(`${name}: the option "previous" threw; published without it.`, error);
          return undefined;
        }
      }),
    );
  }
}
