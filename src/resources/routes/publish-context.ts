import type { ExecutionContext, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/* A decorator cannot know the types of the application's requests. */
/* oxlint-disable typescript/no-explicit-any */

/** What Express and Fastify have in common. */
interface HttpInput {
  params?: Record<string, string>;
  query?: unknown;
  body?: unknown;
}

/** What the functions among a decorator's options are given, besides the record. */
export class PublishContext {
  /** @internal */
  constructor(
    /** Nest's context: the controller, the handler, the request and response. */
    readonly execution: ExecutionContext,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** The Express or Fastify request. */
  get request(): any {
    return this.http;
  }

  /** The path parameters, as they stand in the URL. */
  get params(): Record<string, string> {
    return this.http.params ?? {};
  }

  get query(): any {
    return this.http.query;
  }

  get body(): any {
    return this.http.body;
  }

  /** A provider of the application that is not scoped to requests. */
  get<T>(token: Type<T> | string | symbol): T {
    return this.moduleRef.get(token, { strict: false });
  }

  private get http(): HttpInput {
    return this.execution.switchToHttp().getRequest<HttpInput>();
  }
}
