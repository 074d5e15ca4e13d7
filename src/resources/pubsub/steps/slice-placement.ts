import { Logger } from '@nestjs/common';
import type { EnteredMessage, LeftMessage, RecordId, UpdatedMessage } from '../../../protocol/resource-message.js';
import type { LocationChanges } from './location-changes.js';
import type { Placement } from '../../slices/record-locations.js';
import type { SliceFields } from '../../slices/slices.js';
import { debugLog } from '../../../common/log.js';
import { newNote, STOPPED, type Publication } from '../publication.js';
import type { SliceNews } from './slice-news.js';

const debug = debugLog('resources');

/**
 * Places the record of a publication in slices: those that it stays in, has left and has entered. The publication goes
 * to the first, and `left` and `entered` go to the others.
 */
export class SlicePlacement {
  private readonly warnings = new UnknownSliceWarnings();

  constructor(private readonly news: SliceNews) {}

  /** Reads the values of slices from objects that the application may change afterwards. */
  locate(publication: Publication): Publication {
    const { resource, evidence } = publication;
    if (!evidence) return publication;
    const { slices } = resource;
    const located = {
      given: slices.fieldsOf(evidence.given),
      record: slices.fieldsOf(evidence.record),
      previous: slices.fieldsOf(evidence.previous),
    };
    return { ...publication, located };
  }

  /**
   * Finds out where the record is now, and adds that to the changes.
   *
   * @returns the publication for the slices that the record stays in, and those for the slices that it left and entered
   */
  place(publication: Publication, changes: LocationChanges): [own: Publication, ...moves: Publication[]] {
    const { note, resource, recipients, id, verb, by } = publication;
    const { stays, left, entered, unknown, now, isNews } = placementOf(publication, changes);
    debug?.(`${note.id}: stays in ${stays.length} slice(s), left ${left.length}, entered ${entered.length}`);
    if (now !== undefined && id !== undefined) changes.add(resource, id, { now, isNews });
    if (by !== undefined && unknown.length > 0) this.warnings.warn(by, { resource: resource.name, verb, unknown });
    return [
      { ...publication, recipients: { ...recipients, slices: stays } },
      // `left` comes first, so that a client that watches both slices ends up with the record.
      ...moveOf(publication, left, 'left', leftMessage),
      ...moveOf(publication, entered, 'entered', enteredMessage),
    ];
  }

  /** Remembers where records are now, here and on the other servers. */
  remember(changes: LocationChanges): void {
    changes.remember((resource, id, now) => this.news.tell(resource, id, now));
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

/** Makes the message that only watchers of these slices receive, in addition to that of the change itself. */
function moveOf(
  publication: Publication,
  slices: readonly string[],
  verb: 'left' | 'entered',
  messageAfter: (update: unknown) => LeftMessage | EnteredMessage<unknown>,
): Publication[] {
  if (slices.length === 0) return [];
  const versions = publication.versions.map(({ audience, message }) => ({
    audience,
    message: message === STOPPED ? STOPPED : messageAfter(message),
  }));
  const recipients = { verb, ids: [], slices, collection: false };
  const note = newNote(publication.note.mutation);
  return [{ ...publication, note, verb, versions, recipients, to: undefined, retires: false }];
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

/** A publication whose slices are not known, and the fields whose values are missing. */
interface UnknownSlice {
  resource: string;
  verb?: string;
  unknown: readonly string[];
}

/** Warns of publications that watchers of a slice may not hear, once for each route or method. */
class UnknownSliceWarnings {
  private readonly logger = new Logger('ResourcefulPubSub');
  private readonly warned = new Set<string>();

  /** @param by the decorator and the route, or the method of the channel */
  warn(by: string, unknown: UnknownSlice): void {
    if (this.warned.has(by)) return;
    this.warned.add(by);
    this.logger.warn(`${by}: ${describeUnknown(unknown)} (Logged once.)`);
  }
}

function describeUnknown({ resource, verb, unknown }: UnknownSlice): string {
  const fields = unknown.join(', ');
  if (verb === 'created') {
    return (
      `the new record of "${resource}" does not say its ${fields}, so watchers of its slice do not hear of it. ` +
      `Return the record with that field, null for none, or give it: ` +
      `{ slice: { ${unknown[0]}: (record, context) => … } }.`
    );
  }
  const problem =
    `it is not known which ${fields} a record of "${resource}" had, so watchers of the slice that it was in may ` +
    `not hear of it.`;
  return verb === 'updated' || verb === 'destroyed'
    ? `${problem} Give the record as it was, by the option "previous".`
    : `${problem} It becomes known when the record is read by a route with @SubscribeOnRead, or changes.`;
}
