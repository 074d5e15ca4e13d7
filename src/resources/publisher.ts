import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { membersOf } from '../sockets/members.js';
import { assertSerializable } from '../sockets/serializable.js';
import { SocketsServer } from '../sockets/sockets-server.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from '../sockets/sockets-server.options.js';
import { roomsOfTarget, type SocketTargets } from '../sockets/target.js';
import type { DeliveryNote } from '../wire/delivery-note.js';
import type { RecordId } from '../wire/resource-message.js';
import { PublicationListeners } from './publication-listeners.js';
import { ResourceNamespaces } from './resource-namespaces.js';
import type { Resource } from './resource.js';

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
  /** Whether the subscriptions to these records end with it. */
  retires?: boolean;
}

interface ReadyPublication extends Publication {
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
    const ready = publications.map((publication) => this.prepare(publication));
    for (const publication of ready) this.send(publication);
  }

  private prepare(publication: Publication): ReadyPublication {
    const { resource, verb, except } = publication;
    const rewritten = this.listeners.rewrite(resource.name, verb, publication.message);
    return {
      ...publication,
      message: rewritten === null ? null : this.plain(resource.name, rewritten),
      stopped: rewritten === null,
      omitted: except === undefined ? [] : roomsOfTarget(resource.name, except, this.allNamespaces()),
    };
  }

  private send(publication: ReadyPublication): void {
    const { resource, verb, message, omitted } = publication;
    if (!publication.stopped) {
      const note: DeliveryNote = { id: randomUUID() };
      const rooms = audienceOf(publication);
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
      membersOf(this.server.namespace(namespace), rooms)?.socketsLeave(rooms);
    }
  }

  /** What JSON makes of it: the same for everybody, on whichever server and by whichever transport, and what an HTTP response would have been. */
  private plain(name: string, message: unknown): unknown {
    // The message itself is one level around the record.
    assertSerializable(name, message, this.options.maxNesting + 1);
    return message === undefined ? undefined : JSON.parse(JSON.stringify(message));
  }

  /** The requester may be connected to a namespace that does not carry the resource: then it is in none of the rooms anyway. */
  private allNamespaces(): string[] {
    return [...this.server.io._nsps.keys()];
  }
}

function audienceOf({ resource, verb, ids, to = [] }: Publication): string[] {
  const rooms = [
    ...to,
    resource.collectionRoom(),
    ...ids.map((id) => resource.recordRoom(id)),
    ...(verb === undefined ? [] : [resource.collectionRoom(verb), ...ids.map((id) => resource.recordRoom(id, verb))]),
  ];
  return [...new Set(rooms)];
}
