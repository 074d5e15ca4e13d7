import { Logger } from '@nestjs/common';

const logger = new Logger('SocketsModule');

/**
 * Does the work at once and gives a promise of its outcome that nobody has to await: a failure is logged, so that a forgotten
 * `await` cannot hide it, and handled, so that it cannot end the process.
 */
export function floating<T>(work: () => T | Promise<T>): Promise<T> {
  const outcome = new Promise<T>((resolve) => resolve(work()));
  outcome.catch((error: unknown) => logger.warn(error instanceof Error ? error.message : String(error)));
  return outcome;
}
