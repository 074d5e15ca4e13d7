import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, tap } from 'rxjs';

type Handler = (this: unknown, ...args: unknown[]) => unknown;

const calls = new AsyncLocalStorage<HandlerCall>();

/** What was there before, by what is there now: a class may belong to several applications, and a method to several classes, of which not all observe it. */
const originals = new WeakMap<object, object>();

/** One call of a route's handler: what an interceptor cannot see, since pipes run between it and the handler, and other interceptors too. */
export class HandlerCall {
  /** What the handler was called with, after its pipes; nothing before. */
  args: readonly unknown[] = [];
  /** What it returned, before any interceptor changed it; of an Observable, the last value. */
  result: unknown;
  private begun = false;
  private before?: () => Promise<void>;
  private readonly original: object;

  constructor(handler: object) {
    this.original = originalHandler(handler);
  }

  /**
   * Whatever this starts is part of the call.
   *
   * @param before runs once the arguments are known, before the handler
   */
  run<T>(work: () => T, before?: () => Promise<void>): T {
    this.before = before;
    return calls.run(this, work);
  }

  /** Not so where an interceptor answers in its place. */
  get hasStarted(): boolean {
    return this.begun;
  }

  /** The first time that its handler is called; handlers may well call each other. */
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
 * Puts a function in the place of a handler that takes part in its calls. Done at boot, before Nest registers routes. What decorators have said of the handler is
 * found on the new one, which inherits it.
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

/** The handler as it was written, whichever of the two Nest knows. */
export function originalHandler(handler: object): object {
  return originals.get(handler) ?? handler;
}

/** Where it is written, which the decorators' own metadata go by. */
function ownerOf(prototype: object, method: string): Record<string, Handler> {
  let owner = prototype;
  while (!Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as object;
  return owner as Record<string, Handler>;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
