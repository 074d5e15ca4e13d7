import { Logger } from '@nestjs/common';
import { logFailure } from '../../common/log.js';
import type { Resource } from '../resource.js';
import { attempt } from '../../common/promises.js';

/** What is told of a record that is known in part only, or stands in another, where its view does not take it. */
export class RefusedViews {
  private readonly logger = new Logger('ResourcefulPubSub');
  private readonly warned = new Set<Resource>();

  /** What is shown, now or later; or the other thing. */
  unlessRefused(resource: Resource, show: () => unknown, otherwise: unknown): unknown {
    return attempt(show, (error) => {
      this.warnOnce(resource, error);
      return otherwise;
    });
  }

  private warnOnce(resource: Resource, error: unknown): void {
    if (this.warned.has(resource)) return;
    this.warned.add(resource);
    logFailure(
      this.logger,
      `The view of "${resource.name}" does not take a record of which only a part is known, or that stands in another, so nothing but its id is told there. This is said once.`,
      error,
    );
  }
}
