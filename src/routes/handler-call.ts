import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, Observable, type Observer, tap, type Unsubscribable } from 'rxjs';
import { isThenable } from '../common/promises.js';
import { currentScope, type PublishingScope } from '../transactions/hold.js';

type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** The call that is under way; `undefined` within a handler. */
const calls = new AsyncLocalStorage<HandlerCall | undefined>();

/**
 * Maps each observing function to the handler that it replaced. A class may belong to several applications, and a
 * method to several classes, not all of which observe it.
 */
const originals = new WeakMap<object, object>();

/** How far a handler has come. `bypassed`: it was not called, because an interceptor answered in its place. */
export type HandlerOutcome = 'bypassed' | 'running' | 'succeeded' | 'failed';

/** One run of a handler. There are several where an interceptor tries again. */
interface HandlerRun {
  readonly args: readonly unknown[];
  readonly scope?: PublishingScope;
  outcome: HandlerOutcome;
  result?: unknown;
  failure?: unknown;
}

const NOT_CALLED: HandlerRun = { args: [], outcome: 'bypassed' };

/**
 * Records what a route's handler does during one request. An interceptor cannot see it, because pipes and other
 * interceptors run between the two: they may turn its failure into a value, call it again, or answer in its place.
 *
 * A call is made by the interceptor, and recorded by the observing function in the handler's place. Of several runs,
 * the last one counts.
 */
export class HandlerCall {
  private last = NOT_CALLED;
  private before?: () => Promise<void> | undefined;
  private perform?: (handle: () => unknown) => unknown;

  /** @param original the handler as the application wrote it */
  constructor(private readonly original: object) {}

  /**
   * Has the other interceptors, the pipes and the handler do their work as part of this call. Resolves with what they
   * answer, or with an Observable of it.
   *
   * @param before runs once the arguments are known, before each run of the handler, which waits for its promise
   * @param perform runs the handler, or gives what another run has given
   */
  handle(
    next: () => Promise<unknown>,
    before?: () => Promise<void> | undefined,
    perform?: (handle: () => unknown) => unknown,
  ): Promise<unknown> {
    this.before = before;
    this.perform = perform;
    return calls.run(this, next);
  }

  /** Subscribes to what was answered as part of this call: an interceptor may call the next one only then. */
  subscribe(answer: Observable<unknown>, observer: Observer<unknown>): Unsubscribable {
    return calls.run(this, () => answer.subscribe(observer));
  }

  /** The handler's arguments, after its pipes. Empty until it is called. */
  get args(): readonly unknown[] {
    return this.last.args;
  }

  /** The value that the handler returned, before any interceptor changed it; of an Observable, the last one. */
  get result(): unknown {
    return this.last.result;
  }

  /** What the handler threw, or rejected with. */
  get failure(): unknown {
    return this.last.failure;
  }

  get outcome(): HandlerOutcome {
    return this.last.outcome;
  }

  /** The scope in which it was called: middleware or an interceptor may run it in a transaction. */
  get scope(): PublishingScope {
    return this.last.scope ?? currentScope();
  }

  isOf(original: object): boolean {
    return this.original === original;
  }

  invoke(original: Handler, host: unknown, args: unknown[]): unknown {
    const run: HandlerRun = { args, outcome: 'running', scope: currentScope() };
    this.last = run;
    // Handlers may call each other, and themselves: what a handler calls is none of this request's calls.
    const answer = (): unknown => original.apply(host, args);
    const handle = (): unknown =>
      calls.run(undefined, () => record(run, () => (this.perform ? this.perform(answer) : answer())));
    const before = this.before?.();
    return before ? before.then(handle) : handle();
  }
}

function record(run: HandlerRun, handle: () => unknown): unknown {
  try {
    return recordReturned(run, handle());
  } catch (error) {
    return fail(run, error);
  }
}

function recordReturned(run: HandlerRun, returned: unknown): unknown {
  if (isObservable(returned)) {
    const emitted = returned.pipe(
      tap({
        next: (value) => succeed(run, value),
        // Without a value, it is up to the interceptors whether that is an error.
        complete: () => (run.outcome = 'succeeded'),
        error: (error: unknown) => Object.assign(run, { outcome: 'failed', failure: error }),
      }),
    );
    return new Observable((subscriber) => calls.run(undefined, () => emitted.subscribe(subscriber)));
  }
  if (!isThenable(returned)) return succeed(run, returned);
  return Promise.resolve(returned).then(
    (value) => recordReturned(run, value),
    (error: unknown) => fail(run, error),
  );
}

function succeed(run: HandlerRun, value: unknown): unknown {
  run.outcome = 'succeeded';
  return (run.result = value);
}

function fail(run: HandlerRun, error: unknown): never {
  run.outcome = 'failed';
  run.failure = error;
  throw error;
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
    return call?.isOf(original) ? call.invoke(original, this, args) : original.apply(this, args);
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
