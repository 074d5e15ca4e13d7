import type { EnteredMessage, LeftMessage, RecordId, UpdatedMessage } from '../../../protocol/resource-message.js';
import type { LocationChanges } from './location-changes.js';
import { GONE, type LeftSlices, type Placement } from '../../slices/record-locations.js';
import { MAX_SLICES } from '../../slices/slice.js';
import { whyMissing } from '../../slices/missing-field.js';
import type { SliceFields } from '../../slices/slices.js';
import { debugLog, LineLogger } from '../../../common/log.js';
import {
  type Late,
  messageIn,
  newNote,
  type Placed,
  STOPPED,
  type Publication,
  versionedChangeOf,
} from '../publication.js';
import { wasSaidSince } from '../../record-versions/last-word.js';
import type { Place } from '../../../server/cluster/journal/journal.js';
import type { SliceNews } from './slice-news.js';

const debug = debugLog('resources');

/**
 * Places the record of a publication in slices: those that it stays in, has left and has entered. The publication goes
 * to the first, and `left` and `entered` go to the others.
 */
export class SlicePlacement {
  private readonly warnings = new SliceWarnings();

  constructor(private readonly news: SliceNews) {}

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
    const { stays, left, entered, now, isNews, unknown } = placement;
    debug?.(
      `${note.id}: stays in ${stays.length} slice(s), left ${left.flatMap(({ keys }) => keys).length}, ` +
        `entered ${entered.length}`,
    );
    const placed: Placed | undefined = now !== undefined && id !== undefined ? { now, isNews } : undefined;
    const unplaced = unknown.length > 0 && verb !== 'created' ? unplacedOf(publication, changes) : undefined;
    if (placed && id !== undefined) changes.add(resource, id, placed.now);
    this.warnings.warnOf(publication, placement);
    const { once } = publication;
    const moves = [
      // `left` comes first, so that a client that watches both slices ends up with the record.
      ...byKept(left).flatMap(({ keys, stays: kept }) => moveOf(publication, keys, 'left', leftMessage, kept)),
      ...moveOf(publication, entered, 'entered', enteredMessage),
    ];
    return [
      { ...publication, recipients: { ...recipients, slices: stays }, ...(placed && { placed }), unplaced },
      ...moves.map((move, index) => (once === undefined ? move : { ...move, once: `${once} ${index}` })),
    ];
  }

  /** Remembers where the record is now, on this server. */
  rememberHere({ resource, id, placed }: Publication, place?: Place): void {
    if (placed && id !== undefined) resource.locations.set(id, placed.now, place);
  }

  /**
   * Remembers where the record is now, here and on the other servers. They are asked first where it was, if that is not
   * known here.
   *
   * @param omitted the rooms of sockets that hear nothing of the publication
   * @param late set if the other servers have heard of it before
   */
  take(publication: Publication, omitted: readonly string[], late?: Late): void {
    const { resource, id, placed, unplaced } = publication;
    const word = late && id !== undefined ? resource.locations.wordOf(id) : undefined;
    const isNewest = !late || placed?.now === GONE || !wasSaidSince(late.before.slices, word, late.place);
    const isOwn = word === late?.before.slices;
    const isOverwritten = word !== undefined && !isOwn && placed?.isNews && placed.now !== GONE;
    // Unless it is remembered already, and nothing older has come between.
    if (isNewest && (!late?.isPlaced || isOverwritten)) this.rememberHere(publication, late?.place);
    else if (isOwn && word && placed?.isNews) word.place ??= late?.place;
    // They still know where it was.
    if (unplaced) this.news.ask(publication, omitted);
    if (!late || unplaced) this.tell(publication);
    else this.tellOtherwise(publication);
  }

  /** Tells the other servers where the record is, if it is not where they have heard by its publication. */
  tellOtherwise({ resource, id, placed }: Publication): void {
    if (id === undefined || !placed?.isNews || placed.now === GONE) return;
    if (resource.locations.differ(placed.now, resource.locations.find(id))) this.news.repeat(resource, id);
  }

  /** Has those read again whom other servers know to watch records, where it is not known here in which slices. */
  haveWatchersRead(publication: Publication): void {
    this.news.haveWatchersRead(publication);
  }

  /**
   * Returns what the watchers of slices have not been told that a record has left, since only another server knew that
   * it was there.
   *
   * @param keys those slices
   */
  leave(publication: Publication, keys: readonly string[]): Publication[] {
    if (publication.verb === 'destroyed') {
      const { note, verb } = publication;
      const recipients = { verb, ids: [], slices: keys, collection: false };
      return [{ ...publication, note: newNote(note.mutation), recipients, to: undefined, retires: false }];
    }
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
    if (id !== undefined && this.changesMemory(publication)) resource.locations.set(id, GONE);
  }

  /** Whether something else would be remembered of the record than is now. */
  changesMemory({ resource, id, placed }: Publication): boolean {
    if (!placed || id === undefined || !resource.locations.find(id)) return false;
    return placed.isNews || placed.now === GONE;
  }

  /** Tells the other servers of that, unless something else is remembered by now. */
  tell(publication: Publication): void {
    const { resource, id, placed } = publication;
    if (!placed?.isNews || id === undefined || !this.isCurrent(publication)) return;
    this.news.tell(resource, id, placed.now, versionedChangeOf(publication));
  }

  /** Forgets where the record is, since it was not moved there, unless something else is remembered by now. */
  forget(publication: Publication): void {
    const { resource, id, placed } = publication;
    if (placed && id !== undefined && this.isCurrent(publication)) resource.locations.set(id, GONE);
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

/**
 * Makes the message that only watchers of these slices receive, in addition to that of the change itself.
 *
 * @param kept the slices whose watchers do not receive it
 */
function moveOf(
  publication: Publication,
  slices: readonly string[],
  verb: 'left' | 'entered',
  messageAfter: (update: unknown) => LeftMessage | EnteredMessage<unknown>,
  kept: readonly string[] = [],
): Publication[] {
  if (slices.length === 0) return [];
  const versions = publication.versions.map((version) => ({
    audience: version.audience,
    message: version.message === STOPPED ? STOPPED : messageAfter(messageIn(version)),
    ...(version.isShortened && verb === 'entered' && { isShortened: true as const }),
  }));
  const recipients = { verb, ids: [], slices, collection: false };
  const note = newNote(publication.note.mutation);
  const except = kept.flatMap((slice) => publication.resource.allCollectionRooms(slice));
  return [{ ...publication, note, verb, versions, recipients, except, to: undefined, retires: false }];
}

function leftMessage(update: unknown): LeftMessage {
  return { verb: 'left', id: partsOf(update).id };
}

function enteredMessage(update: unknown): EnteredMessage<unknown> {
  return { verb: 'entered', ...partsOf(update) };
}

function partsOf(update: unknown): Pick<UpdatedMessage<unknown>, 'id' | 'data'> {
  const { id, data } = (update ?? {}) as UpdatedMessage<unknown>;
  return { id, data };
}

/** Warns of publications that watchers of a slice may not hear, once for each route or method. */
class SliceWarnings {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly warned = new Set<string>();

  warnOf(publication: Publication, { unknown, excess }: Placement): void {
    const { by, resource, unfit = [], located } = publication;
    // Nobody could act on a warning of a reverse message.
    if (by === undefined) return;
    const wrong = unfit.filter((field) => located?.given === undefined || !Object.hasOwn(located.given, field));
    if (unknown.length > 0 || wrong.length > 0) this.warn(by, describeUnknown(publication, unknown, wrong));
    if (excess.length > 0) {
      const problem =
        `a record of "${resource.name}" is in more than ${MAX_SLICES} slices by ${excess.join(', ')}, so watchers of ` +
        `those of the last members of its list do not hear of it.`;
      this.warn(by, problem, 'excess');
    }
  }

  /** @param by the decorator and the route, or the method of the channel */
  private warn(by: string, problem: string, kind = 'unknown'): void {
    const key = `${kind} ${by}`;
    if (this.warned.has(key)) return;
    this.warned.add(key);
    this.logger.warn(`${by}: ${problem} (Logged once.)`);
  }
}

/**
 * @param unknown the fields of which it is not known what the record has, or had
 * @param wrong the fields where it holds something that is not a value
 */
function describeUnknown(publication: Publication, unknown: readonly string[], wrong: readonly string[]): string {
  const {
    resource: { name },
    verb,
    evidence: { record } = {},
  } = publication;
  const [field] = wrong.length > 0 ? wrong : unknown;
  const why = record && whyMissing(record, field);
  const found = why === undefined ? '' : ` Of the record that is published, ${why}.`;
  if (verb === 'created') {
    return (
      `the new record of "${name}" does not say its ${fieldsOf(unknown, wrong)}, so watchers of its slice do not ` +
      `hear of it.${found} Return the record with that field, null for none, or give it, such as where a serializer ` +
      `hides it: { slice: { ${asKey(field)}: (record, context) => … } }.`
    );
  }
  if (wrong.length > 0) {
    return (
      `it is not known which ${wrong.join(', ')} a record of "${name}" has, so it is taken to be in the slice that ` +
      `it was in.${found} Return the record with a value there, or give it: { slice: { ${asKey(field)}: (record, ` +
      `context) => … } }.`
    );
  }
  const problem =
    `it is not known which ${unknown.join(', ')} a record of "${name}" had, so watchers of the slice that it was in ` +
    `may not hear of it.`;
  return verb === 'updated' || verb === 'destroyed'
    ? `${problem} Give the record as it was, by the option "previous".`
    : `${problem} It becomes known when the record is read by a route with @SubscribeOnRead, or changes.`;
}

function fieldsOf(unknown: readonly string[], wrong: readonly string[]): string {
  return [...new Set([...unknown, ...wrong])].join(', ');
}

function asKey(field: string): string {
  return /^\w+$/.test(field) ? field : `'${field}'`;
}
