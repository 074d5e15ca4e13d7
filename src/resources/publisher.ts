import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { membersOf } from '../sockets/members.js';
import { SocketsServer } from '../sockets/sockets-server.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from '../sockets/sockets-server.options.js';
import { findRoomsOfTarget, roomsOfTarget, type SocketTargets } from '../sockets/target.js';
import type { DeliveryNote } from '../wire/delivery-note.js';
import type { RecordId } from '../wire/resource-message.js';
import { plainData } from './plain-data.js';
import { PublicationListeners, STOPPED } from './publication-listeners.js';
import { ResourceNamespaces } from './resource-namespaces.js';
import type { Hearers, Resource } from './resource.js';
import { messagesOfMove, placementOf } from './slices/moves.js';
import type { RecordSource } from './slices/slices.js';

/** One message, and who is to hear it. */
export interface Publication {
  resource: Resource;
  /** Absent for data that is published as it is. */
  verb?: string;
  message: unknown;
  /** The records it is about; none if only watchers can know of them yet. */
  ids: RecordId[];
  /** Further rooms. */
  to?: readonly string[];
  except?: SocketTargets;
  /** The change that it tells of, as its originator calls it. */
  mutation?: string;
  /** Whether the subscriptions to these records end with it. */
  retires?: boolean;
  /** By what it is known in which slices the record is, where the message says too little. */
  source?: RecordSource;
}

interface ReadyPublication extends Publication {
  hearers: Hearers;
  /** A listener said that it must not be sent. */
  stopped: boolean;
  omitted: string[];
}

/** How many publications were sent, could not be sent, or were not sent because there was nothing that could be. */
export interface PublicationCounters {
  published: number;
  failed: number;
  skipped: number;
}

/** Where every publication ends, whoever made it: one emit. */
@Injectable()
export class Publisher {
  readonly counters: PublicationCounters = { published: 0, failed: 0, skipped: 0 };

  constructor(
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly listeners: PublicationListeners,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedSocketsServerOptions,
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
    const { ids } = publication;
    const { stays, left, entered } = placementOf(publication);
    const own = this.makePlain(publication, { verb: publication.verb, ids, slices: stays, collection: true });
    if (own.stopped) return [own];
    const moves = messagesOfMove(own.message, { left, entered });
    return [
      own,
      ...moves.map(({ message, slices }) => {
        const { verb } = message;
        const move = { ...publication, verb, message, ids: [], to: undefined };
        return this.makePlain(move, { verb, ids: [], slices, collection: false });
      }),
    ];
  }

  private makePlain(publication: Publication, hearers: Hearers): ReadyPublication {
    const { resource, verb, except } = publication;
    const rewritten = this.listeners.rewrite(resource.name, verb, publication.message);
    return {
      ...publication,
      hearers,
      // The message itself is one level around the record.
      message: rewritten === STOPPED ? undefined : plainData(resource.name, rewritten, this.options.maxNesting + 1),
      stopped: rewritten === STOPPED,
      omitted: except === undefined ? [] : roomsOfTarget(resource.name, except, this.allNamespaces()),
    };
  }

  private send(publication: ReadyPublication, omittedFromAll: readonly string[]): void {
    const { resource, verb, message, mutation } = publication;
    if (!publication.stopped) {
      const note: DeliveryNote = { id: randomUUID(), ...(mutation !== undefined && { mutation }) };
      const rooms = [...new Set([...(publication.to ?? []), ...resource.roomsOf(publication.hearers)])];
      const omitted = [...publication.omitted, ...omittedFromAll];
      for (const namespace of this.namespaces.of(resource.name)) {
        this.server.namespace(namespace).to(rooms).except(omitted).emit(resource.name, message, note);
      }
      this.counters.published++;
      this.listeners.announce(resource.name, verb, message);
    }
    if (publication.retires) for (const id of publication.ids) this.retire(resource, id);
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
