import { onTestFinished, vi } from 'vitest';

/** Time as a test makes it pass. */
export interface Clock {
  /** Lets so many milliseconds pass, and begins whatever was to happen in them. */
  pass(milliseconds: number): Promise<void>;
  /** Lets time pass until a promise is settled. */
  passUntil<T>(promise: Promise<T>): Promise<T>;
}

/**
 * Stops the clock of this process until the test is finished, so that on a busy machine nothing is over before the test
 * wants it to be. Whoever waits for an event still hears it; `expect.poll` makes time pass, `eventually` doesn't.
 */
export function stopClock(): Clock {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    now: Date.now(),
  });
  onTestFinished(() => void vi.useRealTimers());
  const pass = async (milliseconds: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(milliseconds));
  return {
    pass,
    async passUntil(promise) {
      const state = { isSettled: false };
      const settle = (): void => void (state.isSettled = true);
      promise.then(settle, settle);
      while (!state.isSettled) {
        await pass(10);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return promise;
    },
  };
}
