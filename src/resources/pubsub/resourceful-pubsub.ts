import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { PublicationCounters } from './pipeline/publication-pipeline.js';
import type { ResourceChannel } from './resource-channel.js';
import { ResourceChannels } from './resource-channels.js';

/**
 * Opens the channels of resources.
 *
 * It may also stand where an interceptor does, as in `@UseInterceptors(ResourcefulPubSub)`. That is never needed:
 * `SocketsModule` itself applies the interceptor that publishes what routes answer, once and outermost.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { ResourcefulPubSub } from 'nestjs-sockets';
 *
 * @Injectable()
 * export class Janitor {
 *   constructor(private readonly pubsub: ResourcefulPubSub) {}
 *
 *   async remove(id: number) {
 *     await this.pubsub.of<{ id: number }>('user').publishDestroy(id);
 *   }
 * }
 * ```
 */
@Injectable()
export class ResourcefulPubSub implements NestInterceptor {
  readonly #channels: ResourceChannels;

  /** @internal */
  constructor(channels: ResourceChannels) {
    this.#channels = channels;
  }

  /**
   * Returns the channel of a resource. A resource without options needs no other declaration than this.
   *
   * @throws InvalidResourceError when the name cannot be one
   */
  of<T = Record<string, unknown>>(name: string): ResourceChannel<T> {
    return this.#channels.open(name);
  }

  /** Counts what became of this process's publications since it started. */
  get counters(): Readonly<PublicationCounters> {
    return this.#channels.counters;
  }

  /** Leaves it to the interceptor of the module, which sees the request before this one does. */
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}
