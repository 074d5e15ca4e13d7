import type { Namespace, Socket } from 'socket.io';
import { debugLog } from '../../../common/log.js';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { membersHere, membersOf } from '../../../rooms/members/members.js';
import { findRoomsOfTarget, type SocketTargets } from '../../../rooms/target.js';
import { hearOtherServers, tellOtherServers } from '../../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { KeptPublication, PublicationJournal } from '../../journal/publication-journal.js';
import type { SentPublication, SentVersion } from '../../journal/sent-publication.js';
import type { ResourceNamespaces } from '../../subscriptions/resource-namespaces.js';
import { BEHIND_ROOM } from '../../subscriptions/stale-notices.js';
import { messageOf, STOPPED, type Publication, type Version } from '../publication.js';
import type { AnswerEmitter } from './answer-emitter.js';
import { tellPosition } from './position-notes.js';
import { RecentNotes } from './recent-notes.js';

const debug = debugLog('resources');

const PUBLISHED = 'published';

/**
 * Sends publications to the sockets in their rooms, in every namespace that carries the resource: counts them, emits
 * them to the sockets of this server, and tells the other servers, which do the same.
 */
export class PublicationEmitter {
  private readonly recent = new RecentNotes();

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly namespaces: ResourceNamespaces,
    private readonly answers: AnswerEmitter,
    /** `undefined` where publications have no positions. */
    private readonly journal: PublicationJournal | undefined,
  ) {}

  /** Emits what other servers publish to the sockets of this one, from now on. */
  listen(): void {
    // A channel of a resource that nothing declares publishes in the default namespace.
    const names = new Set(['/', ...this.registry.all().flatMap(({ name }) => this.namespaces.of(name))]);
    for (const name of names) {
      const namespace = this.server.namespace(name);
      hearOtherServers(namespace, PUBLISHED, (told) => {
        const sent = told as SentPublication;
        const isShared = this.namespaces.of(sent.resource).length > 1;
        const note = isShared ? this.recent.noteOf(sent, () => this.count(sent)) : this.count(sent);
        if (note) this.emitHere(namespace, sent, note);
      });
    }
  }

  /**
   * Emits once for each version of the message, the richest first.
   *
   * @param audiences of the resource
   * @returns whether it is new: one with the same key was sent before, otherwise
   */
  emit(publication: Publication, omitted: readonly string[], audiences: readonly string[]): boolean {
    const sent = this.sentOf(publication, omitted, audiences);
    const note = this.count(sent);
    if (!note) return false;
    if (!sent.answer) this.answers.noteChange(publication.resource, messageOf(publication));
    for (const name of this.namespaces.of(sent.resource)) {
      const namespace = this.server.namespace(name);
      this.emitHere(namespace, sent, note);
      const rooms = sent.versions.flatMap((version) => version.rooms);
      tellOtherServers(namespace, PUBLISHED, [sent], rooms);
    }
    return true;
  }

  /** Sends a publication that was kept to one socket of this server, if it is in one of its rooms. */
  emitTo(socket: Socket, { sent, note }: KeptPublication): void {
    if (isIn(socket, sent.omitted)) return tellPosition([socket], sent.resource, note);
    if (sent.answer) return this.answers.emitHere(socket.nsp, sent, note, socket.id);
    const version = sent.versions.find(({ rooms }) => isIn(socket, rooms));
    if (!version) return;
    if (version.message === undefined) tellPosition([socket], sent.resource, note);
    else socket.emit(sent.resource, version.message, noteWith(version, note));
  }

  /** @throws ServerNotReadyError before there is a server */
  assertCanEmit(): void {
    void this.server.io;
  }

  /** Ends all subscriptions to records that are gone, on every server. */
  retire({ note, resource, recipients, retires }: Publication): void {
    if (!retires || !this.server.exists) return;
    const rooms = recipients.ids.flatMap((id) => resource.allRecordRooms(id));
    debug?.(`${note.id}: end subscriptions to ${resource.name} ${recipients.ids.join(', ')}`);
    for (const namespace of this.namespaces.of(resource.name)) {
      membersOf(this.server.namespace(namespace), rooms).socketsLeave(rooms);
    }
  }

  /**
   * Finds the rooms of the sockets that must not receive a publication. The requester may be connected to another
   * server, which then has to be asked, or to a namespace that does not carry the resource: then it is in none of the
   * rooms anyway.
   *
   * @throws InvalidTargetError
   */
  findOmitted(method: string, except: SocketTargets): string[] | Promise<string[]> {
    const { io } = this.server;
    return findRoomsOfTarget(method, except, [...io._nsps.keys()], io);
  }

  private sentOf(publication: Publication, omitted: readonly string[], audiences: readonly string[]): SentPublication {
    const { note, once, recipients, resource, verb, versions } = publication;
    return {
      resource: resource.name,
      topics: resource.topicsOf(recipients),
      versions: versions.map((version) => ({
        rooms: roomsOf(publication, version, audiences),
        ...(version.message !== STOPPED && { message: version.message }),
        ...(version.isShortened && { isShortened: true }),
      })),
      note,
      omitted: resource.isRefetched ? [...omitted, BEHIND_ROOM] : omitted,
      bytes: versions.reduce((sum, { size = 0 }) => sum + size, 0),
      answer: this.answers.answerOf(publication),
      ...(once !== undefined && { once: `${once} ${verb ?? ''}` }),
    };
  }

  private count(sent: SentPublication): DeliveryNote | undefined {
    return this.journal ? this.journal.append(sent) : sent.note;
  }

  private emitHere(namespace: Namespace, sent: SentPublication, note: DeliveryNote): void {
    if (sent.answer) this.answers.emitHere(namespace, sent, note);
    else emitVersions(namespace, sent, note);
    if (note.topics) tellOmitted(namespace, sent, note);
  }
}

function emitVersions(
  namespace: Namespace,
  { omitted, resource, versions }: SentPublication,
  note: DeliveryNote,
): void {
  const except = [...omitted];
  for (const version of versions) {
    const { message, rooms } = version;
    debug?.(`${note.id}: ${message === undefined ? 'stopped for' : 'emit to'} ${rooms.join(', ')}`);
    const operator = namespace.local.to([...rooms]).except([...except]);
    if (message !== undefined) operator.emit(resource, message, noteWith(version, note));
    else tellPosition(outside(except, membersHere(namespace, rooms)), resource, note);
    // A socket in several audiences sees the richest of their views.
    except.push(...rooms);
  }
}

/** Tells sockets that are left out where the publication stands, so that they do not miss it. */
function tellOmitted(namespace: Namespace, sent: SentPublication, note: DeliveryNote): void {
  // Those who are behind are told to read again.
  const rooms = sent.omitted.filter((room) => room !== BEHIND_ROOM);
  if (rooms.length === 0) return;
  const recipients = sent.versions.flatMap((version) => version.rooms);
  const omitted = [...membersHere(namespace, rooms)].filter((socket) => isIn(socket, recipients));
  tellPosition(omitted, sent.resource, note);
}

function outside(rooms: readonly string[], sockets: Iterable<Socket>): Socket[] {
  return [...sockets].filter((socket) => !isIn(socket, rooms));
}

/** Says whether a client that reads the record may find more than the message has. */
function noteWith({ isShortened }: SentVersion, note: DeliveryNote): DeliveryNote {
  return isShortened ? { ...note, more: true } : note;
}

function isIn({ rooms }: Socket, names: readonly string[]): boolean {
  return names.some((name) => rooms.has(name));
}

/** Returns the rooms of one version. A message with one version goes to all audiences at once. */
function roomsOf(
  { resource, recipients, versions, to = [] }: Publication,
  { audience }: Version,
  audiences: readonly string[],
): string[] {
  const addressed = versions.length > 1 ? [audience] : [undefined, ...audiences];
  const rooms = addressed.flatMap((one) => resource.roomsOf(recipients, one));
  return audience === undefined ? [...new Set([...to, ...rooms])] : rooms;
}
