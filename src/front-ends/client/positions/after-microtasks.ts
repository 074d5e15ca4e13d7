/** More than lie between an answer and whoever awaits it, and all before anything else arrives. */
const MANY_MICROTASKS = 50;

/** Calls the function once whoever awaits an answer has it. */
export function afterMicrotasks(run: () => void, left = MANY_MICROTASKS): void {
  if (left === 0) run();
  else queueMicrotask(() => afterMicrotasks(run, left - 1));
}
