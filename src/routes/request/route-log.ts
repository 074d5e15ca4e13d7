import { LineLogger, logFailure } from '../../common/log.js';
import { Skipped } from './skipped.js';

/** Logs that a decorator on a route did nothing: each failure, and each reason to skip once per route. */
export class RouteLog {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly said = new Set<string>();

  constructor(private readonly words: { failed: string; skipped: string }) {}

  /** @param name the decorator and the route */
  report(name: string, error: unknown): void {
    if (!(error instanceof Skipped)) return logFailure(this.logger, `${name}: ${this.words.failed}.`, error);
    if (this.said.has(name)) return;
    this.said.add(name);
    this.logger.warn(`${name}: ${this.words.skipped}, since ${error.message}. (Logged once per route.)`);
  }
}
