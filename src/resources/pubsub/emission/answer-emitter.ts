import type { Namespace } from 'socket.io';
import type { Json } from '../../../common/json.js';
import { debugLog } from '../../../common/log.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';
import type { RelationGraph } from '../../relations/relation-graph.js';
import type { KnownUsers } from '../../readers/known-users.js';
import type { PersonalQuestions } from '../../readers/personal-questions.js';
import type { SentAnswer, SentPublication } from '../../journal/sent-publication.js';
import type { Showing, ShownReads } from '../../readers/shown-reads.js';
import { Fields, subtract, unite } from '../../views/fields.js';
import type { Publication } from '../publication.js';
import { LeftOutFields } from './left-out-fields.js';
import type { Emission } from './emissions.js';
import { AnswerMessage, type PersonalFields, type ShownMessage, type Viewer } from './shown-message.js';

const debug = debugLog('resources');

/** Sockets of this server to which the same rules apply. */
interface Recipients {
  isWriter: boolean;
  /** What reads have shown them of the records, and of the lists, that a message is about. */
  ofRecords: Showing[];
  ofLists: Showing[];
  /** What any read has kept back from those that no read has subscribed, as `Fields.key`. */
  kept: string | undefined;
  ids: string[];
}

/** The sockets that one version of a message goes to. */
interface Addressed {
  resource: Resource;
  rooms: readonly string[];
  /**
   * The same, and all rooms of the record that the message is about, of which it may go to some: what reads have shown
   * of the record counts for a message to its lists, and for one of a verb that its reader has not asked for.
   */
  about: readonly string[];
  answer: SentAnswer;
  claimed: Set<string>;
  /** The one socket that is meant, if it is one. */
  only: string | undefined;
}

/**
 * Says who is sent what of what routes have answered. Each server decides for its own sockets, since it alone knows
 * what reads have shown to them: one emit for all that are sent the same.
 */
export class AnswerEmitter {
  private readonly leftOut = new LeftOutFields();
  private readonly personal = new Map<Resource, Fields>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly relations: RelationGraph,
    private readonly users: KnownUsers,
    private readonly reads: ShownReads,
    private readonly questions: PersonalQuestions,
  ) {}

  /** Says what matters of a publication if it matters to whom it is sent. */
  answerOf(publication: Publication): SentAnswer | undefined {
    const { answer, by = 'the other side of a relation', resource } = publication;
    if (!answer) return undefined;
    const isFiltered = this.isFiltered(publication);
    if (!isFiltered && this.personalOf(resource) === Fields.NONE) return undefined;
    return { writer: answer.writer, isFiltered, by };
  }

  /**
   * Returns what the sockets of this server are sent, each of which is shown what it may see.
   *
   * @param to the one socket that is meant; `ids` where rooms will not do, since they may have other members by then
   */
  emissionsOf(namespace: Namespace, sent: SentPublication, to: 'ids' | 'rooms' | { only: string }): Emission[] {
    const resource = this.registry.find(sent.resource);
    const { answer } = sent;
    if (!resource || !answer) return [];
    const only = typeof to === 'object' ? to.only : undefined;
    const claimed = new Set(sent.omitted.flatMap((room) => [...(namespace.adapter.rooms.get(room) ?? [])]));
    return sent.versions.flatMap(({ rooms, message, isShortened }): Emission[] => {
      const id = idIn(resource, message?.value);
      const about = id === undefined ? rooms : [...new Set([...rooms, ...resource.allRecordRooms(id)])];
      const recipients = this.recipientsIn(namespace, { resource, rooms, about, answer, claimed, only });
      if (message === undefined) return [{ to: recipients.flatMap(({ ids }) => ids) }];
      if (only === undefined && id !== undefined) this.questions.forget(resource, id);
      const shown = [...this.showToAll(resource, message, answer, recipients).values()];
      // One message to all members is encoded once, and needs no list of them.
      const toAll = shown.length === 1 && sent.versions.length === 1 && to === 'rooms';
      return shown.map(({ message: seen, hasMore, ids }) => {
        debug?.(`${sent.note.id}: emit to ${toAll ? rooms.join(', ') : `${ids.length} socket(s)`}`);
        return {
          to: toAll ? rooms : ids,
          ...(toAll && { except: sent.omitted }),
          message: seen,
          hasMore: hasMore || isShortened,
        };
      });
    });
  }

  /** A view says what everybody may be shown. */
  private isFiltered({ answer, resource }: Publication): boolean {
    return this.users.areKnown && !resource.views.any && answer?.isViewed === false;
  }

  /** Groups the sockets in these rooms, except those that are claimed, which all of them are afterwards. */
  private recipientsIn(
    { adapter }: Namespace,
    { resource, rooms, about, answer, claimed, only }: Addressed,
  ): Recipients[] {
    const writers = new Set(answer.writer.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
    const groups = new Map<string, Recipients>();
    for (const id of membersIn(adapter, rooms, only)) {
      if (claimed.has(id)) continue;
      claimed.add(id);
      const [ofRecords, ofLists] = answer.isFiltered ? this.showingsOf(id, resource, about) : [[], []];
      const isWriter = writers.has(id);
      const isSubscribedByRead = ofRecords.length + ofLists.length > 0;
      const kept = answer.isFiltered && !isSubscribedByRead ? this.reads.keptFrom(id, resource) : undefined;
      const key = [
        isWriter,
        ...ofRecords.map(({ serial }) => serial),
        '-',
        ...ofLists.map(({ serial }) => serial),
        kept,
      ].join();
      const group = groups.get(key) ?? { isWriter, ofRecords, ofLists, kept, ids: [] };
      groups.set(key, group);
      group.ids.push(id);
    }
    return [...groups.values()];
  }

  private showingsOf(
    id: string,
    resource: Resource,
    rooms: readonly string[],
  ): [ofRecords: Showing[], ofLists: Showing[]] {
    const ofRecords: Showing[] = [];
    const ofLists: Showing[] = [];
    for (const room of rooms) {
      const showing = this.reads.of(id, room);
      if (showing) (resource.rooms.read(room)?.id === undefined ? ofLists : ofRecords).push(showing);
    }
    return [ofRecords, ofLists];
  }

  /** Shows the message to each group, and unites those that are sent the same. */
  private showToAll(
    resource: Resource,
    message: Json,
    { isFiltered, by }: SentAnswer,
    recipients: readonly Recipients[],
  ): Map<string, ShownMessage & { ids: string[] }> {
    const attribute = attributeOf(message.value);
    const other = this.relations.find(resource, attribute)?.other;
    const personal = this.personalIn(resource, attribute, other);
    const answer = new AnswerMessage(resource, message, personal, other?.views.any === true);
    const shown = new Map<string, ShownMessage & { ids: string[] }>();
    for (const group of recipients) {
      const viewer = this.viewerOf(group, resource, isFiltered);
      const one = answer.showTo(viewer);
      if (isFiltered && !isOfRead(group) && !group.isWriter) this.leftOut.warnOfUnread(resource.name, by);
      // To those who were shown nothing yet, there is nothing to be allowed.
      if (viewer.kind === 'reader' && viewer.fields.shown) this.leftOut.warn(resource.name, by, one.leftOut);
      const same = shown.get(one.key) ?? { ...one, ids: [] };
      shown.set(one.key, same);
      same.ids.push(...group.ids);
    }
    return shown;
  }

  private viewerOf(
    { isWriter, ofRecords, ofLists, kept: keptBefore }: Recipients,
    resource: Resource,
    isFiltered: boolean,
  ): Viewer {
    const fields = isOfRead({ ofRecords, ofLists }) ? this.reads.fieldsOf(ofRecords, ofLists) : undefined;
    const kept = fields ? fields.kept : keptBefore === undefined ? undefined : Fields.parse(keptBefore);
    if (isWriter) return { kind: 'writer', kept };
    if (fields) return { kind: 'reader', fields };
    const common = isFiltered ? this.reads.commonTo(resource) : undefined;
    if (!common) return { kind: 'all', kept };
    return { kind: 'reader', fields: { shown: kept ? subtract(common, kept) : common, kept } };
  }

  /** Notes that records are not what they were, so that reads before and after it cannot be compared. */
  noteChange({ resource, id, recipients }: Publication): void {
    for (const changed of id === undefined ? recipients.ids : [id]) this.questions.forget(resource, changed);
  }

  private personalIn(resource: Resource, attribute = '', other: Resource | undefined): PersonalFields {
    const own = this.personalOf(resource);
    const within = own.inner.get(attribute) ?? Fields.NONE;
    return { own, added: other ? unite(this.personalOf(other), within) : within };
  }

  /** Returns the personal fields of a resource, and those of records that are populated in its own. */
  private personalOf(resource: Resource): Fields {
    const known = this.personal.get(resource);
    if (known) return known;
    const populated = this.relations
      .associationsOf(resource)
      .filter(({ other }) => !other.personal.isEmpty)
      .map(({ attribute, other }) => new Fields(new Map([[attribute, other.personal]])));
    const fields = populated.reduce((all, one) => unite(all, one), resource.personal);
    this.personal.set(resource, fields);
    return fields;
  }
}

function membersIn({ rooms: all }: Namespace['adapter'], rooms: readonly string[], only?: string): Iterable<string> {
  if (only !== undefined) return rooms.some((room) => all.get(room)?.has(only)) ? [only] : [];
  return new Set(rooms.flatMap((room) => [...(all.get(room) ?? [])]));
}

/** Tells whether reads have subscribed these sockets, rather than code. */
function isOfRead({ ofRecords, ofLists }: Pick<Recipients, 'ofRecords' | 'ofLists'>): boolean {
  return ofRecords.length + ofLists.length > 0;
}

function idIn(resource: Resource, message: unknown): RecordId | undefined {
  return resource.ids.find((message as { id?: unknown } | null | undefined)?.id);
}

function attributeOf(message: unknown): string | undefined {
  const { attribute } = (message ?? {}) as { attribute?: unknown };
  return typeof attribute === 'string' ? attribute : undefined;
}
