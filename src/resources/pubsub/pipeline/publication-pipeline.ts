import { type Json, readAsJson } from '../../../common/json.js';
import { withoutHiddenFields } from '../../../common/serializers/class-transformer.js';
import { debugLog } from '../../../common/log.js';
import { allSync } from '../../../common/promises.js';
import type { SocketTargets } from '../../../rooms/target.js';
import type { Standing } from '../../../server/cluster/delivery/standing.js';
import type { Resource } from '../../definition/resource.js';
import type { RelationGraph } from '../../relations/relation-graph.js';
import { type Change, describePublication, omittedOf, type Publication, STOPPED } from '../publication.js';
import type { PublishedVersions } from '../steps/published-versions.js';
import type { PublicationSize } from '../steps/publication-size.js';
import { LocationChanges } from '../steps/placement/location-changes.js';
import type { PipelineSteps } from '../steps/pipeline-steps.js';
import type { PublicationComposer } from '../steps/publication-composer.js';
import type { PublicationListeners } from '../steps/publication-listeners.js';
import type { PublicationViews } from '../steps/publication-views.js';
import type { ReversePublications } from '../steps/reverse-publications.js';
import type { PlacedPublications, ReadPublications, UnseenPublications } from './publication-stages.js';
import { FurtherPublications } from './further-publications.js';
import { type Begun, type RecordWorkers, RememberedRecords } from './remembered-records.js';
import { UncertainPublications } from './uncertain-publications.js';

const debug = debugLog('resources');

/** The workers that carry out the steps. */
export interface Workers extends RecordWorkers {
  readonly composer: PublicationComposer;
  readonly reverse: ReversePublications;
  readonly views: PublicationViews;
  readonly listeners: PublicationListeners;
  readonly versions: PublishedVersions;
  readonly size: PublicationSize;
}

/**
 * How many publications were sent, could not be sent, or were not sent because there was nothing that could be, or
 * because a newer version of the record was sent before.
 */
export interface PublicationCounters {
  published: number;
  failed: number;
  skipped: number;
}

/**
 * Takes every publication from a change to the sockets, whether a route or a channel begins it: `compose()`, `read()`,
 * `send()`. Between `read()` and `send()` a publication can be held back or dropped without a trace.
 */
export class PublicationPipeline {
  readonly counters: PublicationCounters = { published: 0, failed: 0, skipped: 0 };
  private readonly steps = new Map<Resource, PipelineSteps>();
  /** Sends what may not be sent at all. */
  readonly uncertain: UncertainPublications;
  /** Sends what follows from what other servers say. */
  readonly further: FurtherPublications;
  private readonly records: RememberedRecords;

  constructor(
    private readonly workers: Workers,
    private readonly relations: RelationGraph,
    private readonly maxNesting: number,
  ) {
    const stepsOf = (publication: Publication): PipelineSteps => this.stepsOf(publication);
    this.further = new FurtherPublications(workers, {
      finish: (publication) => this.finish(publication),
      emit: (publication, omitted, emitted) => this.emit(publication, omitted, undefined, emitted),
    });
    this.records = new RememberedRecords(workers, stepsOf, (...more) => this.further.send(...more));
    this.uncertain = new UncertainPublications(workers, this.records, {
      stepsOf,
      place: (publications, changes) => this.place(publications, changes),
      noteSent: (publication) => this.noteSent(publication),
      noteSkipped: () => this.counters.skipped++,
    });
  }

  /** Builds the list of steps of each resource, once everything has been declared. */
  build(resources: readonly Resource[]): void {
    this.steps.clear();
    for (const resource of resources) this.steps.set(resource, this.stepsFor(resource));
  }

  private stepsFor(resource: Resource): PipelineSteps {
    const { composer, reverse, views, listeners, placement, keys, versions, emitter } = this.workers;
    const { name, slices } = resource;
    const hasKey = resource.keys.field !== undefined;
    const hasVersions = resource.versions.field !== undefined;
    const hasMembersWithKeys = this.relations
      .associationsOf(resource)
      .some(({ other }) => other.keys.field !== undefined);
    const { audiences } = resource.views;
    const hasReverse = this.relations.hasReverse(resource);
    return {
      compose: (change) => composer.compose(change),
      reverse: (change, own) =>
        // `movedFrom` names another record even where no relation is declared.
        hasReverse || change.options.movedFrom !== undefined ? reverse.add(change, own) : own,
      view: views.concern(resource) ? (publication) => views.show(publication) : undefined,

      locate: slices.any ? (publication) => placement.locate(publication) : undefined,
      recognize: hasKey ? (publication) => keys.read(publication) : undefined,
      readVersion: hasVersions ? (publication) => versions.read(publication) : undefined,
      rewrite: listeners.canRewrite(name) ? (publication) => listeners.rewrite(publication) : undefined,
      plain: (publication) => this.makePlain(publication),

      isOutdated: hasVersions ? (publication) => versions.isOutdated(publication) : undefined,
      place: slices.any ? (publication, changes) => placement.place(publication, changes) : undefined,
      rename: hasKey || hasMembersWithKeys ? (publication) => keys.remember(publication) : undefined,
      emit: (publication, omitted, outcome) => emitter.emit(publication, omitted, audiences, outcome),
      announce: listeners.hasListeners(name) ? (publication) => listeners.announce(publication) : undefined,
      retire: (publication) => emitter.retire(publication),
    };
  }

  /**
   * Makes the messages of changes that belong together: synchronously, unless a view returns a promise.
   *
   * @throws InvalidRecordIdError, InvalidRoomError, UnfitRecordError, NotSerializableError, and whatever a view throws
   */
  compose(changes: readonly Change[]): readonly Publication[] | Promise<readonly Publication[]> {
    const composed = this.composeUnseen(changes);
    if (composed.every((publication) => !this.stepsOf(publication).view)) return composed;
    return allSync(composed.map((publication) => this.stepsOf(publication).view?.(publication) ?? publication));
  }

  /**
   * Makes the messages of changes that nobody will see.
   *
   * @throws InvalidRecordIdError, InvalidRoomError, InvalidEmitOptionsError
   */
  composeUnseen(changes: readonly Change[]): readonly Publication[] {
    const composed = changes.flatMap((change) => {
      const steps = this.stepsOf(change);
      const { once, by = '' } = change.options;
      const publications = steps.reverse(change, steps.compose(change));
      return once === undefined ? publications : this.workers.emitter.sendOnce(publications, once, by);
    });
    if (debug) for (const one of composed) debug(`${one.note.id}: composed ${describePublication(one)}`);
    return composed;
  }

  /**
   * Reads whatever else publications that belong together need. If one of them cannot be sent, none of them is.
   *
   * @throws InvalidListenerError, NotSerializableError, and whatever a `@BeforePublication` method throws
   */
  read(publications: readonly Publication[]): ReadPublications {
    return publications.map((one) => this.finish(this.locate(one))) as readonly Publication[] as ReadPublications;
  }

  /**
   * Sends publications that belong together.
   *
   * @param omitted the rooms of sockets that hear none of it
   * @returns a promise if those that follow should wait for it
   * @throws InvalidListenerError, NotSerializableError, and whatever a `@BeforePublication` method throws
   */
  send(publications: ReadPublications, omitted: readonly string[]): void | Promise<void> {
    // A copy must not say where the record is, either: it may have moved since.
    if (this.workers.emitter.areCopies(publications)) return;
    const placed = this.place(publications);
    // They have a key each, or none has one.
    if (placed.some(([one]) => this.workers.emitter.mayBeCopy(one))) return this.uncertain.send(placed, omitted);
    this.sendPlaced(placed, omitted);
  }

  /** Reads what is needed of publications that nobody will see. */
  readUnseen(publications: readonly Publication[]): UnseenPublications {
    return publications.map((one) => this.locate(one)) as readonly Publication[] as UnseenPublications;
  }

  /**
   * Remembers where records are, and their keys, and ends the subscriptions to those that are gone, without telling
   * anybody.
   */
  follow(publications: UnseenPublications): void {
    const changes = new LocationChanges();
    // Without `by`, nobody is warned of watchers who may not hear of it.
    const placed = publications.map((one) => this.stepsOf(one).place?.({ ...one, by: undefined }, changes)[0] ?? one);
    this.records.follow(placed, publications);
  }

  /** @throws ServerNotReadyError before there is a server that it could be sent by */
  assertCanSend(): void {
    this.workers.emitter.assertCanEmit();
  }

  /** @see PublicationEmitter.findOmitted */
  findOmitted(method: string, except: SocketTargets): string[] | Promise<string[]> {
    return this.workers.emitter.findOmitted(method, except);
  }

  /**
   * Finds where publications take their records, all before any has an effect: `left` and `entered` are rewritten, too,
   * and that can fail.
   */
  private place(publications: ReadPublications, changes?: LocationChanges): PlacedPublications {
    return publications.map((publication) => {
      const { place, isOutdated } = this.stepsOf(publication);
      if (!place) return [publication];
      // A newer version says where the record is now. This one may know of a slice that it has left since.
      const old = isOutdated?.(publication) ? { placed: undefined, unplaced: undefined } : undefined;
      const [own, ...moves] = place(publication, old ? new LocationChanges() : (changes ??= new LocationChanges()));
      return [{ ...own, ...old }, ...moves.map((move) => this.finish(move))];
    });
  }

  /** Remembers where records are now, and sends to everybody whom that concerns. */
  private sendPlaced(placed: PlacedPublications, omitted: readonly string[]): void {
    // What is remembered of what cannot be sent would never be settled.
    this.assertCanSend();
    const all = placed.map((group): Begun => {
      const { place, rename, isOutdated } = this.stepsOf(group[0]);
      if (isOutdated?.(group[0])) this.counters.skipped++;
      else if (place ?? rename) return this.records.remember(group, omitted);
      return { group };
    });
    // Listeners may publish more, which follows all of this.
    const emitted: Publication[] = [];
    try {
      for (const begun of all) {
        const [own, ...moves] = begun.group;
        this.emit(own, omitted, begun, () => emitted.push(own));
        for (const move of moves) this.emit(move, omitted, undefined, () => emitted.push(move));
        if (begun.isTold === false) this.records.tellAfter(begun.group);
      }
    } catch (error) {
      for (const begun of all) if (!emitted.includes(begun.group[0])) this.records.abandon(begun);
      throw error;
    } finally {
      for (const publication of emitted) this.noteSent(publication);
    }
  }

  /** @param begun set for the record's own publication, which its moves follow */
  private emit(publication: Publication, omitted: readonly string[], begun?: Begun, emitted?: () => void): void {
    const { emit, retire } = this.stepsOf(publication);
    const haveWatchersRead = publication.unplaced && (() => this.workers.placement.haveWatchersRead(publication));
    const settled = begun?.open || begun?.isRenamed !== undefined ? begun : undefined;
    void emit(publication, omittedOf(publication, omitted), {
      emitted: emitted ?? (() => this.noteSent(publication)),
      ...((settled ?? haveWatchersRead) && {
        counted: (place: Standing, isLate: boolean) => {
          if (isLate) haveWatchersRead?.();
          if (settled) this.records.settle(settled, place, omitted, isLate);
        },
      }),
      ...(settled && this.records.endingsOf(settled)),
    });
    retire(publication);
    haveWatchersRead?.();
  }

  private noteSent(publication: Publication): void {
    if (publication.versions.some(({ message }) => message !== STOPPED)) this.counters.published++;
    this.stepsOf(publication).announce?.(publication);
  }

  private locate(publication: Publication): Publication {
    const { locate, recognize, readVersion } = this.stepsOf(publication);
    const located = locate?.(publication) ?? publication;
    const recognized = recognize?.(located) ?? located;
    return readVersion?.(recognized) ?? recognized;
  }

  /** Turns a message into what will be sent. */
  private finish(publication: Publication): Publication {
    const { rewrite, plain } = this.stepsOf(publication);
    return plain(rewrite?.(publication) ?? publication);
  }

  private makePlain(publication: Publication): Publication {
    const { note, resource, verb, answer } = publication;
    // The response of a route has passed its serializers.
    const show = answer ? undefined : withoutHiddenFields();
    // The message adds one level of nesting to the record.
    const write = (message: unknown): Json => readAsJson(resource.name, message, this.maxNesting + 1, show);
    // These are told even where what they show of a record cannot be.
    const holdsExtra = answer !== undefined && (verb === 'destroyed' || verb === 'addedTo');
    const versions = publication.versions.map((version) => {
      const { message } = version;
      if (message === STOPPED) return version;
      const json = holdsExtra ? this.workers.views.withoutUnsendable(publication, message, write) : write(message);
      const { size } = this.workers;
      const read = { ...version, message: json };
      return json.text.length <= size.surelyFits ? read : size.limit(publication, read, json);
    });
    debug?.(`${note.id}: read, in ${versions.length} version(s)`);
    return { ...publication, versions };
  }

  /** Returns the steps of a resource, which may be new: channels can be opened after everything was declared. */
  private stepsOf({ resource }: { resource: Resource }): PipelineSteps {
    const known = this.steps.get(resource);
    if (known) return known;
    const steps = this.stepsFor(resource);
    this.steps.set(resource, steps);
    return steps;
  }
}
