import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { withTimeout } from '../../common/promises.js';
import type { Publication } from '../../resources/pubsub/publication.js';
import { Resources } from '../../resources/resources.js';
import { Skipped, type RouteResult } from '../request/route-result.js';
import { RouteLog } from '../request/route-log.js';
import type { RoutePublication } from './route-publication.js';

/** How long, in milliseconds, a publication may take to be made ready; those behind it wait for no longer than that. */
export const PUBLICATION_TIMEOUT = 5_000;

type Outcome = PromiseSettledResult<Publication[]>;

/**
 * Publishes what routes answered, for each resource in the order in which they did. Views and look-ups run side by side, and one that hangs is given
 * up. Whatever fails here is logged and counted, and fails nothing else.
 */
@Injectable()
export class PublicationQueue implements BeforeApplicationShutdown {
  /** By resource: the end of the queue. */
  private readonly queues = new Map<string, Promise<void>>();
  private readonly complaints = new RouteLog({ failed: 'not published', nothing: 'nothing was published' });

  constructor(private readonly resources: Resources) {}

  /**
   * @param answer which must not take for ever; nothing, if the request turned out to have failed
   * @returns when it was published, or was given up
   */
  add(publication: RoutePublication, answer: Promise<RouteResult | undefined>): Promise<void> {
    const { name } = publication.resource;
    const earlier = this.queues.get(name);
    const ready = this.compose(publication, answer);
    const turn = (async () => {
      await earlier;
      for (const outcome of await ready) this.publish(publication, outcome);
    })();
    this.queues.set(name, turn);
    void turn.then(() => {
      if (this.queues.get(name) === turn) this.queues.delete(name);
    });
    return turn;
  }

  /** What happened before the application was told to end is still told. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private async compose(publication: RoutePublication, answer: Promise<RouteResult | undefined>): Promise<Outcome[]> {
    try {
      const known = await answer;
      if (!known) return [];
      return await withTimeout(PUBLICATION_TIMEOUT, 'to make the publication ready', publication.compose(known));
    } catch (reason) {
      return [{ status: 'rejected', reason }];
    }
  }

  private publish(publication: RoutePublication, outcome: Outcome): void {
    try {
      if (outcome.status === 'rejected') throw outcome.reason;
      this.resources.publisher.publishAll(outcome.value);
    } catch (error) {
      this.complain(publication, error);
    }
  }

  private complain({ name }: RoutePublication, error: unknown): void {
    this.resources.publisher.counters[error instanceof Skipped ? 'skipped' : 'failed']++;
    this.complaints.report(name, error);
  }
}
