import type { RecordId } from '../../../../protocol/resource-message.js';
import type { Standing } from '../../../../server/cluster/delivery/standing.js';
import type { Crossing, OpenChange } from '../../../slices/open-changes.js';
import type { Ended } from '../../../slices/record-locations.js';
import { GONE, type RecordLocation } from '../../../slices/slices.js';
import { type PlacedGroup, type Publication, versionedChangeOf } from '../../publication.js';
import { LocationChanges } from './location-changes.js';
import { alsoTo, leftMoves, ownPartOf, without } from './moves.js';
import type { LocationNews } from './location-news.js';
import type { SlicePlacement } from './slice-placement.js';
import type { SliceQuestions } from './slice-questions.js';

/** A publication of which it is not known yet where it stands in the journal that servers share. */
export interface OpenPublication {
  readonly group: PlacedGroup;
  /** Of each record that it is about. */
  readonly changes: ReadonlyArray<readonly [RecordId, OpenChange]>;
}

/**
 * Sees to records that several servers change at the same time. Each of them publishes by where it takes the record to
 * be; the journal says which of them came first. Whoever comes later tells those who would have heard otherwise, had it
 * known of the others.
 */
export class CrossedPublications {
  constructor(
    private readonly placement: SlicePlacement,
    private readonly news: LocationNews,
    private readonly questions: SliceQuestions,
  ) {}

  /**
   * Begins to note what other servers say of where the records are.
   *
   * @param memory whether where it takes its record is to be remembered now, or was before, or is not to be yet
   */
  begin(group: PlacedGroup, memory: 'now' | 'before' | 'later'): OpenPublication | undefined {
    const [{ resource, id, placed, recipients }] = group;
    if (!resource.slices.any) return undefined;
    const { locations } = resource;
    const ids = id === undefined ? recipients.ids : [id];
    const changes = ids.map((one) => {
      const before = locations.find(one);
      const now = one === id ? placed?.now : undefined;
      if (memory === 'now' && now !== undefined) locations.set(one, now, group[0].recordVersion);
      const isRemembered = now !== undefined && (memory === 'now' || (memory === 'before' && before === now));
      return [one, locations.begin(one, before, isRemembered)] as const;
    });
    return { group, changes };
  }

  /**
   * Remembers where records are, and tells the other servers what they have not heard by the publication.
   *
   * @param place where it stands
   * @param sendMore sends to those who would have heard otherwise
   */
  settle({ group, changes }: OpenPublication, place: Standing, sendMore: (more: Publication[]) => void): void {
    const [own] = group;
    const { id } = own;
    if (id === undefined) return sendMore(this.settleData(own, changes, place));
    const [[, change]] = changes;
    const { locations } = own.resource;
    // What others say of a new record is later, wherever it stands.
    const crossing = locations.end(id, change, own.verb === 'created' ? undefined : place);
    const was = own.verb === 'created' ? undefined : crossing.was;
    const again = was === undefined || was === GONE ? group : this.placeAgain(own, [[id, was]]);
    const { placed } = again[0];
    // What says nothing of where it is, is no word on that: it is where it was.
    const isSaid = placed !== undefined && (placed.now === GONE || saysPlace(own));
    const isOther = was !== undefined || (isSaid && (change.isRemembered || placed.isNews));
    locations.conclude(id, crossing, isOther ? placed?.now : undefined, isSaid ? place : crossing.wasAt);
    if (was !== undefined) sendMore(this.moreOf(group, again, was, crossing.since));
    // Who goes by this, and comes later, has to send what it does about it after that.
    this.tell(group, again, crossing, place);
  }

  /** Returns what has to be sent of a record that others have changed before. */
  private moreOf(group: PlacedGroup, again: PlacedGroup, was: RecordLocation, since: Crossing['since']): Publication[] {
    const [own] = group;
    const { slices } = own.resource;
    if (was === GONE) return own.verb === 'destroyed' ? [] : leftMoves(own, heldBy(group), []);
    // What this server has said later, it places by this once it knows where that stands.
    if (!since || since.isOwn || own.verb === 'destroyed') {
      // What they are sent late may be older than what they were sent meanwhile.
      const late = without(again[0].recipients.slices, heldBy(group));
      if (own.verb !== 'destroyed' && own.recordVersion === undefined) this.questions.haveRead(own.resource, late);
      return untold(group, again);
    }
    // Whoever said that has told where it is now; of where it was, it may have known nothing, either.
    const now = again[0].placed?.now;
    const present = since.now === GONE ? [] : slices.keysOf({ ...was, ...(now !== GONE && now), ...since.now });
    return leftMoves(own, without(slices.keysOf(was).concat(heldBy(group)), present), present);
  }

  /** Sees to data about several records, which say nothing of where these are. */
  private settleData(own: Publication, changes: OpenPublication['changes'], place: Standing): Publication[] {
    const { locations } = own.resource;
    const crossed = changes.flatMap(([id, change]): Array<[RecordId, RecordLocation]> => {
      const crossing = locations.end(id, change, place);
      locations.conclude(id, crossing, undefined, place);
      return crossing.was === undefined ? [] : [[id, crossing.was]];
    });
    return crossed.length > 0 ? untold([own], this.placeAgain(own, crossed)) : [];
  }

  /** Ends it without its place: what others have said counts. */
  abandon({ group: [{ resource }], changes }: OpenPublication): void {
    for (const [id, change] of changes) {
      resource.locations.conclude(id, resource.locations.end(id, change, undefined), undefined, undefined);
    }
  }

  /** Ends it, though what others have said before does not come: nobody knows where the record is. */
  giveUp(open: OpenPublication): void {
    const [{ resource, id, placed }] = open.group;
    this.abandon(open);
    if (id !== undefined) resource.locations.giveUp(id, placed?.now);
  }

  private placeAgain(own: Publication, crossed: ReadonlyArray<readonly [RecordId, RecordLocation]>): PlacedGroup {
    const known = new LocationChanges();
    for (const [id, was] of crossed) known.add(own.resource, id, was);
    // Without `by`, nobody is warned of watchers who may not hear of it: that is done already.
    return this.placement.place({ ...own, by: undefined }, known);
  }

  private tell([own]: PlacedGroup, [again]: PlacedGroup, crossing: Ended, place: Standing): void {
    const { since, was, isDoubted } = crossing;
    const { resource, id, placed, unplaced } = own;
    if (id === undefined || !placed || placed.now === GONE) return;
    // The others go by the places of what was said, where it has any.
    if (since && !since.isOwn && since.now !== GONE && !since.place) this.news.repeat(resource, id);
    const now = again.placed?.now;
    if (since || !again.placed?.isNews || now === undefined || now === GONE) return;
    const isHeard = placed.isNews && !unplaced;
    const isOther = was !== undefined && resource.locations.differ(placed.now, now);
    const told = isDoubted ? ownPartOf(again, now) : now;
    if (!isHeard || isOther) this.news.tell(resource, id, told, { change: versionedChangeOf(own), place });
  }
}

/** Returns what has to be sent besides what was, for all to have been sent as it is placed now. */
function untold(group: PlacedGroup, again: PlacedGroup): Publication[] {
  const [own] = group;
  const [ownAgain, ...movesAgain] = again;
  const [held, present] = [heldBy(group), heldBy(again)];
  // Whoever has a record that is destroyed is told that.
  const isThere = own.placed !== undefined && own.placed.now !== GONE;
  const left = isThere ? without(slicesOf(again, 'left').concat(held), present) : [];
  const entered = movesAgain.flatMap((move) => {
    const slices = move.verb === 'entered' ? without(move.recipients.slices, slicesOf(group, 'entered')) : [];
    return slices.length > 0 ? [{ ...move, recipients: { ...move.recipients, slices } }] : [];
  });
  const also = without(ownAgain.recipients.slices, held);
  return [
    ...leftMoves(own, without(left, slicesOf(group, 'left')), present),
    ...entered,
    ...(also.length > 0 ? [alsoTo(own, also)] : []),
  ];
}

/** Whether a publication itself says where its record is, rather than what is remembered of it. */
function saysPlace({ located: { given, record } = {} }: Publication): boolean {
  return [given, record].some((fields) => fields !== undefined && Object.keys(fields).length > 0);
}

/** Returns the slices whose watchers have the record after this. */
export function heldBy(group: PlacedGroup): string[] {
  return group[0].recipients.slices.concat(slicesOf(group, 'entered'));
}

function slicesOf([, ...moves]: PlacedGroup, verb: 'left' | 'entered'): string[] {
  return moves.flatMap((move) => (move.verb === verb ? move.recipients.slices : []));
}
