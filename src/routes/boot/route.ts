import { ParseArrayPipe, RequestMethod, type Type } from '@nestjs/common';
import type { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { isConstructor } from '../../common/type-guards.js';
import { socketOf } from '../../connections/requester/requesting-socket.decorator.js';
import { type PathParameters, readPath } from './paths/path-parameters.js';

/* Nest's own metadata of controllers and handlers, the same on 11 and 12. */
const PATH = 'path';
const METHOD = 'method';
const HTTP_CODE = '__httpCode__';
const SSE = '__sse__';
const VERSION = '__version__';
const TEMPLATE = '__renderTemplate__';
const REDIRECT = '__redirect__';
const ROUTE_ARGUMENTS = '__routeArguments__';
const PASSTHROUGH = '__responsePassthrough__';
const GUARDS = '__guards__';
const SERIALIZE_OPTIONS = 'class_serializer:options';
/** For the path that `RouterModule` gives a module. */
const MODULE_PATH = '__module_path__';
/* That of @nestjs/swagger. */
const DOCUMENTED_RESPONSES = 'swagger/apiResponse';
const REQUEST_ARGUMENT = 0;
const RESPONSE_ARGUMENT = 1;
const NEXT_ARGUMENT = 2;
const QUERY_ARGUMENT = 4;
const PARAM_ARGUMENT = 5;
const HEADERS_ARGUMENT = 6;
const SESSION_ARGUMENT = 7;

/**
 * Matches the keys of Nest's own arguments: kind and position. The keys of custom decorators are random names, which
 * may begin with a digit too.
 */
const ARGUMENT_KEY = /^(\d+):(\d+)$/;

/** The headers that say who asks. */
const CALLER_HEADERS: readonly unknown[] = [undefined, 'authorization', 'cookie'];

/** Matches a segment of a path that consists of parameters: `:id`, `:id(\d+)`, `:exchange-:symbol`. */
const PARAMETERS = /^(?:[^\w:]*:\w+(?:\([^)]*\))?\??)+[^\w:]*$/;

/** An argument of a handler, and what Nest puts there. */
export interface RouteArgument {
  kind: number;
  index: number;
  /** The name in `@Param('name')`; absent for all of them. */
  data?: unknown;
  /** Whether it has pipes of its own. */
  hasPipes: boolean;
  /** Whether it is declared as a list, or a `ParseArrayPipe` makes one. */
  isList: boolean;
}

/** A handler of a controller, as its decorators describe it. */
export class Route {
  readonly handler: object;
  // Many checks ask for these, and an application may have hundreds of routes.
  private readonly known: { paths?: PathParameters[]; arguments?: RouteArgument[] } = {};

  constructor(
    readonly controller: Type,
    readonly methodName: string,
    /** The path that `RouterModule` puts before that of the controller. */
    readonly modulePath = '',
  ) {
    this.handler = (controller.prototype as Record<string, object>)[methodName];
  }

  get name(): string {
    return `${this.controller.name}.${this.methodName}()`;
  }

  /** Tells whether the method is a route at all: `@Get()` and the like store a path. */
  get isRoute(): boolean {
    return Reflect.getMetadata(PATH, this.handler) !== undefined;
  }

  get requestMethod(): RequestMethod {
    return Reflect.getMetadata(METHOD, this.handler) as RequestMethod;
  }

  /** What `@Version()` says of the method, and what its controller says, as they are written. */
  get versions(): { own: unknown; ofController: unknown } {
    return {
      own: Reflect.getMetadata(VERSION, this.handler) as unknown,
      ofController: Reflect.getMetadata(VERSION, this.controller) as unknown,
    };
  }

  /** The version, or versions, by `@Version()` or those of the controller. */
  get version(): string | undefined {
    const version = this.versions.own ?? this.versions.ofController;
    return version === undefined ? undefined : [version].flat().map(String).join(', ');
  }

  /** The status that `@HttpCode()` names, if it does. */
  get httpCode(): number | undefined {
    return Reflect.getMetadata(HTTP_CODE, this.handler) as number | undefined;
  }

  get isServerSentEvents(): boolean {
    return Boolean(Reflect.getMetadata(SSE, this.handler));
  }

  /**
   * Tells whether the caller is sent a page or a redirect, by `@Render()` or `@Redirect()`, instead of the return
   * value.
   */
  get answersWithPage(): boolean {
    return [TEMPLATE, REDIRECT].some((key) => Reflect.getMetadata(key, this.handler) !== undefined);
  }

  get isAsyncGenerator(): boolean {
    return Object.prototype.toString.call(this.handler) === '[object AsyncGeneratorFunction]';
  }

  /**
   * Tells whether the handler sends the response itself, by `@Res()` or `@Next()` without `passthrough`, so that Nest
   * never sees it.
   */
  get answersByItself(): boolean {
    if (Reflect.getMetadata(PASSTHROUGH, this.controller, this.methodName)) return false;
    return this.routeArguments.some(({ kind }) => kind === RESPONSE_ARGUMENT || kind === NEXT_ARGUMENT);
  }

  /** The declared return type, if it is a class. Metadata shows neither an interface nor the content of a promise. */
  get returnType(): unknown {
    return Reflect.getMetadata('design:returntype', this.controller.prototype as object, this.methodName) as unknown;
  }

  /**
   * The classes of what the caller receives, as far as metadata names them: the declared return type, the type to
   * serialize by, or what the documentation says.
   */
  get responseTypes(): unknown[] {
    const { controller, handler } = this;
    const serialized = [handler, controller].map(
      (host) => (Reflect.getMetadata(SERIALIZE_OPTIONS, host) as { type?: unknown } | undefined)?.type,
    );
    const documented = (Reflect.getMetadata(DOCUMENTED_RESPONSES, handler) ?? {}) as Record<string, { type?: unknown }>;
    const successful = Object.entries(documented).filter(([status]) => status.startsWith('2'));
    return [...serialized, ...successful.map(([, { type }]) => type), this.returnType].filter(isConstructor);
  }

  /** The paths of the controller, before those of the method. */
  get controllerPaths(): string[] {
    return asArray(Reflect.getMetadata(PATH, this.controller));
  }

  /** The paths of the method itself, after that of the controller. */
  get paths(): string[] {
    return asArray(Reflect.getMetadata(PATH, this.handler));
  }

  /**
   * Tells whether one of its own paths is that of the collection or of one record: nothing, or nothing but parameters.
   */
  get isOfCollectionOrRecord(): boolean {
    return this.paths.some((path) =>
      path
        // Express and Fastify write optional parts differently: `{/:id}`, `/:id?`.
        .replaceAll(/[{}]/g, '')
        .split('/')
        .filter((segment) => segment !== '')
        .every((segment) => PARAMETERS.test(segment)),
    );
  }

  /** The parameters of each path that leads to the route. */
  get pathParameters(): readonly PathParameters[] {
    return (this.known.paths ??= this.readPaths());
  }

  /** The arguments with `@Param()`. */
  get pathArguments(): RouteArgument[] {
    return this.routeArguments.filter(({ kind }) => kind === PARAM_ARGUMENT);
  }

  /** The arguments with `@Query()`. */
  get queryArguments(): RouteArgument[] {
    return this.routeArguments.filter(({ kind }) => kind === QUERY_ARGUMENT);
  }

  /** The guards of the class and of the method: classes and instances. */
  get guards(): unknown[] {
    return [this.controller, this.handler].flatMap(
      (host) => (Reflect.getMetadata(GUARDS, host) as unknown[] | undefined) ?? [],
    );
  }

  /** The arguments from which the handler may learn who asks, as they are written. */
  get callerArguments(): string[] {
    const known = this.routeArguments.flatMap(({ kind, data }) => {
      if (kind === REQUEST_ARGUMENT) return ['@Req()'];
      if (kind === SESSION_ARGUMENT) return ['@Session()'];
      const header = typeof data === 'string' ? data.toLowerCase() : data;
      return kind === HEADERS_ARGUMENT && CALLER_HEADERS.includes(header) ? ['@Headers()'] : [];
    });
    // Our own finds a socket, and says nothing of users.
    const isCustom = Object.values(this.argumentMetadata).some(
      ({ factory }) => factory !== undefined && factory !== socketOf,
    );
    return isCustom ? [...known, 'an argument by a decorator of its own'] : known;
  }

  /** Tells whether the handler takes this path parameter as the text that the URL has, or does not take it at all. */
  leavesText(parameter: string): boolean {
    const taken = this.pathArguments.find(({ data }) => data === parameter);
    if (!taken) return this.pathArguments.every(({ data }) => data !== undefined);
    const type = this.argumentTypes[taken.index];
    return !taken.hasPipes && (type === undefined || type === String || type === Object);
  }

  /** Tells whether the handler declares this path parameter as a number. */
  declaresNumber(parameter: string): boolean {
    const taken = this.pathArguments.find(({ data }) => data === parameter);
    return taken !== undefined && this.argumentTypes[taken.index] === Number;
  }

  /** Tells whether the class of an argument declares this field as a list. */
  declaresListField({ index }: RouteArgument, field: string): boolean {
    const type = this.argumentTypes[index];
    if (typeof type !== 'function') return false;
    return Reflect.getMetadata('design:type', type.prototype as object, field) === Array;
  }

  private get argumentTypes(): unknown[] {
    const { controller, methodName } = this;
    return (Reflect.getMetadata('design:paramtypes', controller.prototype as object, methodName) ?? []) as unknown[];
  }

  /** Nest's metadata of the decorated arguments. Those of decorators that Nest does not have hold a factory. */
  private get argumentMetadata(): Record<string, { data?: unknown; factory?: unknown; pipes?: readonly unknown[] }> {
    return (Reflect.getMetadata(ROUTE_ARGUMENTS, this.controller, this.methodName) ?? {}) as Record<
      string,
      { data?: unknown; factory?: unknown; pipes?: readonly unknown[] }
    >;
  }

  private get routeArguments(): readonly RouteArgument[] {
    return (this.known.arguments ??= this.readArguments());
  }

  private readPaths(): PathParameters[] {
    return this.paths.flatMap((path) =>
      this.controllerPaths.map((prefix) => readPath(path, [this.modulePath, prefix])),
    );
  }

  private readArguments(): RouteArgument[] {
    const types = this.argumentTypes;
    return Object.entries(this.argumentMetadata).flatMap(([key, { data, pipes = [] }]) => {
      const [, kind, position] = ARGUMENT_KEY.exec(key) ?? [];
      if (kind === undefined) return [];
      const index = Number(position);
      const isList = types[index] === Array || pipes.some(makesList);
      return [{ kind: Number(kind), index, data, hasPipes: pipes.length > 0, isList }];
    });
  }
}

/**
 * Returns the methods of a controller, those that are no routes included.
 *
 * @param module the module that it belongs to
 */
export function methodsOf(
  controller: Type,
  module: object | null | undefined,
  { applicationId }: ModulesContainer,
  scanner: MetadataScanner,
): Route[] {
  const path = module ? (Reflect.getMetadata(MODULE_PATH + applicationId, module) as string | undefined) : undefined;
  const methods = scanner.getAllMethodNames(controller.prototype as object);
  return methods.map((method) => new Route(controller, method, path));
}

function makesList(pipe: unknown): boolean {
  return pipe === ParseArrayPipe || pipe instanceof ParseArrayPipe;
}

function asArray(path: unknown): string[] {
  return (Array.isArray(path) ? path : [path ?? '']) as string[];
}
