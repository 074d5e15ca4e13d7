import { debugLog } from '../../common/log.js';
import { thenSync, tryCatch, withTimeout } from '../../common/promises.js';
import type { Publication } from '../../resources/pubsub/publication.js';
import type { Resources } from '../../resources/resources.js';
import { DeliveryLane } from '../../server/cluster/delivery/delivery-lane.js';
import type { PublishingScope } from '../../transactions/hold.js';
import type { RouteResult } from '../request/route-result.js';
import { Skipped } from '../request/skipped.js';
import { RouteLog } from '../request/route-log.js';
import type { Outcomes, RoutePublication } from './route-publication.js';

const debug = debugLog('routes');

/** How long, in milliseconds, a publication may take to be composed; those behind it wait no longer than that. */
export const PUBLICATION_TIMEOUT = 5_000;

/** What follows from a result: for each record that it is about, publications, or why there are none. */
interface Composed {
  outcomes: Outcomes;
  /** The rooms of sockets that hear none of it. */
  omitted: readonly string[];
}

const NOTHING: Composed = { outcomes: [], omitted: [] };

/** Reads the result of a request, of which it may be known only now that nothing follows from it. */
type ReadResult = () => RouteResult | undefined | Promise<RouteResult | undefined>;

/**
 * Publishes what routes answered, in the order of their responses for each resource. Views and look-ups run
 * concurrently, and one that hangs is given up. A failure is logged and counted, and fails nothing else.
 */
export class PublicationQueue {
  /** The order of each resource's publications. */
  private readonly lanes = new Map<string, DeliveryLane>();
  private readonly log = new RouteLog({ failed: 'not published', skipped: 'nothing was published' });

  constructor(private readonly resources: Resources) {}

  /**
   * Takes a place in the queue.
   *
   * @param scope of the handler: it may have run in a transaction that outlives the response
   * @param published called when it was published, held or given up
   * @returns what to call once, in finite time: it is given what reads the result, which is `undefined` if the request
   *   turned out to have failed
   */
  add(publication: RoutePublication, scope: PublishingScope, published?: () => void): (read: ReadResult) => void {
    const inOrder = this.laneOf(publication.resource.name).add();
    return (read) =>
      void thenSync(this.compose(publication, read), ({ outcomes, omitted }) =>
        inOrder(() => {
          for (const outcome of outcomes) this.publish(publication, outcome, omitted, scope);
          published?.();
        }),
      );
  }

  /** Waits until everything that happened before the shutdown began has been published. */
  async drain(): Promise<void> {
    await Promise.all(Array.from(this.lanes.values(), (lane) => new Promise<void>((resolve) => lane.add()(resolve))));
  }

  private laneOf(resource: string): DeliveryLane {
    const known = this.lanes.get(resource);
    if (known) return known;
    const lane = new DeliveryLane();
    this.lanes.set(resource, lane);
    return lane;
  }

  /** Composes it at once, unless something has to be waited for. */
  private compose(publication: RoutePublication, read: ReadResult): Composed | Promise<Composed> {
    return tryCatch<Composed>(
      () => thenSync(read(), (result) => (result ? composeInTime(publication, result) : NOTHING)),
      (reason) => ({ outcomes: [{ status: 'rejected', reason }], omitted: [] }),
    );
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
      // Those of routes have no keys, so nothing is waited for.
      void pipeline.send(publications, omitted);
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

function composeInTime(publication: RoutePublication, result: RouteResult): Composed | Promise<Composed> {
  const { omitted } = result;
  const outcomes = publication.compose(result);
  if (!(outcomes instanceof Promise)) return { outcomes, omitted };
  return withTimeout(PUBLICATION_TIMEOUT, 'to make the publication ready', outcomes).then((known) => ({
    outcomes: known,
    omitted,
  }));
}
