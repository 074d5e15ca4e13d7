import { onTestFinished } from 'vitest';

/** Catches uncaught errors in place of vitest, which would fail the test. */
export function listenToUncaught(): { uncaught: unknown[] } {
  const uncaught: unknown[] = [];
  const collect = (error: unknown): void => void uncaught.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', collect);
  onTestFinished(() => {
    process.off('uncaughtException', collect);
    for (const listener of others) process.on('uncaughtException', listener);
  });
  return { uncaught };
}
