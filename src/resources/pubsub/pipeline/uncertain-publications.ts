import type { OutboxConnection } from '../../../server/cluster/journal/journal.js';
import { sendLate } from '../../../server/cluster/delivery/late-sends.js';
import type { Standing } from '../../../server/cluster/delivery/standing.js';
import { GONE } from '../../slices/slices.js';
import { omittedOf, type Publication } from '../publication.js';
import { LocationChanges } from '../steps/placement/location-changes.js';
import type { PipelineSteps } from '../steps/pipeline-steps.js';
import type { PlacedPublications, ReadPublications } from './publication-stages.js';
import type { Begun, RecordWorkers, RememberedRecords } from './remembered-records.js';

/** What every publication is treated by. */
interface Pipeline {
  stepsOf(publication: Publication): PipelineSteps;
  place(publications: ReadPublications, changes: LocationChanges): PlacedPublications;
  noteSent(publication: Publication): void;
  noteSkipped(): void;
}

/**
 * Sends publications that may not be sent at all, since another server may have sent the same, or the transaction that
 * they were written in may not have committed. What follows from them waits until that is known.
 */
export class UncertainPublications {
  /** Where publications of transactions that are open take records, of which what they write later has to know. */
  private readonly changes = new WeakMap<object, LocationChanges>();

  constructor(
    private readonly workers: RecordWorkers,
    private readonly records: RememberedRecords,
    private readonly pipeline: Pipeline,
  ) {}

  /**
   * Sends publications unless they are copies of what was sent before.
   *
   * @returns a promise if those that follow should wait for it
   */
  send(placed: PlacedPublications, omitted: readonly string[]): void | Promise<void> {
    const { placement } = this.workers;
    // Of a copy, nobody knows whether the record was there since. What is published next needs to know.
    const isAwaited = placed.some(
      ([one]) => placement.changesMemory(one) || (one.placed && one.keys?.record !== undefined),
    );
    if (isAwaited) return this.sendAwaited(placed, omitted);
    for (const [own] of placed) placement.rememberUnknown(own);
    void this.sendOnceKnown(placed, omitted, true);
  }

  /**
   * Takes note of where publications will take their records that wait for a transaction in memory: what is written in
   * it afterwards goes where the records are by then.
   *
   * @returns what undoes that when they are sent, or when the transaction, or this part of it, is rolled back
   */
  foresee(publications: readonly Publication[], transaction: object): (() => void) | undefined {
    if (!this.canWrite) return undefined;
    const changes = this.changesOf(transaction);
    const foreseen = publications.flatMap((publication) => {
      const { place, isOutdated } = this.pipeline.stepsOf(publication);
      if (!place || isOutdated?.(publication)) return [];
      // Without `by`, nobody is warned of watchers who may not hear of it: that is done when it is sent.
      return place({ ...publication, by: undefined }, changes).slice(0, 1);
    });
    return () => foreseen.forEach((one) => changes.drop(one));
  }

  /** Whether there is an outbox to write in. */
  get canWrite(): boolean {
    return this.workers.emitter.hasOutbox;
  }

  /**
   * Writes publications that belong together in the transaction of the application.
   *
   * @param transaction tells it from all others
   * @returns what `sendWritten()` sends once it has committed; `undefined` if it was sent before
   * @throws whatever the connection rejects with, and what `send()` throws
   */
  async write(
    publications: ReadPublications,
    omitted: readonly string[],
    connection: OutboxConnection,
    transaction: object,
  ): Promise<PlacedPublications | undefined> {
    if (this.workers.emitter.areCopies(publications)) return undefined;
    const placed = this.pipeline.place(publications, this.changesOf(transaction));
    const all = placed.flat().map((one): [Publication, readonly string[]] => [one, omittedOf(one, omitted)]);
    await this.workers.emitter.write(connection, all);
    return placed;
  }

  /** Sends what was written, as far as the transaction has really committed it, and nobody has sent it yet. */
  sendWritten(placed: PlacedPublications, omitted: readonly string[], transaction: object): void {
    const { emitter } = this.workers;
    for (const [own] of placed) {
      this.changes.get(transaction)?.drop(own);
      // What is published next must not go where the record was. Of a copy, nobody knows whether it was there since.
      if (own.once === undefined && !emitter.isTold(own)) this.rememberWritten(own);
    }
    void this.sendOnceKnown(placed, omitted);
  }

  /** Forgets what was written, since its transaction was rolled back. */
  forgetWritten(placed: PlacedPublications, transaction: object): void {
    this.workers.emitter.forgetWritten(placed.flat());
    for (const [own] of placed) this.changes.get(transaction)?.drop(own);
  }

  private changesOf(transaction: object): LocationChanges {
    const known = this.changes.get(transaction);
    if (known) return known;
    const changes = new LocationChanges();
    this.changes.set(transaction, changes);
    return changes;
  }

  /** Remembers where a record was taken; one that stayed where it was may have been moved by others since. */
  private rememberWritten(own: Publication): void {
    const { placement } = this.workers;
    if (this.pipeline.stepsOf(own).isOutdated?.(own)) return;
    if (own.placed?.isNews || own.placed?.now === GONE) placement.rememberHere(own);
    else placement.rememberUnknown(own);
  }

  /** Sends what others wait for, who go on after a while: where these records are by then, nobody knows. */
  private async sendAwaited(placed: PlacedPublications, omitted: readonly string[]): Promise<void> {
    const open = new Set(placed.map(([own]) => own));
    await this.sendOnceKnown(placed, omitted, false, (own) => open.delete(own));
    for (const own of open) this.workers.placement.doubt(own);
  }

  /**
   * @param known whether it is remembered already where the records are
   * @param settled called when it is known whether a publication is sent
   */
  private sendOnceKnown(
    placed: PlacedPublications,
    omitted: readonly string[],
    known = false,
    settled?: (own: Publication) => void,
  ): Promise<unknown> {
    const { pipeline, records } = this;
    const { emitter, placement } = this.workers;
    const emitted = placed.flatMap((group) => {
      // That of what was written is remembered already.
      const isPlaced = known || group[0].once === undefined;
      const begun = records.begin(group, isPlaced ? 'before' : 'later');
      return begun.group.map((publication, index) => {
        const { emit, retire } = pipeline.stepsOf(publication);
        const own = index === 0 ? begun : undefined;
        const settle = (): void => settled?.(group[index]);
        if (emitter.isTold(publication)) {
          // By another server, of which this one has heard everything.
          emitter.forgetWritten([publication]);
          return own && records.abandon(own);
        }
        return emit(publication, omittedOf(publication, omitted), {
          emitted: (place, arrivals) => {
            settle();
            if (own && place) this.remember(own, place, omitted, arrivals);
            if (publication.unplaced) placement.haveWatchersRead(publication);
            pipeline.noteSent(publication);
            retire(publication);
          },
          outdated: () => {
            settle();
            if (own) records.outdate(own);
          },
          dropped: () => {
            settle();
            if (own && isPlaced) placement.forget(publication);
            if (own) records.abandon(own);
          },
          lost: () => own && records.abandon(own),
        });
      });
    });
    return Promise.all(emitted.map((one) => Promise.resolve(one)));
  }

  private remember(begun: Begun, place: Standing, omitted: readonly string[], arrivals?: Promise<boolean>): void {
    const [own] = begun.group;
    if (this.pipeline.stepsOf(own).isOutdated?.(own)) {
      this.pipeline.noteSkipped();
      return this.records.outdate(begun);
    }
    // The other servers still know where it was.
    this.workers.placement.ask(own, omittedOf(own, omitted));
    if (!arrivals) return this.records.settle(begun, place, omitted);
    // Until then, nobody knows where it is.
    this.workers.placement.doubt(own);
    void arrivals.then((isWhole) =>
      sendLate(() => (isWhole ? this.records.settle(begun, place, omitted, true) : this.records.giveUp(begun, place))),
    );
  }
}
