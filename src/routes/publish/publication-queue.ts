import { withTimeout } from '../../common/promises.js';
import type { Publication } from '../../resources/pubsub/publication.js';
import type { Resources } from '../../resources/resources.js';
import type { RouteResult } from '../request/route-result.js';
import { Skipped } from '../request/skipped.js';
import { RouteLog } from '../request/route-log.js';
import type { RoutePublication } from './route-publication.js';

/** How long, in milliseconds, a publication may take to be made ready; those behind it wait for no longer than that. */
export const PUBLICATION_TIMEOUT = 5_000;

/** What an answer gave rise to: for each record that it is about, publications, or why there are none. */
interface Composed {
  outcomes: ReadonlyArray<PromiseSettledResult<readonly Publication[]>>;
  /** The rooms of those who hear nothing of it. */
  omitted: readonly string[];
}

/**
 * Publishes what routes answered, for each resource in the order in which they did. Views and look-ups run side by side, and one that hangs is given
 * up. Whatever fails here is logged and counted, and fails nothing else.
 */
export class PublicationQueue {
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
      const { outcomes, omitted } = await ready;
      for (const outcome of outcomes) this.publish(publication, outcome, omitted);
    })();
    this.queues.set(name, turn);
    void turn.then(() => {
      if (this.queues.get(name) === turn) this.queues.delete(name);
    });
    return turn;
  }

  /** What happened before the application was told to end is still told. */
  async drain(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private async compose(publication: RoutePublication, answer: Promise<RouteResult | undefined>): Promise<Composed> {
    try {
      const known = await answer;
      if (!known) return { outcomes: [], omitted: [] };
      const composing = publication.compose(known);
      const outcomes = await withTimeout(PUBLICATION_TIMEOUT, 'to make the publication ready', composing);
      return { outcomes, omitted: known.omitted };
    } catch (reason) {
      return { outcomes: [{ status: 'rejected', reason }], omitted: [] };
    }
  }

  private publish(
    publication: RoutePublication,
    outcome: Composed['outcomes'][number],
    omitted: readonly string[],
  ): void {
    const { pipeline } = this.resources;
    try {
      if (outcome.status === 'rejected') throw outcome.reason;
      pipeline.send(pipeline.read(outcome.value), omitted);
    } catch (error) {
      this.complain(publication, error);
    }
  }

  private complain({ name }: RoutePublication, error: unknown): void {
    this.resources.pipeline.counters[error instanceof Skipped ? 'skipped' : 'failed']++;
    this.complaints.report(name, error);
  }
}
