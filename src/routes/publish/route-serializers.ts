import type { ExecutionContext, NestInterceptor, Type } from '@nestjs/common';
import { type ApplicationConfig, ContextIdFactory, type ModulesContainer } from '@nestjs/core';
import { isObservable, lastValueFrom, of } from 'rxjs';
import { firstPart } from '../../resources/definition/answers/select.js';
import { type HttpResponse, serializeAsPlatform } from '../request/response.js';

/* Nest's own metadata of `@UseInterceptors()`. */
const INTERCEPTORS = '__interceptors__';

/** The interceptors of Nest that serialize, by name: an application may have two copies of Nest. */
const SERIALIZERS = ['ClassSerializerInterceptor', 'StandardSchemaSerializerInterceptor'];

/** Finds the instance of an interceptor that serves one request. */
type FindSerializer = (execution: ExecutionContext) => NestInterceptor;

/** Knows the interceptors of an application that serialize responses, by route. */
export class RouteSerializers {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
  ) {}

  /** Returns what serializes the responses of a route, from the innermost to the outermost. */
  of(controller: Type, handler: object): RouteSerializer {
    // Read when it is first needed: `main.ts` may add global interceptors until the application listens.
    return new RouteSerializer(() => {
      const bound = [controller, handler].flatMap(
        (host) => (Reflect.getMetadata(INTERCEPTORS, host) as Array<Type | NestInterceptor> | undefined) ?? [],
      );
      const own = bound.map((one) => (typeof one === 'function' ? this.provided(controller, one) : () => one));
      return [...this.global(), ...own].filter((find) => find !== undefined).toReversed();
    });
  }

  private global(): Array<FindSerializer | undefined> {
    const ready = this.config
      .getGlobalInterceptors()
      .map((one) => (isSerializer(one.constructor) ? () => one : undefined));
    const perRequest = this.config
      .getGlobalRequestInterceptors()
      .map((wrapper) => (isSerializer(wrapper.metatype) ? instanceOf(wrapper) : undefined));
    return [...ready, ...perRequest];
  }

  private provided(controller: Type, metatype: Type): FindSerializer | undefined {
    if (!isSerializer(metatype)) return undefined;
    const host = [...this.modules.values()].find(({ controllers }) => controllers.has(controller));
    const wrapper = host?.injectables.get(metatype);
    return wrapper && instanceOf(wrapper as Wrapper);
  }
}

type Wrapper = ReturnType<ApplicationConfig['getGlobalRequestInterceptors']>[number];

/** Returns the instance, or that of the request which is being handled. */
function instanceOf(wrapper: Wrapper): FindSerializer {
  return (execution) => {
    if (wrapper.isDependencyTreeStatic()) return wrapper.instance;
    const id = ContextIdFactory.getByRequest(execution.switchToHttp().getRequest<object>());
    return wrapper.getInstanceByContextId(id).instance;
  };
}

/** Tells whether a class is one of Nest's serializers, or extends one. */
function isSerializer(metatype: unknown): boolean {
  for (let one = metatype; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
    if (SERIALIZERS.includes(one.name)) return true;
  }
  return false;
}

/** Where a response holds a record: in a field, or at a path; `undefined` if it is the record. */
type Place = string | undefined;

/** Serializes a value as the responses of one route are. */
export class RouteSerializer {
  private known: readonly FindSerializer[] | undefined;

  constructor(private readonly find: () => FindSerializer[]) {}

  /**
   * Returns what a caller would receive if the handler had returned this value, as plain JSON data.
   *
   * @param places where the response may hold the value, the likeliest first; `undefined` is the whole of it. What the
   *   schema of a response does not know, it drops
   * @throws whatever a serializer throws
   */
  async serialize(value: unknown, execution: ExecutionContext, places: readonly Place[]): Promise<unknown> {
    this.known ??= this.find();
    let serialized = value;
    for (const find of this.known) {
      const shown = await find(execution).intercept(execution, { handle: () => of(serialized) });
      serialized = isObservable(shown) ? await lastValueFrom(shown) : shown;
    }
    const response = execution.switchToHttp().getResponse<HttpResponse>();
    for (const place of places) {
      const written = writtenAt(place, serialized, response);
      if (written !== undefined) return written;
    }
    return undefined;
  }
}

/** Writes a value as a part of a response. */
function writtenAt(place: Place, value: unknown, response: HttpResponse): unknown {
  if (place === undefined) return writtenAs(value, response);
  return firstPart(writtenAs(envelopeOf(value, place), response), [place])?.value;
}

/** Returns an answer that holds a value at a path. */
function envelopeOf(value: unknown, path: string): unknown {
  return path.split('.').reduceRight((inner, field) => ({ [field]: inner }), value);
}

/** Writes a value as the platform does. A schema of the route may be about something else, and then refuse it. */
function writtenAs(value: unknown, response: HttpResponse): unknown {
  const text = refusedAsUndefined(() => serializeAsPlatform(value, response)) ?? JSON.stringify(value);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

function refusedAsUndefined(write: () => string | undefined): string | undefined {
  try {
    return write();
  } catch {
    return undefined;
  }
}
