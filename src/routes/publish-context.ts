import type { Abstract, ExecutionContext, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { PublishingScope } from '../transactions/hold.js';
import type { HandlerCall } from './handler-call.js';

/* A decorator cannot know the types of the application's requests. */
/* oxlint-disable typescript/no-explicit-any */

/** The fields that requests of Express and Fastify have in common. */
interface HttpInput {
  params?: Record<string, string>;
  query?: unknown;
  body?: unknown;
}

/** The request behind a publication or subscription, as the functions among a decorator's options see it. */
export class PublishContext {
  private read: { json: unknown } | undefined;

  /** @internal */
  constructor(
    /** Nest's context: the controller, the handler, the request and response. */
    readonly execution: ExecutionContext,
    private readonly moduleRef: ModuleRef,
    private readonly call: HandlerCall,
    /**
     * The record as it was before the handler ran, as plain JSON data: what the option `previous` of this decorator
     * gave, or a list of records where it gave several. `undefined` where the decorator has no such option, where that
     * found nothing or failed, while it runs itself, and for decorators that do not publish.
     *
     * @example
     * ```ts
     * import { Controller, Delete } from '@nestjs/common';
     * import { PublishOnDestroy, Resourceful } from 'nestjs-sockets';
     *
     * @Controller('articles')
     * @Resourceful('article')
     * export class ArticlesController {
     *   @Delete(':slug')
     *   @PublishOnDestroy({
     *     previous: ({ params }) => ({ id: 1, slug: params.slug, boardId: 7 }), // look it up
     *     id: (_answer, { previous }) => previous.id, // the path has its slug only, and the response nothing
     *     to: (_answer, { previous }) => `board:${previous.boardId}`,
     *   })
     *   remove() {}
     * }
     * ```
     */
    readonly previous?: any,
    private readonly captured: { returned?: string } = {},
  ) {}

  /** @internal Returns the same context for one decorator, whose functions see the record as it was. */
  withPrevious(previous: unknown): PublishContext {
    return new PublishContext(this.execution, this.moduleRef, this.call, previous, this.captured);
  }

  /** The handler's arguments, in order, after its pipes. */
  get args(): readonly any[] {
    return this.call.args;
  }

  /** @internal The scope in which the handler was called: it may be that of a transaction that is not over yet. */
  get scope(): PublishingScope {
    return this.call.scope;
  }

  /** @internal The value that the handler returned, before any interceptor. */
  get returned(): unknown {
    return this.call.result;
  }

  /** @internal The same, as plain JSON data: as it was when it was captured. */
  get returnedJson(): unknown {
    const { returned } = this.captured;
    this.read ??= { json: returned === undefined ? undefined : JSON.parse(returned) };
    return this.read.json;
  }

  /** @internal Captures that value now, because others may go on changing it. */
  captureReturned(): void {
    try {
      this.captured.returned = JSON.stringify(this.call.result);
    } catch {
      // Where JSON cannot express it, only the response counts.
      this.captured.returned = undefined;
    }
  }

  /** @internal Tells whether the handler's arguments are known. */
  get knowsArguments(): boolean {
    return this.call.outcome !== 'bypassed';
  }

  /** The Express or Fastify request. */
  get request(): any {
    return this.input;
  }

  /** The path parameters, as they appear in the URL. */
  get params(): Record<string, string> {
    return this.input.params ?? {};
  }

  get query(): any {
    return this.input.query;
  }

  get body(): any {
    return this.input.body;
  }

  /**
   * Returns a provider of the application, which must not be scoped to requests. It can be taken out of the context as
   * the other fields can: `({ get, params }) => get(UsersService).find(params.id)`.
   */
  get get(): <T>(token: Type<T> | Abstract<T> | string | symbol) => T {
    return (token) => this.moduleRef.get(token, { strict: false });
  }

  /** `switchToHttp()` would give the context three new functions each time. */
  private get input(): HttpInput {
    return this.execution.getArgByIndex<HttpInput>(0);
  }
}

/** Reads a value of one request. */
export type ReadValue = (context: PublishContext) => unknown;
