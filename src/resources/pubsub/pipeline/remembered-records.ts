import type { Standing } from '../../../server/cluster/delivery/standing.js';
import type { LastWord } from '../../record-versions/last-word.js';
import { GONE } from '../../slices/slices.js';
import type { PublicationEmitter } from '../emission/publication-emitter.js';
import type { PublishedKeys } from '../keys/published-keys.js';
import { omittedOf, type PlacedGroup, type Publication } from '../publication.js';
import { consequencesElsewhere } from '../steps/consequences.js';
import type { EmissionOutcome, PipelineSteps } from '../steps/pipeline-steps.js';
import { type CrossedPublications, heldBy, type OpenPublication } from '../steps/placement/crossed-publications.js';
import { leftMoves } from '../steps/placement/moves.js';
import type { SlicePlacement } from '../steps/placement/slice-placement.js';

/** What remembers records. */
export interface RecordWorkers {
  readonly emitter: PublicationEmitter;
  readonly placement: SlicePlacement;
  readonly crossed: CrossedPublications;
  readonly keys: PublishedKeys;
}

/** A publication as it is sent, and what was known when it was. */
export interface Begun {
  readonly group: PlacedGroup;
  /** Absent where it does not matter where it stands. */
  readonly open?: OpenPublication | undefined;
  /** What had been said last of its record's key. */
  readonly key?: LastWord | undefined;
  /** Whether other servers may remember another key. */
  readonly isRenamed?: boolean | undefined;
  /**
   * Whether the other servers hear by it, or have heard already, what it says of its record; absent if it says nothing.
   */
  readonly isTold?: boolean;
}

/**
 * Remembers what publications say of their records: where these are, and by which keys they are known. The other
 * servers hear of that by the publications, if all hear these in the order of one journal, which says whose word is the
 * last; otherwise they are told by messages of their own.
 */
export class RememberedRecords {
  constructor(
    private readonly workers: RecordWorkers,
    private readonly stepsOf: (publication: Publication) => PipelineSteps,
    private readonly sendMore: (of: Publication, more: readonly Publication[], omitted: readonly string[]) => void,
  ) {}

  /** Remembers at once what a publication says that is sent in any case. */
  remember([first, ...moves]: PlacedGroup, omitted: readonly string[]): Begun {
    const { emitter, placement, crossed, keys } = this.workers;
    const { isInOrder } = emitter;
    const { rename } = this.stepsOf(first);
    const elsewhere = isInOrder ? consequencesElsewhere(first, true) : undefined;
    const own = elsewhere ? { ...first, elsewhere } : first;
    const group: PlacedGroup = [own, ...moves];
    const open = isInOrder ? crossed.begin(group, 'now') : undefined;
    if (!isInOrder) placement.rememberHere(own);
    placement.ask(own, omittedOf(own, omitted));
    // What is gone has no place in any order; who was asked has to know right after that.
    if (isInOrder && (own.placed?.now === GONE || own.unplaced)) placement.tell(own);
    const isRenamed = rename?.(own);
    if (isRenamed && (!isInOrder || own.verb === 'destroyed')) keys.tell(own);
    return { group, open, key: rename && keyWordOf(own), isRenamed, isTold: isInOrder };
  }

  /** Tells the other servers where the record of a publication is, after that. */
  tellAfter([own, ...moves]: PlacedGroup): void {
    this.workers.placement.tellMoved(own, moves);
  }

  /** Remembers what publications say that nobody is sent, here and on the other servers. */
  follow(placed: readonly Publication[], publications: readonly Publication[]): void {
    const { placement, keys } = this.workers;
    for (const publication of placed) {
      placement.rememberHere(publication);
      placement.tell(publication);
    }
    for (const publication of publications) {
      const { rename, retire } = this.stepsOf(publication);
      if (rename?.(publication)) keys.tell(publication);
      retire(publication);
    }
  }

  /** Begins with a publication that may not be sent at all. */
  begin([first, ...moves]: PlacedGroup, memory: 'before' | 'later'): Begun {
    const group: PlacedGroup = [{ ...first, elsewhere: consequencesElsewhere(first, false) }, ...moves];
    return { group, open: this.workers.crossed.begin(group, memory), key: keyWordOf(first) };
  }

  /** Remembers what a publication says, now that the journal says where it stands, and tells who has to know. */
  settle(begun: Begun, place: Standing, omitted: readonly string[], isLate = false): void {
    const [own] = begun.group;
    const { isOutdated, rename } = this.stepsOf(own);
    if (isOutdated?.(own)) {
      this.outdate(begun);
      // Those who were sent it before anybody knew of the newer one have the record where that has not taken it.
      if (isLate) this.sendMore(own, leftMoves(own, heldBy(begun.group), []), omitted);
      return;
    }
    if (begun.open) this.workers.crossed.settle(begun.open, place, (more) => this.sendMore(own, more, omitted));
    if (rename) this.workers.keys.settle(own, begun.key, place);
  }

  /** Leaves it at what was said since, for a newer version of the record was sent. */
  outdate(begun: Begun): void {
    const [own] = begun.group;
    this.abandon(begun);
    this.workers.placement.tellOtherwise(own);
    this.workers.keys.tellOtherwise(own);
  }

  /** Returns what is done with a publication that is sent in any case, and not settled. */
  endingsOf(begun: Begun): Pick<EmissionOutcome, 'outdated' | 'unsettled' | 'lost'> {
    return {
      outdated: () => this.abandon(begun),
      unsettled: (place) => this.giveUp(begun, place),
      // All others have been told besides.
      ...(begun.isTold && { lost: () => this.lose(begun) }),
    };
  }

  /** Leaves open where the record is, since what was said before the publication does not come. */
  giveUp({ group: [own], open, key }: Begun, place: Standing): void {
    if (open) this.workers.crossed.giveUp(open);
    if (this.stepsOf(own).rename) this.workers.keys.settle(own, key, place);
  }

  /** Tells the other servers what they may not hear by the publication. */
  private lose(begun: Begun): void {
    const [own] = begun.group;
    this.abandon(begun);
    this.workers.placement.tellRemembered(own);
    if (begun.isRenamed) this.workers.keys.tell(own);
  }

  abandon({ open }: Begun): void {
    if (open) this.workers.crossed.abandon(open);
  }
}

function keyWordOf({ resource, id }: Publication): LastWord | undefined {
  return id === undefined ? undefined : resource.keys.wordOf(id);
}
