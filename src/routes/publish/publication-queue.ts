import { debugLog } from '../../common/log.js';
import { withTimeout } from '../../common/promises.js';
import type { Publication } from '../../resources/pubsub/publication.js';
import type { Resources } from '../../resources/resources.js';
import type { PublishingScope } from '../../transactions/hold.js';
import type { RouteResult } from '../request/route-result.js';
import { Skipped } from '../request/skipped.js';
import { RouteLog } from '../request/route-log.js';
import type { RoutePublication } from './route-publication.js';

const debug = debugLog('routes');

/** How long, in milliseconds, a publication may take to be composed; those behind it wait no longer than that. */
export const PUBLICATION_TIMEOUT = 5_000;

/** What follows from a result: for each record that it is about, publications, or why there are none. */
interface Composed {
  outcomes: ReadonlyArray<PromiseSettledResult<readonly Publication[]>>;
  /** The rooms of sockets that hear none of it. */
  omitted: readonly string[];
}

/**
 * Publishes what routes answered, in the order of their responses for each resource. Views and look-ups run
 * concurrently, and one that hangs is given up. A failure is logged and counted, and fails nothing else.
 */
export class PublicationQueue {
  /** The end of each resource's queue. */
  private readonly queues = new Map<string, Promise<void>>();
  private readonly log = new RouteLog({ failed: 'not published', skipped: 'nothing was published' });

  constructor(private readonly resources: Resources) {}

  /**
   * Queues what follows from a result.
   *
   * @param result settles in finite time; with `undefined` if the request turned out to have failed
   * @param scope of the handler: it may have run in a transaction that outlives the response
   * @returns settles when it was published, held or given up
   */
  add(publication: RoutePublication, result: Promise<RouteResult | undefined>, scope: PublishingScope): Promise<void> {
    const { name } = publication.resource;
    const earlier = this.queues.get(name);
    const ready = this.compose(publication, result);
    const turn = (async () => {
      await earlier;
      const { outcomes, omitted } = await ready;
      for (const outcome of outcomes) this.publish(publication, outcome, omitted, scope);
    })();
    this.queues.set(name, turn);
    void turn.then(() => {
      if (this.queues.get(name) === turn) this.queues.delete(name);
    });
    return turn;
  }

  /** Waits until everything that happened before the shutdown began has been published. */
  async drain(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private async compose(publication: RoutePublication, result: Promise<RouteResult | undefined>): Promise<Composed> {
    try {
      const known = await result;
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
    scope: PublishingScope,
  ): void {
    this.reportFailure(publication, () => {
      if (outcome.status === 'rejected') throw outcome.reason;
      const send = this.makeReady(publication, outcome.value, omitted, scope);
      if (!scope.hold) return send();
      scope.hold.add(publication.name, () => this.reportFailure(publication, send));
    });
  }

  /** Reads publications that belong together, and returns what sends them. */
  private makeReady(
    { name }: RoutePublication,
    composed: readonly Publication[],
    omitted: readonly string[],
    { isSilent }: PublishingScope,
  ): () => void {
    const { pipeline } = this.resources;
    if (isSilent) {
      const unseen = pipeline.readUnseen(composed);
      return () => pipeline.follow(unseen);
    }
    const publications = pipeline.read(composed);
    return () => {
      debug?.(`${name}: sends ${publications.map(({ note }) => note.id).join(', ')}`);
      pipeline.send(publications, omitted);
    };
  }

  private reportFailure(publication: RoutePublication, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.reportUnpublished(publication, error);
    }
  }

  private reportUnpublished({ name }: RoutePublication, error: unknown): void {
    this.resources.pipeline.counters[error instanceof Skipped ? 'skipped' : 'failed']++;
    this.log.report(name, error);
  }
}
