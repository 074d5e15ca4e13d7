import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, tap } from 'rxjs';

type Handler = (this: unknown, ...args: unknown[]) => unknown;

const calls = new AsyncLocalStorage<HandlerCall>();

/**
 * Maps each observing function to the handler that it replaced. A class may belong to several applications, and a
 * method to several classes, not all of which observe it.
 */
const originals = new WeakMap<object, object>();

/**
 * Records one call of a route's handler. An interceptor cannot see the call, because pipes and other interceptors run
 * between the two.
 *
 * A call is made by the interceptor, claimed by the observing function in the handler's place, and then invoked; it
 * stays unclaimed where another interceptor answers instead.
 */
export class HandlerCall {
  /** The handler's arguments, after its pipes. Empty until the call is invoked. */
  args: readonly unknown[] = [];
  /** The value that the handler returned, before any interceptor changed it; of an Observable, the last one. */
  result: unknown;
  private begun = false;
  private before?: () => Promise<void>;
  private readonly original: object;

  constructor(handler: object) {
    this.original = originalHandler(handler);
  }

  /**
   * Runs work as part of this call, including everything that the work starts.
   *
   * @param before runs once the arguments are known, before the handler
   */
  run<T>(work: () => T, before?: () => Promise<void>): T {
    this.before = before;
    return calls.run(this, work);
  }

  /** Tells whether the handler was called at all. It is not where an interceptor answers in its place. */
  get hasStarted(): boolean {
    return this.begun;
  }

  /**
   * Claims the call for a handler. Only the first call of the route's own handler succeeds: handlers may call each
   * other.
   */
  claim(original: object): boolean {
    if (this.begun || this.original !== original) return false;
    return (this.begun = true);
  }

  invoke(original: Handler, host: unknown, args: unknown[]): unknown {
    this.args = args;
    const handle = (): unknown => this.record(original.apply(host, args));
    return this.before ? this.before().then(handle) : handle();
  }

  private record(returned: unknown): unknown {
    const keep = (value: unknown): unknown => (this.result = value);
    if (isObservable(returned)) return returned.pipe(tap(keep));
    if (isThenable(returned)) return Promise.resolve(returned).then((value) => this.record(value));
    return keep(returned);
  }
}

/**
 * Replaces a handler with a function that takes part in its calls. This happens at boot, before Nest registers routes.
 * The new function inherits from the old one, so it has all metadata that decorators stored there.
 */
export function observeHandler(prototype: object, method: string): void {
  const owner = ownerOf(prototype, method);
  const original = owner[method];
  if (originals.has(original)) return;
  const handler = function (this: unknown, ...args: unknown[]): unknown {
    const call = calls.getStore();
    return call?.claim(original) ? call.invoke(original, this, args) : original.apply(this, args);
  };
  Object.setPrototypeOf(handler, original);
  Object.defineProperties(handler, {
    name: { value: original.name, configurable: true },
    length: { value: original.length, configurable: true },
  });
  Object.defineProperty(owner, method, { ...Object.getOwnPropertyDescriptor(owner, method), value: handler });
  originals.set(handler, original);
}

/** Returns the handler as the application wrote it, whether it is given that one or the observing function. */
export function originalHandler(handler: object): object {
  return originals.get(handler) ?? handler;
}

/** Finds the prototype that declares the method, under which the metadata of decorators is kept. */
function ownerOf(prototype: object, method: string): Record<string, Handler> {
  let owner = prototype;
  while (!Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as object;
  return owner as Record<string, Handler>;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
