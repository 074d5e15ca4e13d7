import { randomUUID } from 'node:crypto';
import { membersOf } from '../../rooms/members/members.js';
import { SocketsServer } from '../../server/sockets-server.js';
import type { ResolvedIoServerOptions } from '../../server/server.options.js';
import { findRoomsOfTarget, roomsOfTarget, type SocketTargets } from '../../rooms/target.js';
import type { DeliveryNote } from '../../protocol/notes.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { plainData } from '../../common/json.js';
import { PublicationListeners, STOPPED } from './steps/publication-listeners.js';
import { ResourceNamespaces } from '../subscriptions/resource-namespaces.js';
import type { Hearers, Resource } from '../definition/resource.js';
import { movesOf, placementOf, UnplacedComplaints } from './steps/slice-moves.js';
import { SliceNews } from './steps/slice-news.js';
import type { AudienceMessage, Publication } from './publication.js';

/** The message for one audience, or for everybody who is in none; `STOPPED` where a listener said that it must not be sent. */
interface Version extends Partial<AudienceMessage> {
  message: unknown;
}

interface ReadyPublication extends Publication {
  hearers: Hearers;
  /** From the richest, which goes first, to that of everybody else. */
  versions: Version[];
  omitted: string[];
}

/** How many publications were sent, could not be sent, or were not sent because there was nothing that could be. */
export interface PublicationCounters {
  published: number;
  failed: number;
  skipped: number;
}

/** Where every publication ends, whoever made it: one emit. */
export class Publisher {
  readonly counters: PublicationCounters = { published: 0, failed: 0, skipped: 0 };
  private readonly unplaced = new UnplacedComplaints();

  constructor(
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly listeners: PublicationListeners,
    private readonly sliceNews: SliceNews,
    private readonly options: ResolvedIoServerOptions,
  ) {}

  /**
   * Sends what belongs together, in this order. All of it is made ready before any of it is sent, so a part that cannot be sent keeps back the rest.
   */
  publishAll(publications: readonly Publication[]): void {
    this.makeReady(publications)([]);
  }

  /** The two halves of that: the data are read now, and sent when the function is called, with who does not hear any of it. */
  makeReady(publications: readonly Publication[]): (omitted: readonly string[]) => void {
    const ready = publications.flatMap((publication) => this.prepare(publication));
    return (omitted) => {
      for (const publication of ready) this.send(publication, omitted);
    };
  }

  /**
   * The rooms of those who are not to hear something. The requester may be connected to another server, which then has to be asked, or to a
   * namespace that does not carry the resource: then it is in none of the rooms anyway.
   *
   * @throws InvalidTargetError
   */
  findOmitted(method: string, except: SocketTargets): string[] | Promise<string[]> {
    return findRoomsOfTarget(method, except, this.allNamespaces(), this.server.io);
  }

  /** Also what those hear whose slice the record leaves or enters by it. */
  private prepare(publication: Publication): ReadyPublication[] {
    const { resource, verb, ids, by, except } = publication;
    const messages: Version[] = [...(publication.richer ?? []), { message: publication.message }];
    const versions = messages.map((version) => this.makePlain(publication, version));
    const omitted = except === undefined ? [] : roomsOfTarget(resource.name, except, this.allNamespaces());
    // Only of what can be sent it is to be remembered where it took the record.
    const { stays, left, entered, unknown, news } = placementOf(publication);
    if (news) this.sliceNews.tell(resource, (publication.message as { id: RecordId }).id, news);
    if (by !== undefined && unknown.length > 0) this.unplaced.about(by, { resource: resource.name, verb, unknown });
    const hearers = { verb, ids, slices: stays, collection: true };
    const moves = movesOf({ left, entered }).map((move) => {
      const moved = { ...publication, verb: move.verb, ids: [], to: undefined, retires: false };
      return {
        ...moved,
        hearers: { verb: move.verb, ids: [], slices: move.slices, collection: false },
        versions: versions.map((version) =>
          version.message === STOPPED
            ? version
            : this.makePlain(moved, { ...version, message: move.messageAfter(version.message) }),
        ),
        omitted,
      };
    });
    return [{ ...publication, hearers, versions, omitted }, ...moves];
  }

  private makePlain({ resource, verb }: Publication, { audience, message }: Version): Version {
    const rewritten = this.listeners.rewrite(resource.name, verb, message);
    if (rewritten === STOPPED) return { audience, message: STOPPED };
    // The message itself is one level around the record.
    return { audience, message: plainData(resource.name, rewritten, this.options.maxNesting + 1) };
  }

  private send(publication: ReadyPublication, omittedFromAll: readonly string[]): void {
    const { resource, verb, mutation, versions } = publication;
    const note: DeliveryNote = { id: randomUUID(), ...(mutation !== undefined && { mutation }) };
    const except = [...publication.omitted, ...omittedFromAll];
    for (const { audience, message } of versions) {
      const rooms = this.roomsOf(publication, audience);
      if (message !== STOPPED) {
        for (const namespace of this.namespaces.of(resource.name)) {
          this.server.namespace(namespace).to(rooms).except(except).emit(resource.name, message, note);
        }
      }
      // Whoever is in several audiences sees the richest of the views.
      except.push(...rooms);
    }
    if (versions.some(({ message }) => message !== STOPPED)) this.counters.published++;
    const { message } = versions[versions.length - 1];
    if (message !== STOPPED) this.listeners.announce(resource.name, verb, message);
    if (publication.retires) for (const id of publication.ids) this.retire(resource, id);
  }

  /** What everybody sees alike goes to all audiences at once. */
  private roomsOf({ resource, versions, hearers, to = [] }: ReadyPublication, audience: string | undefined): string[] {
    const audiences = versions.length > 1 ? [audience] : [undefined, ...resource.views.audiences];
    const rooms = audiences.flatMap((one) => resource.roomsOf(hearers, one));
    return audience === undefined ? [...new Set([...to, ...rooms])] : rooms;
  }

  /** Nobody hears of a record again until they subscribe anew. */
  private retire(resource: Resource, id: RecordId): void {
    const rooms = resource.allRecordRooms(id);
    for (const namespace of this.namespaces.of(resource.name)) {
      membersOf(this.server.namespace(namespace), rooms).socketsLeave(rooms);
    }
  }

  private allNamespaces(): string[] {
    return [...this.server.io._nsps.keys()];
  }
}
