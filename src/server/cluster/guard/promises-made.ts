import { createHook } from 'node:async_hooks';

/** Every promise that is made at present, while someone wants to know. */
let made: Array<Promise<unknown>> = [];

const hook = createHook({
  init: (_id, type, _trigger, resource) => {
    if (type === 'PROMISE' && resource instanceof Promise) made.push(resource);
  },
});

/**
 * Runs the work and also returns the promises that it made meanwhile. Those that it keeps to itself could otherwise
 * be handled by nobody, and one that rejects ends the process.
 */
export function promisesMadeBy<T>(work: () => T): [result: T, made: Array<Promise<unknown>>] {
  const before = made;
  made = [];
  hook.enable();
  try {
    const result = work();
    return [result, made];
  } finally {
    hook.disable();
    made = before;
  }
}
