import type { Namespace } from 'socket.io';
import { debugLog } from '../../../common/log.js';
import type { DeliveryNote } from '../../../protocol/notes.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import { hearOtherServers, tellOtherServers } from '../../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';
import type { RelationGraph } from '../../relations/relation-graph.js';
import type { KnownUsers } from '../../readers/known-users.js';
import type { PersonalQuestions } from '../../readers/personal-questions.js';
import type { ResourceNamespaces } from '../../subscriptions/resource-namespaces.js';
import { BEHIND_ROOM } from '../../subscriptions/stale-notices.js';
import type { Showing, ShownReads } from '../../readers/shown-reads.js';
import { Fields, subtract, unite } from '../../views/fields.js';
import { STOPPED, type Publication } from '../publication.js';
import { LeftOutFields } from './left-out-fields.js';
import { roomsOf } from './publication-emitter.js';
import { AnswerMessage, type PersonalFields, type ShownMessage, type Viewer } from './shown-message.js';

const debug = debugLog('resources');

const ANSWERED = 'answered';

/** The answer of a route on its way to the sockets of each server: plain JSON. */
interface SentAnswer {
  resource: string;
  /** The richest first. One without a message was stopped. */
  versions: ReadonlyArray<{ rooms: readonly string[]; message?: unknown; isShortened?: boolean }>;
  note: DeliveryNote;
  /** The rooms of sockets that are sent none of it. */
  omitted: readonly string[];
  /** The rooms of the writer's own sockets. */
  writer: readonly string[];
  /** Whether sockets are sent only what reads have shown them. */
  isFiltered: boolean;
  by: string;
}

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

/**
 * Emits what routes have answered. Each server decides for its own sockets, since it alone knows what reads have shown
 * to them: one emit for all that are sent the same.
 */
export class AnswerEmitter {
  private readonly leftOut = new LeftOutFields();
  private readonly personal = new Map<Resource, Fields>();

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly namespaces: ResourceNamespaces,
    private readonly relations: RelationGraph,
    private readonly users: KnownUsers,
    private readonly reads: ShownReads,
    private readonly questions: PersonalQuestions,
  ) {}

  /** Emits what other servers publish to the sockets of this one, from now on. */
  listen(): void {
    // A channel of a resource that nothing declares publishes in the default namespace.
    const names = new Set(['/', ...this.registry.all().flatMap(({ name }) => this.namespaces.of(name))]);
    for (const name of names) {
      const namespace = this.server.namespace(name);
      hearOtherServers(namespace, ANSWERED, (answer) => this.emitHere(namespace, answer as SentAnswer));
    }
  }

  /** Tells whether it matters to whom a publication is sent. */
  concerns(publication: Publication): boolean {
    return (
      publication.answer !== undefined &&
      (this.isFiltered(publication) || this.personalOf(publication.resource) !== Fields.NONE)
    );
  }

  /**
   * Emits to the sockets in the rooms of the publication, on all servers.
   *
   * @param audiences of the resource
   * @returns whether anything was emitted, rather than stopped
   */
  emit(publication: Publication, omitted: readonly string[], audiences: readonly string[]): boolean {
    const { answer, by = 'the other side of a relation', note, resource, versions } = publication;
    const sent: SentAnswer = {
      resource: resource.name,
      versions: versions.map((version) => ({
        rooms: roomsOf(publication, version, audiences),
        ...(version.message !== STOPPED && { message: version.message, isShortened: version.isShortened === true }),
      })),
      note,
      omitted: resource.isRefetched ? [...omitted, BEHIND_ROOM] : omitted,
      writer: answer?.writer ?? [],
      isFiltered: this.isFiltered(publication),
      by,
    };
    for (const name of this.namespaces.of(resource.name)) {
      const namespace = this.server.namespace(name);
      this.emitHere(namespace, sent);
      tellOtherServers(
        namespace,
        ANSWERED,
        [sent],
        sent.versions.flatMap(({ rooms }) => rooms),
      );
    }
    return versions.some(({ message }) => message !== STOPPED);
  }

  /** A view says what everybody may be shown. */
  private isFiltered({ answer, resource }: Publication): boolean {
    return this.users.areKnown && !resource.views.any && answer?.isViewed === false;
  }

  private emitHere(namespace: Namespace, sent: SentAnswer): void {
    const resource = this.registry.find(sent.resource);
    if (!resource) return;
    const claimed = new Set(sent.omitted.flatMap((room) => [...(namespace.adapter.rooms.get(room) ?? [])]));
    for (const { rooms, message, isShortened } of sent.versions) {
      const recipients = this.recipientsIn(namespace, { resource, rooms, message, sent, claimed });
      if (message === undefined) continue;
      this.noteChange(resource, message);
      const shown = this.showToAll(resource, message, sent, recipients);
      this.emitEach(namespace, isShortened ? { ...sent, note: { ...sent.note, more: true } } : sent, { shown, rooms });
    }
  }

  /** Groups the sockets in these rooms, except those that are claimed, which all of them are afterwards. */
  private recipientsIn(
    { adapter }: Namespace,
    {
      resource,
      rooms,
      message,
      sent,
      claimed,
    }: {
      resource: Resource;
      rooms: readonly string[];
      message: unknown;
      sent: SentAnswer;
      claimed: Set<string>;
    },
  ): Recipients[] {
    const writers = new Set(sent.writer.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
    const groups = new Map<string, Recipients>();
    const about = [...new Set([...rooms, ...recordRoomsOf(resource, message)])];
    for (const id of new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]))) {
      if (claimed.has(id)) continue;
      claimed.add(id);
      const [ofRecords, ofLists] = sent.isFiltered ? this.showingsOf(id, resource, about) : [[], []];
      const isWriter = writers.has(id);
      const isSubscribedByRead = ofRecords.length + ofLists.length > 0;
      const kept = sent.isFiltered && !isSubscribedByRead ? this.reads.keptFrom(id, resource) : undefined;
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
      if (showing) (resource.readRoom(room)?.id === undefined ? ofLists : ofRecords).push(showing);
    }
    return [ofRecords, ofLists];
  }

  /** Shows the message to each group, and unites those that are sent the same. */
  private showToAll(
    resource: Resource,
    message: unknown,
    { isFiltered, by }: SentAnswer,
    recipients: readonly Recipients[],
  ): Map<string, ShownMessage & { ids: string[] }> {
    const other = this.relations.find(resource, attributeOf(message))?.other;
    const answer = new AnswerMessage(
      resource,
      message,
      this.personalIn(resource, message, other),
      other?.views.any === true,
    );
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

  private emitEach(
    namespace: Namespace,
    { resource, note, omitted, versions }: SentAnswer,
    { shown, rooms }: { shown: ReadonlyMap<string, ShownMessage & { ids: string[] }>; rooms: readonly string[] },
  ): void {
    for (const { message, hasMore, ids } of shown.values()) {
      const toAll = shown.size === 1 && versions.length === 1;
      debug?.(`${note.id}: emit to ${toAll ? rooms.join(', ') : `${ids.length} socket(s)`}`);
      const operator = toAll ? namespace.local.to([...rooms]).except([...omitted]) : namespace.local.to(ids);
      operator.emit(resource, message, hasMore ? { ...note, more: true } : note);
    }
  }

  /** Notes that a record is not what it was, so that reads before and after it cannot be compared. */
  noteChange(resource: Resource, message: unknown): void {
    const id = idIn(resource, message);
    if (id !== undefined) this.questions.forget(resource, id);
  }

  private personalIn(resource: Resource, message: unknown, other: Resource | undefined): PersonalFields {
    const own = this.personalOf(resource);
    const within = own.inner.get(attributeOf(message) ?? '') ?? Fields.NONE;
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

/** Tells whether reads have subscribed these sockets, rather than code. */
function isOfRead({ ofRecords, ofLists }: Pick<Recipients, 'ofRecords' | 'ofLists'>): boolean {
  return ofRecords.length + ofLists.length > 0;
}

/**
 * Returns all rooms of the record that a message is about, of which the message may go to some: what reads have shown
 * of the record counts for a message to its lists, and for one of a verb that its reader has not asked for.
 */
function recordRoomsOf(resource: Resource, message: unknown): string[] {
  const id = idIn(resource, message);
  return id === undefined ? [] : resource.allRecordRooms(id);
}

function idIn(resource: Resource, message: unknown): RecordId | undefined {
  return resource.ids.find((message as { id?: unknown } | null | undefined)?.id);
}

function attributeOf(message: unknown): string | undefined {
  const { attribute } = (message ?? {}) as { attribute?: unknown };
  return typeof attribute === 'string' ? attribute : undefined;
}
