import type { Namespace } from 'socket.io';
import { isRecord } from '../../../common/type-guards.js';
import { membersOf } from '../../../rooms/members/members.js';
import type { Place } from '../../../server/cluster/journal/journal.js';
import { standingOf } from '../../../server/cluster/delivery/standing.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { SentPublication } from '../../journal/sent-publication.js';
import type { ResourceNamespaces } from '../../subscriptions/resource-namespaces.js';
import { ANOTHER_SERVER } from '../../slices/record-locations.js';
import { GONE } from '../../slices/slices.js';
import { changedKeyOf } from '../keys/published-keys.js';
import type { Publication } from '../publication.js';
import type { PublicationListeners } from './publication-listeners.js';
import { type LocationNews, writableFields } from './placement/location-news.js';
import { ownPartOf } from './placement/moves.js';
import { type SliceQuestions, toldBy } from './placement/slice-questions.js';

/** How long the message may be on its way, in milliseconds, since it says how old it was when it was sent. */
const TRANSIT_TIME = 2_000;

/** What follows from a publication besides its messages. */
interface ToldConsequences {
  verb?: string;
  /** The record that it is about. */
  id?: unknown;
  /** The fields of slices where the record is now. */
  placed?: object;
  /** The key that the record has now; `null` if it is gone. */
  key?: string | null;
  /** The records to which the subscriptions end. */
  retired?: readonly unknown[];
  /** The records of which its server did not know in which slices they were. */
  unplaced?: readonly unknown[];
  /** The slices of which watchers hear it, if there are such records. */
  told?: readonly string[];
}

/** Returns what follows from a publication on every server where its own does not see to it, as plain data. */
export function consequencesOf(publication: Publication): object {
  const { verb, id, placed, recipients, retires, unplaced } = publication;
  const key = changedKeyOf(publication);
  return {
    verb,
    id,
    ...(placed?.isNews && placed.now !== GONE && { placed: writableFields(ownPartOf(publication, placed.now)) }),
    ...(key && { key: key.now ?? null }),
    ...(retires && { retired: recipients.ids }),
    ...(unplaced && { unplaced, told: toldBy(publication) }),
  } satisfies ToldConsequences;
}

/**
 * Returns what follows from a publication on the other servers, of what they have to know by the time that they tell
 * anybody of it, as plain data; `undefined` if that is nothing. Where its own server did not know in which slices the
 * record was, it asks them afterwards: they must not forget that before.
 *
 * @param isCertain whether it is sent in any case. Its own server tells the others at once then that a record is gone.
 */
export function consequencesElsewhere(publication: Publication, isCertain: boolean): object | undefined {
  const { resource, id, unplaced, verb } = publication;
  if (isCertain && verb === 'destroyed') return undefined;
  const { placed, key, retired }: ToldConsequences = consequencesOf(publication);
  // No other server can remember another key of a new record.
  const mayRename = id !== undefined && verb !== 'created';
  const isRenamed = key !== undefined && mayRename && resource.keys.isNews(id, key ?? undefined);
  const changes = {
    ...(placed && !unplaced && { placed }),
    ...(retired && { retired }),
    ...(isRenamed && { key }),
  };
  if (Object.keys(changes).length === 0) return undefined;
  return { id, ...(!unplaced && { verb }), ...changes };
}

/** Does what follows from publications, as other servers have told of them. */
export class Consequences {
  constructor(
    private readonly registry: ResourceRegistry,
    private readonly listeners: PublicationListeners,
    private readonly questions: SliceQuestions,
    private readonly locationNews: LocationNews,
    private readonly namespaces: ResourceNamespaces,
  ) {}

  /**
   * Does so on this server, as each server does.
   *
   * @param told what one of these functions has returned; nothing says that it is
   * @param place where it stands in the journal that servers share
   * @param age how long ago it was published, in milliseconds, if it was told in place of its own server: it may be
   *   older than what is known here
   */
  draw(namespace: Namespace, sent: SentPublication, told: unknown, place?: Place, age?: unknown): void {
    const { resource: name, change } = sent;
    const at = place && standingOf(place);
    const resource = this.registry.find(name);
    if (!resource || !isRecord(told)) return;
    const { verb, id, placed, key, retired, unplaced, told: slices = [] } = told as ToldConsequences;
    for (const one of Array.isArray(unplaced) && Array.isArray(slices) ? unplaced : []) {
      const found = resource.ids.find(one);
      if (found !== undefined) this.questions.haveOwnWatchersRead(resource, found, slices);
    }
    const known = resource.ids.find(typeof id === 'object' ? undefined : id);
    // It is told in each namespace, between which the record may be moved once more.
    const isFirst = this.namespaces.of(name)[0] === namespace.name;
    // A newer version says where the record is, and by which key it is known.
    const isOutdated = resource.versions.hasNewer(change);
    if (known !== undefined && isFirst && isOutdated && isRecord(placed)) {
      resource.locations.noteOutdated(known, placed, at);
      this.locationNews.repeat(resource, known);
    }
    if (known !== undefined && isFirst && !isOutdated) {
      const mostAge = age === undefined ? 0 : Number(age) + TRANSIT_TIME;
      if (isRecord(placed)) resource.locations.correct(known, placed, mostAge, { place: at, teller: ANOTHER_SERVER });
      if (key === null || typeof key === 'string') resource.keys.correct(known, key ?? undefined, at);
    }
    if (!Array.isArray(retired)) return;
    const ids = retired.map((one) => resource.ids.find(one)).filter((one) => one !== undefined);
    if (isFirst && verb === 'destroyed') for (const one of ids) resource.locations.remove(one);
    const rooms = ids.flatMap((one) => resource.allRecordRooms(one));
    membersOf(namespace, rooms).socketsLeaveHere(rooms);
  }

  /** Tells `@OnPublication` methods of it, as one server of all does. */
  announce({ resource, versions }: SentPublication, told: unknown): void {
    const { verb } = (told ?? {}) as ToldConsequences;
    this.listeners.tell(resource, verb, versions.at(-1)?.message);
  }
}
