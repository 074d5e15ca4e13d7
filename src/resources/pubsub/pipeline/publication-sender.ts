import type { RecordId } from '../../../protocol/resource-message.js';
import type { Resource } from '../../definition/resource.js';
import type { WordPlace } from '../../record-versions/last-word.js';
import { sendLate } from '../../../server/cluster/delivery/late-sends.js';
import { omittedOf, type Publication, STOPPED } from '../publication.js';
import type { PipelineSteps } from '../steps/pipeline-steps.js';
import type { Leaving } from '../steps/placement/location-news.js';
import { leftPublications } from '../steps/placement/moves.js';
import type { PlacedPublications } from './publication-stages.js';
import { type Begun, type RecordWorkers, RememberedRecords } from './remembered-records.js';

/**
 * How many publications were sent, could not be sent, or were not sent because there was nothing that could be, or
 * because a newer version of the record was sent before.
 */
export interface PublicationCounters {
  published: number;
  failed: number;
  skipped: number;
}

/** Sends publications that are sent in any case, and what others have to hear besides. */
export class PublicationSender implements Leaving {
  readonly counters: PublicationCounters = { published: 0, failed: 0, skipped: 0 };
  readonly records: RememberedRecords;

  /** @param finish turns a message into what will be sent */
  constructor(
    private readonly workers: RecordWorkers,
    private readonly stepsOf: (publication: Publication) => PipelineSteps,
    private readonly finish: (publication: Publication) => Publication,
  ) {
    this.records = new RememberedRecords(workers, stepsOf, (...more) => this.sendMore(...more));
  }

  /** Remembers where records are now, and sends to everybody whom that concerns. */
  send(placed: PlacedPublications, omitted: readonly string[]): void {
    this.workers.emitter.assertCanEmit();
    const all = placed.map((group): Begun => {
      const { place, rename, isOutdated } = this.stepsOf(group[0]);
      if (isOutdated?.(group[0])) this.noteSkipped();
      else if (place ?? rename) return this.records.remember(group, omitted);
      return { group };
    });
    let sent = 0;
    try {
      for (const begun of all) {
        const [own, ...moves] = begun.group;
        this.emit(own, omitted, begun);
        sent++;
        for (const move of moves) this.emit(move, omitted);
        if (begun.isTold === false) this.records.tellAfter(begun.group);
      }
    } catch (error) {
      // It is not known when those will be that were not sent.
      for (const begun of all.slice(sent)) this.records.abandon(begun);
      throw error;
    }
  }

  /**
   * Tells watchers of slices that a record is there no longer, once another server has said that it was.
   *
   * @param keys those slices
   * @param omitted the rooms of sockets that heard nothing of the publication
   */
  sendLeft(publication: Publication, keys: readonly string[], omitted: readonly string[]): void {
    this.sendMore(publication, this.workers.placement.leave(publication, keys), omitted);
  }

  here(resource: Resource, id: RecordId, slices: readonly string[], present: readonly string[]): void {
    for (const left of leftPublications(resource, id, slices, present)) {
      const { except = [] } = left;
      this.workers.emitter.emitHere(this.finish(left), except, resource.views.audiences);
    }
  }

  everywhere(resource: Resource, id: RecordId, slices: readonly string[], present: readonly string[]): void {
    for (const left of leftPublications(resource, id, slices, present)) this.emit(this.finish(left), []);
  }

  noteSent(publication: Publication): void {
    if (publication.versions.some(({ message }) => message !== STOPPED)) this.counters.published++;
    this.stepsOf(publication).announce?.(publication);
  }

  noteSkipped(): void {
    this.counters.skipped++;
  }

  /** @param begun set for the record's own publication, which its moves follow */
  private emit(publication: Publication, omitted: readonly string[], begun?: Begun): void {
    const { emit, retire } = this.stepsOf(publication);
    const haveWatchersRead = publication.unplaced && (() => this.workers.placement.haveWatchersRead(publication));
    const { records } = this;
    const settled = begun && (begun.open ?? begun.isRenamed !== undefined) ? begun : undefined;
    void emit(publication, omittedOf(publication, omitted), {
      emitted: () => this.noteSent(publication),
      ...((settled ?? haveWatchersRead) && {
        counted: (place: WordPlace, isLate: boolean) => {
          if (isLate) haveWatchersRead?.();
          if (settled) records.settle(settled, place, omitted, isLate);
        },
      }),
      ...(settled && { outdated: () => records.abandon(settled), lost: () => records.lose(settled) }),
    });
    retire(publication);
    haveWatchersRead?.();
  }

  /** Sends what others have to hear of a publication that was sent before. */
  private sendMore(publication: Publication, more: readonly Publication[], omitted: readonly string[]): void {
    const rest = { once: undefined, placed: undefined, unplaced: undefined, elsewhere: undefined };
    // Nobody waits for it any longer, who could be told what a listener throws.
    const send = (one: Publication): void => {
      // The record's own message was finished when it was read.
      const finished = one.verb === publication.verb ? one : this.finish(one);
      this.emit({ ...finished, ...rest }, omitted);
    };
    for (const one of more) sendLate(() => send(one));
  }
}
