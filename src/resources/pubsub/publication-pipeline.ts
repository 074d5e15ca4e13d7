import { copyAsJson } from '../../common/json.js';
import { allSync } from '../../common/promises.js';
import type { SocketTargets } from '../../rooms/target.js';
import type { Resource } from '../definition/resource.js';
import type { RelationGraph } from '../relations/relation-graph.js';
import { STOPPED, type Change, type Publication } from './publication.js';
import type { PublicationComposer } from './steps/publication-composer.js';
import type { PublicationEmitter } from './steps/publication-emitter.js';
import type { PublicationListeners } from './steps/publication-listeners.js';
import type { PublicationViews } from './steps/publication-views.js';
import type { ReversePublications } from './steps/reverse-publications.js';
import type { SlicePlacement } from './steps/slice-placement.js';

/** The workers behind the steps, in the order of the steps. */
export interface Steps {
  readonly composer: PublicationComposer;
  readonly reverse: ReversePublications;
  readonly views: PublicationViews;
  readonly listeners: PublicationListeners;
  readonly placement: SlicePlacement;
  readonly emitter: PublicationEmitter;
}

type Step<Result> = (publication: Publication) => Result;

/** The steps that publications of one resource take. A step that the resource does not need is absent. */
interface Path {
  readonly reverse?: (change: Change, own: readonly Publication[]) => Publication[];
  readonly view?: Step<Publication | Promise<Publication>>;
  readonly read: ReadonlyArray<Step<Publication>>;
  readonly place?: Step<Publication[]>;
  readonly send: ReadonlyArray<(publication: Publication, omitted: readonly string[]) => void>;
}

/** What has been read and not been sent: it is remembered nowhere, and neither a socket nor another server has heard of it. */
export type ReadPublications = readonly Publication[] & { readonly [READ]: true };
declare const READ: unique symbol;

/** How many publications were sent, could not be sent, or were not sent because there was nothing that could be. */
export interface PublicationCounters {
  published: number;
  failed: number;
  skipped: number;
}

/**
 * The way of every publication, whether a route or a channel begins it: from a change to the sockets.
 *
 * - `compose` makes messages of changes, and may have to wait for views;
 * - `read` takes from the application's objects whatever is still to be taken;
 * - `send` has effects. Between `read` and `send`, a publication can be held back, or dropped.
 */
export class PublicationPipeline {
  readonly counters: PublicationCounters = { published: 0, failed: 0, skipped: 0 };
  private readonly paths = new Map<Resource, Path>();

  constructor(
    private readonly steps: Steps,
    private readonly relations: RelationGraph,
    private readonly maxNesting: number,
  ) {}

  /** The steps in order, each with the condition on which a resource's publications take it. */
  private build(resource: Resource): Path {
    const { reverse, views, listeners, placement, emitter } = this.steps;
    const { name, slices } = resource;
    const { audiences } = resource.views;

    // compose: always first, by `PublicationComposer`. Then the records on the other side of relations …
    const reverseStep: Path['reverse'] = (change, own) => reverse.add(change, own);
    // … and each record in the shape that each audience sees.
    const view: Path['view'] = (publication) => views.show(publication);

    // read: in which slices the record is said to be, or to have been …
    const locate: Step<Publication> = (publication) => placement.locate(publication);
    // … what `@BeforePublication` makes of the message …
    const rewrite: Step<Publication> = (publication) => listeners.rewrite(publication);
    // … and that as JSON, which no longer changes with the application's objects.
    const plain: Step<Publication> = (publication) => this.makePlain(publication);
    const ready = listeners.canRewrite(name) ? [rewrite, plain] : [plain];

    // send: remembers where the record is, tells other servers, and adds what those hear whose slice it leaves or enters …
    const place: Path['place'] = (publication) => {
      const [own, ...moves] = placement.place(publication);
      return [own, ...moves.map((move) => take(ready, move))];
    };
    // … one emit for each audience …
    const emit: Path['send'][number] = (publication, omitted) => {
      if (emitter.emit(publication, omitted, audiences)) this.counters.published++;
    };
    // … `@OnPublication` …
    const announce: Path['send'][number] = (publication) => listeners.announce(publication);
    // … and whoever was subscribed to a record that is gone is so no longer.
    const retire: Path['send'][number] = (publication) => emitter.retire(publication);

    return {
      reverse: this.relations.hasReverse(resource) ? reverseStep : undefined,
      view: views.concern(resource) ? view : undefined,
      read: slices.any ? [locate, ...ready] : ready,
      place: slices.any ? place : undefined,
      send: listeners.canHear(name) ? [emit, announce, retire] : [emit, retire],
    };
  }

  /**
   * Makes the messages of changes that belong together: all of them at once, unless a view takes its time.
   *
   * @throws InvalidRecordIdError, InvalidRoomError, UnfitRecordError, NotSerializableError, and whatever a view throws
   */
  compose(changes: readonly Change[]): readonly Publication[] | Promise<readonly Publication[]> {
    const composed = changes.flatMap((change) => {
      const own = this.steps.composer.compose(change);
      // `movedFrom` names another record even where no relation is declared.
      const isMoved = change.options.movedFrom !== undefined;
      const reverse = this.pathOf(change.resource).reverse ?? (isMoved ? this.reverseOfMove : undefined);
      return reverse ? reverse(change, own) : own;
    });
    if (composed.every(({ resource }) => !this.pathOf(resource).view)) return composed;
    return allSync(composed.map((publication) => this.pathOf(publication.resource).view?.(publication) ?? publication));
  }

  private readonly reverseOfMove: NonNullable<Path['reverse']> = (change, own) => this.steps.reverse.add(change, own);

  /**
   * Reads everything that is still to be read of publications that belong together, so that one that cannot be sent keeps back all of them.
   *
   * @throws InvalidListenerError, NotSerializableError, and whatever a `@BeforePublication` method throws
   */
  read(publications: readonly Publication[]): ReadPublications {
    return publications.map((publication) =>
      take(this.pathOf(publication.resource).read, publication),
    ) as unknown as ReadPublications;
  }

  /**
   * Sends publications that belong together. All of them are placed before any is emitted: what slices add to them can fail, too.
   *
   * @param omitted the rooms of those who hear nothing of it
   */
  send(publications: ReadPublications, omitted: readonly string[]): void {
    const placed = publications.flatMap(
      (publication) => this.pathOf(publication.resource).place?.(publication) ?? publication,
    );
    for (const publication of placed) {
      for (const step of this.pathOf(publication.resource).send) step(publication, omitted);
    }
  }

  /** @see PublicationEmitter.findOmitted */
  findOmitted(method: string, except: SocketTargets): string[] | Promise<string[]> {
    return this.steps.emitter.findOmitted(method, except);
  }

  /** Forgets the paths of resources that were used before everything about them was known. */
  rebuild(): void {
    this.paths.clear();
  }

  /** Whether a view may say what is published of records of this resource, or of those in one of its collections. */
  isViewed(resource: Resource, attribute?: string): boolean {
    return resource.views.any || this.relations.find(resource, attribute)?.other.views.any === true;
  }

  private pathOf(resource: Resource): Path {
    const known = this.paths.get(resource);
    if (known) return known;
    const path = this.build(resource);
    this.paths.set(resource, path);
    return path;
  }

  private makePlain(publication: Publication): Publication {
    const { name } = publication.resource;
    const versions = publication.versions.map(({ audience, message }) => ({
      audience,
      // The message itself is one level around the record.
      message: message === STOPPED ? STOPPED : copyAsJson(name, message, this.maxNesting + 1),
    }));
    return { ...publication, versions };
  }
}

function take(steps: ReadonlyArray<Step<Publication>>, publication: Publication): Publication {
  return steps.reduce((current, step) => step(current), publication);
}
