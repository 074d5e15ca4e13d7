import { RequestMethod, type Type } from '@nestjs/common';

/* Nest's own metadata of controllers and handlers, the same on 11 and 12. */
const PATH = 'path';
const METHOD = 'method';
const SSE = '__sse__';
const ROUTE_ARGUMENTS = '__routeArguments__';
const RESPONSE_ARGUMENT = 1;
const NEXT_ARGUMENT = 2;
const PARAM_ARGUMENT = 5;

interface RouteArgument {
  kind: number;
  index: number;
  data?: unknown;
}

/** A handler of a controller, as its decorators describe it. */
export class Route {
  readonly handler: object;

  constructor(
    readonly controller: Type,
    readonly methodName: string,
  ) {
    this.handler = (controller.prototype as Record<string, object>)[methodName] as object;
  }

  get name(): string {
    return `${this.controller.name}.${this.methodName}()`;
  }

  /** Whether it is one at all: `@Get()` and its kin leave a path. */
  get isRoute(): boolean {
    return Reflect.getMetadata(PATH, this.handler) !== undefined;
  }

  get requestMethod(): RequestMethod {
    return Reflect.getMetadata(METHOD, this.handler) as RequestMethod;
  }

  get isServerSentEvents(): boolean {
    return Boolean(Reflect.getMetadata(SSE, this.handler));
  }

  /** `@Res()` or `@Next()` without `passthrough`: the handler answers by itself, so Nest never sees what. */
  get answersByItself(): boolean {
    return this.routeArguments.some(
      ({ kind, data }) =>
        (kind === RESPONSE_ARGUMENT || kind === NEXT_ARGUMENT) && !(data as { passthrough?: boolean })?.passthrough,
    );
  }

  /** What the handler is declared to answer, if that is a class; decorators see a promise's content as little as an interface. */
  get returnType(): unknown {
    return Reflect.getMetadata('design:returntype', this.controller.prototype as object, this.methodName);
  }

  /** The path parameters of each path that leads here: those of the method's own path, and all of them. */
  get pathParameters(): Array<{ own: string[]; all: string[] }> {
    const prefixes = asArray(Reflect.getMetadata(PATH, this.controller));
    return asArray(Reflect.getMetadata(PATH, this.handler)).flatMap((path) =>
      prefixes.map((prefix) => ({ own: parametersIn(path), all: [...parametersIn(prefix), ...parametersIn(path)] })),
    );
  }

  /** Whether the handler declares this path parameter a number. */
  declaresNumber(parameter: string): boolean {
    const argument = this.routeArguments.find(({ kind, data }) => kind === PARAM_ARGUMENT && data === parameter);
    const types = (Reflect.getMetadata('design:paramtypes', this.controller.prototype as object, this.methodName) ??
      []) as unknown[];
    return argument !== undefined && types[argument.index] === Number;
  }

  private get routeArguments(): RouteArgument[] {
    const metadata = (Reflect.getMetadata(ROUTE_ARGUMENTS, this.controller, this.methodName) ?? {}) as Record<
      string,
      { index: number; data?: unknown }
    >;
    return Object.entries(metadata).map(([key, argument]) => ({ ...argument, kind: Number.parseInt(key, 10) }));
  }
}

function parametersIn(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
}

function asArray(path: unknown): string[] {
  return (Array.isArray(path) ? path : [path ?? '']) as string[];
}
