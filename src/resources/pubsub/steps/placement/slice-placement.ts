import type { RecordId } from '../../../../protocol/resource-message.js';
import { debugLog } from '../../../../common/log.js';
import type { LeftSlices, Placement } from '../../../slices/placement.js';
import { GONE, type SliceFields } from '../../../slices/slices.js';
import { type Placed, type Publication, versionedChangeOf } from '../../publication.js';
import type { LocationChanges } from './location-changes.js';
import { alsoTo, enteredMessage, leftMessage, moveOf, ownPartOf } from './moves.js';
import type { LocationNews } from './location-news.js';
import type { SliceQuestions } from './slice-questions.js';
import { SliceWarnings } from './slice-warnings.js';

const debug = debugLog('resources');

/**
 * Places the record of a publication in slices: those that it stays in, has left and has entered. The publication goes
 * to the first, and `left` and `entered` go to the others.
 */
export class SlicePlacement {
  private readonly warnings = new SliceWarnings();

  constructor(
    private readonly questions: SliceQuestions,
    private readonly news: LocationNews,
  ) {}

  /** Reads the values of slices from objects that the application may change afterwards. */
  locate(publication: Publication): Publication {
    const { resource, evidence } = publication;
    if (!evidence) return publication;
    const { slices } = resource;
    const unfit: string[] = [];
    const located = {
      given: slices.fieldsOf(evidence.given, unfit),
      record: slices.fieldsOf(evidence.record, unfit),
      previous: slices.fieldsOf(evidence.previous),
    };
    return { ...publication, located, unfit };
  }

  /**
   * Finds out where the record is now, and adds that to the changes.
   *
   * @returns the publication for the slices that the record stays in, and those for the slices that it left and entered
   */
  place(publication: Publication, changes: LocationChanges): [own: Publication, ...moves: Publication[]] {
    const { note, resource, recipients, id, verb } = publication;
    const placement = placementOf(publication, changes);
    if (verb !== 'created') resource.locations.notePlaced();
    const { stays, left, entered, now, isNews, unknown, changed } = placement;
    debug?.(
      `${note.id}: stays in ${stays.length} slice(s), left ${left.flatMap(({ keys }) => keys).length}, ` +
        `entered ${entered.length}`,
    );
    const placed: Placed | undefined = now !== undefined && id !== undefined ? { now, isNews, changed } : undefined;
    const unplaced = unknown.length > 0 && verb !== 'created' ? unplacedOf(publication, changes) : undefined;
    if (placed && id !== undefined) changes.add(resource, id, placed.now);
    const doubted = id === undefined ? undefined : resource.locations.doubtedOf(id);
    // That it is not known any longer is nothing that the application has done.
    if (!doubted) this.warnings.warnOf(publication, placement);
    const { once } = publication;
    const moves = [
      // `left` comes first, so that a client that watches both slices ends up with the record.
      ...byKept(left).flatMap(({ keys, stays: kept }) => moveOf(publication, keys, 'left', leftMessage, kept)),
      ...moveOf(publication, entered, 'entered', enteredMessage),
    ];
    return [
      { ...publication, recipients: { ...recipients, slices: stays }, ...(placed && { placed }), unplaced, doubted },
      ...moves.map((move, index) => (once === undefined ? move : { ...move, once: `${once} ${index}` })),
    ];
  }

  /** Remembers where the record is now, on this server. */
  rememberHere({ resource, id, placed, recordVersion }: Publication): void {
    if (placed && id !== undefined) resource.locations.set(id, placed.now, recordVersion);
  }

  /**
   * Asks the other servers where records were, if that is not known here, before they are told where they are.
   *
   * @param omitted the rooms of sockets that hear nothing of the publication
   */
  ask(publication: Publication, omitted: readonly string[]): void {
    if (publication.unplaced) this.questions.ask(publication, omitted);
  }

  /** Tells the other servers where the record is, if it is not where they have heard by its publication. */
  tellOtherwise({ resource, id, placed }: Publication): void {
    if (id === undefined || !placed?.isNews || placed.now === GONE) return;
    if (resource.locations.differ(placed.now, resource.locations.find(id))) this.news.repeat(resource, id);
  }

  /** Has those read again whom other servers know to watch records, where it is not known here in which slices. */
  haveWatchersRead(publication: Publication): void {
    this.questions.haveWatchersRead(publication);
  }

  /**
   * Returns what the watchers of slices have not been told that a record has left, since only another server knew that
   * it was there.
   *
   * @param keys those slices
   */
  leave(publication: Publication, keys: readonly string[]): Publication[] {
    if (publication.verb === 'destroyed') return [alsoTo(publication, keys)];
    const { slices } = publication.recipients;
    return [
      ...moveOf(publication, keys, 'left', leftMessage),
      // Who watches both, and does not tell them apart, ends up with the record.
      ...(this.isCurrent(publication) ? moveOf(publication, slices, 'entered', enteredMessage) : []),
    ];
  }

  /** Remembers, on this server, where a record is of which nothing is remembered. */
  rememberUnknown({ resource, id, placed }: Publication): void {
    if (placed && id !== undefined && !resource.locations.find(id)) resource.locations.set(id, placed.now);
  }

  /**
   * Remembers nothing of where a record is that may have been moved, or not: what is published of it must not go where
   * it was.
   */
  doubt(publication: Publication): void {
    const { resource, id } = publication;
    if (id !== undefined && this.changesMemory(publication)) resource.locations.forget(id);
  }

  /** Whether something else would be remembered of the record than is now. */
  changesMemory({ resource, id, placed }: Publication): boolean {
    if (!placed || id === undefined || !resource.locations.find(id)) return false;
    return placed.isNews || placed.now === GONE;
  }

  /** Tells the other servers where the record is, unless something else is remembered by now. */
  tell(publication: Publication): void {
    const { resource, id, placed } = publication;
    if (!placed?.isNews || id === undefined || !this.isCurrent(publication)) return;
    const now = placed.now === GONE ? GONE : ownPartOf(publication, placed.now);
    this.news.tell(resource, id, now, { change: versionedChangeOf(publication) });
  }

  /**
   * Tells them after it was sent, where no journal says which of several moves was the last.
   *
   * @param moves those for the slices that it has left and entered
   */
  tellMoved(publication: Publication, moves: readonly Publication[]): void {
    const { resource, id, placed, unplaced } = publication;
    if (!placed?.isNews || id === undefined || unplaced) return this.tell(publication);
    const change = versionedChangeOf(publication);
    const told = [publication, ...moves].flatMap(({ recipients }) => recipients.slices);
    const now = placed.now === GONE ? GONE : changedPartOf(placed.now, placed);
    this.news.tell(resource, id, now, { change, told });
  }

  /** Tells the other servers what is remembered now of a record of which they may have heard nothing. */
  tellRemembered(publication: Publication): void {
    const { resource, id, placed } = publication;
    if (!placed?.isNews || id === undefined) return;
    if (placed.now === GONE) this.tell(publication);
    else this.news.repeat(resource, id);
  }

  /** Forgets where the record is, since it was not moved there, unless something else is remembered by now. */
  forget(publication: Publication): void {
    const { resource, id, placed } = publication;
    if (placed && id !== undefined && this.isCurrent(publication)) resource.locations.forget(id);
  }

  private isCurrent({ resource, id, placed }: Publication): boolean {
    const known = id === undefined ? undefined : resource.locations.find(id);
    return known === undefined || known === placed?.now;
  }
}

function placementOf({ resource, verb, id, recipients, located }: Publication, changes: LocationChanges): Placement {
  const { locations } = resource;
  const find = (one: RecordId): SliceFields | undefined => changes.find(resource, one);
  if (id === undefined || !located) return locations.lastKnown(recipients.ids.map(find));
  if (verb === 'created') return locations.created(located);
  if (verb === 'destroyed') return locations.destroyed(located, find(id));
  return locations.updated(located, find(id));
}

/** Returns the records of which it is not known in which slices they are. */
function unplacedOf({ resource, id, recipients }: Publication, changes: LocationChanges): readonly RecordId[] {
  if (id !== undefined) return [id];
  return recipients.ids.filter((one) => !resource.locations.isWhole(changes.find(resource, one)));
}

/** Unites what no watcher may still have, which one message tells. */
function byKept(left: readonly LeftSlices[]): LeftSlices[] {
  const entirely = left.filter(({ stays }) => stays.length === 0);
  const others = left.filter(({ stays }) => stays.length > 0);
  return [{ keys: entirely.flatMap(({ keys }) => keys), stays: [] }, ...others];
}

/** Returns the fields that have changed, of where a record is: what another server says of the rest may be newer. */
function changedPartOf(now: SliceFields, { changed }: Placed): SliceFields {
  if (!changed) return now;
  return Object.fromEntries(Object.entries(now).filter(([field]) => changed.includes(field)));
}
