import type { ContextType, ExecutionContext, NestInterceptor, Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';

type Handler = (...args: unknown[]) => unknown;

/** An interceptor that can do without rxjs. */
export interface SurroundingInterceptor extends NestInterceptor {
  /** Tells whether it has anything to do for a handler of a class. */
  concerns(host: Type, handler: Handler): boolean;

  /**
   * Does what `intercept()` does.
   *
   * @param next runs the other interceptors, the pipes and the handler; what it gives may be an Observable
   */
  surround(execution: ExecutionContext, next: () => Promise<unknown>): Promise<unknown>;
}

/** What finds the interceptors of a route when Nest registers it. Nest keeps it to itself. */
interface InterceptorFinder {
  create?: (this: InterceptorFinder, instance: object, handler: Handler, ...others: unknown[]) => NestInterceptor[];
}

/** What runs the interceptors of a route. Nest keeps it to itself, too. */
interface InterceptorRunner {
  intercept?: (
    this: InterceptorRunner,
    interceptors: NestInterceptor[],
    args: unknown[],
    instance: object,
    handler: Handler,
    next: () => Promise<unknown>,
    type?: ContextType,
    ...others: unknown[]
  ) => Promise<unknown>;
  createContext?(
    args: unknown[],
    instance: object,
    handler: Handler,
  ): ExecutionContext & { setType(type: string): void };
}

const surrounding = new WeakSet<NestInterceptor>();

/** Maps the interceptors that Nest runs for a route to the one that runs around them. */
const outermost = new WeakMap<NestInterceptor[], SurroundingInterceptor>();

const patched = new WeakSet<object>();

/**
 * Runs a global interceptor around Nest's own run of the others, and only for the routes that it has anything to do
 * for. Nest would run it through rxjs on every route, which is a noticeable part of a small request. Where Nest does
 * not offer what this needs, the interceptor is one in Nest's list, and has to pass on what does not concern it.
 *
 * @param contexts leads to what finds and runs interceptors; all applications of the process share its methods
 */
export function surroundRoutes(contexts: ExternalContextCreator, interceptor: SurroundingInterceptor): void {
  const { interceptorsContextCreator, interceptorsConsumer } = contexts as unknown as Record<
    string,
    object | undefined
  >;
  const finder: InterceptorFinder = methodsOf(interceptorsContextCreator);
  const runner: InterceptorRunner = methodsOf(interceptorsConsumer);
  if (!finder.create || !runner.intercept || !runner.createContext) return;
  surrounding.add(interceptor);
  if (patched.has(runner)) return;
  patched.add(runner);
  takeOut(finder, finder.create);
  runAround(runner, runner.intercept);
}

function methodsOf(object: object | undefined): object {
  return (object && (Object.getPrototypeOf(object) as object)) ?? {};
}

function takeOut(finder: InterceptorFinder, create: NonNullable<InterceptorFinder['create']>): void {
  finder.create = function (instance, handler, ...others): NestInterceptor[] {
    const found = create.call(this, instance, handler, ...others);
    const outer = found.find(isSurrounding);
    if (!outer) return found;
    const rest = found.filter((one) => one !== outer);
    if (outer.concerns(instance.constructor as Type, handler)) outermost.set(rest, outer);
    return rest;
  };
}

function runAround(runner: InterceptorRunner, intercept: NonNullable<InterceptorRunner['intercept']>): void {
  runner.intercept = function (...given): Promise<unknown> {
    const [interceptors, args, instance, handler, , type] = given;
    const outer = outermost.get(interceptors);
    if (!outer || !this.createContext) return intercept.apply(this, given);
    const execution = this.createContext(args, instance, handler);
    if (type) execution.setType(type);
    try {
      return outer.surround(execution, () => intercept.apply(this, given));
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- It rejects with whatever was thrown.
      return Promise.reject(error);
    }
  };
}

function isSurrounding(interceptor: NestInterceptor): interceptor is SurroundingInterceptor {
  return surrounding.has(interceptor);
}
