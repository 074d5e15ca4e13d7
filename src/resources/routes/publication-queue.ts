import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { within } from '../../sockets/within.js';
import { Publisher, type Publication } from '../publisher.js';
import { NothingToPublish, type Answer } from './answer.js';
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
  private readonly logger = new Logger('ResourcefulPubSub');
  /** By resource: the end of the queue. */
  private readonly queues = new Map<string, Promise<void>>();
  private readonly complaints = new Set<string>();

  constructor(private readonly publisher: Publisher) {}

  /** @param answer nothing, if the request turned out to have failed */
  add(publication: RoutePublication, answer: Promise<Answer | undefined>): void {
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
  }

  /** What happened before the application was told to end is still told. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private async compose(publication: RoutePublication, answer: Promise<Answer | undefined>): Promise<Outcome[]> {
    const work = answer.then((known) => (known ? publication.compose(known) : []));
    try {
      return await within(PUBLICATION_TIMEOUT, 'to make the publication ready', work);
    } catch (reason) {
      return [{ status: 'rejected', reason }];
    }
  }

  private publish(publication: RoutePublication, outcome: Outcome): void {
    try {
      if (outcome.status === 'rejected') throw outcome.reason;
      this.publisher.publishAll(outcome.value);
    } catch (error) {
      this.complain(publication, error);
    }
  }

  private complain({ name }: RoutePublication, error: unknown): void {
    if (!(error instanceof NothingToPublish)) {
      this.publisher.counters.failed++;
      this.logger.error(`${name}: not published.`, error);
      return;
    }
    this.publisher.counters.skipped++;
    if (this.complaints.has(name)) return;
    this.complaints.add(name);
    this.logger.warn(`${name}: nothing was published, since ${error.message}. This is said once.`);
  }
}
