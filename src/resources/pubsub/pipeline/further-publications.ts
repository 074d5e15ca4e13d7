import type { RecordId } from '../../../protocol/resource-message.js';
import { sendLate } from '../../../server/cluster/delivery/late-sends.js';
import type { Resource } from '../../definition/resource.js';
import type { Publication } from '../publication.js';
import type { Leaving } from '../steps/placement/location-news.js';
import { leftPublications } from '../steps/placement/moves.js';
import type { RecordWorkers } from './remembered-records.js';

/** What every publication is treated by. */
interface Pipeline {
  /** Turns a message into what will be sent. */
  finish(publication: Publication): Publication;
  /** @param emitted what is done with it after that, if listeners are not to hear of it */
  emit(publication: Publication, omitted: readonly string[], emitted?: () => void): void;
}

const NOTHING = (): void => {};

/**
 * Sends what has to be heard of a record besides its publications, since other servers have said something of where it
 * is. Nobody waits for it who could be told that a listener fails.
 */
export class FurtherPublications implements Leaving {
  constructor(
    private readonly workers: RecordWorkers,
    private readonly pipeline: Pipeline,
  ) {}

  /**
   * Tells watchers of slices that a record is there no longer, once another server has said that it was.
   *
   * @param keys those slices
   * @param omitted the rooms of sockets that heard nothing of the publication
   */
  sendLeft(publication: Publication, keys: readonly string[], omitted: readonly string[]): void {
    this.send(publication, this.workers.placement.leave(publication, keys), omitted);
  }

  /** Sends what others have to hear of a publication that was sent before. */
  send(publication: Publication, more: readonly Publication[], omitted: readonly string[]): void {
    const rest = { once: undefined, placed: undefined, unplaced: undefined, elsewhere: undefined };
    for (const one of more) {
      sendLate(() => {
        // The record's own message was finished when it was read, and listeners have heard it.
        const isOwn = one.verb === publication.verb;
        const finished = isOwn ? one : this.pipeline.finish(one);
        this.pipeline.emit({ ...finished, ...rest }, omitted, isOwn ? NOTHING : undefined);
      });
    }
  }

  here(resource: Resource, id: RecordId, slices: readonly string[], present: readonly string[]): void {
    for (const left of leftPublications(resource, id, slices, present)) {
      const { except = [] } = left;
      sendLate(() => this.workers.emitter.emitHere(this.pipeline.finish(left), except, resource.views.audiences));
    }
  }

  everywhere(resource: Resource, id: RecordId, slices: readonly string[], present: readonly string[]): void {
    for (const left of leftPublications(resource, id, slices, present)) {
      sendLate(() => this.pipeline.emit(this.pipeline.finish(left), []));
    }
  }
}
