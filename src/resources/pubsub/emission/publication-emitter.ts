import type { Namespace, Socket } from 'socket.io';
import { Json } from '../../../common/json.js';
import { debugLog } from '../../../common/log.js';
import { InvalidEmitOptionsError } from '../../../common/common.errors.js';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { membersOf } from '../../../rooms/members/members.js';
import { findRoomsOfTarget, type SocketTargets } from '../../../rooms/target.js';
import { membersNow } from '../../../server/cluster/delivery/delivery.js';
import { deliveryLaneOf } from '../../../server/cluster/delivery/delivery-lane.js';
import type { OutboxConnection } from '../../../server/cluster/journal/journal.js';
import { reachesOtherServers } from '../../../server/cluster/server-events.js';
import { tellOtherServers } from '../../../server/cluster/server-messages.js';
import { journalMetricsOf } from '../../../server/metrics.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { KeptPublication, PublicationJournal } from '../../journal/publication-journal.js';
import { jsonOf, PUBLISHED, roomsIn, type SentPublication } from '../../journal/sent-publication.js';
import { WrittenPublications } from '../../journal/written-publications.js';
import type { NewestVersions } from '../../record-versions/newest-versions.js';
import type { ResourceNamespaces } from '../../subscriptions/resource-namespaces.js';
import { BEHIND_ROOM } from '../../subscriptions/stale-notices.js';
import { roomsOf, type Publication, versionedChangeOf } from '../publication.js';
import { type Consequences, consequencesOf } from '../steps/consequences.js';
import type { EmissionOutcome } from '../steps/pipeline-steps.js';
import type { AnswerEmitter } from './answer-emitter.js';
import { CountedEmissions } from './counted-emissions.js';
import { type Emission, Emissions } from './emissions.js';
import { HeardPublications } from './heard-publications.js';
import { Losses } from './losses/losses.js';
import { allowedOf, isIn, omittedEmissions, plainEmissions } from './plain-emissions.js';
import { OutdatedPublications } from './outdated-publications.js';
import { tellPosition } from './position-notes.js';

const debug = debugLog('resources');

/**
 * Sends publications to the sockets in their rooms, in every namespace that carries the resource: counts them, emits
 * them to the sockets of this server, and tells the other servers, which do the same.
 */
export class PublicationEmitter {
  readonly emissions = new Emissions();
  private readonly written = new WrittenPublications();
  private readonly losses: Losses;
  private readonly heard: HeardPublications;
  private readonly outdated: OutdatedPublications;
  /** `undefined` where servers share no journal. */
  private readonly counted: CountedEmissions | undefined;

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly namespaces: ResourceNamespaces,
    private readonly answers: AnswerEmitter,
    consequences: Consequences,
    /** `undefined` where publications have no positions. */
    private readonly journal: PublicationJournal | undefined,
  ) {
    this.losses = new Losses(server, registry, journal);
    this.outdated = new OutdatedPublications(registry);
    const { written, losses } = this;
    this.heard = new HeardPublications({ registry, namespaces, consequences, written, losses, journal }, this);
    const shared = journal?.shared;
    this.counted = journal && shared && new CountedEmissions({ server, journal, shared, written, losses }, this);
  }

  /** Emits what other servers publish to the sockets of this one, from now on. */
  listen(): void {
    // A channel of a resource that nothing declares publishes in the default namespace.
    const names = new Set(['/', ...this.registry.all().flatMap(({ name }) => this.namespaces.of(name))]);
    const namespaces = [...names].map((name) => this.server.namespace(name));
    const { journal: kept } = this;
    if (kept) journalMetricsOf(this.server.io).read = () => kept.metrics;
    this.losses.listen(namespaces);
    this.heard.listen(namespaces);
  }

  /**
   * Emits once for each version of the message, the richest first.
   *
   * @param audiences of the resource
   * @returns a promise that is fulfilled once it is known whether it is emitted, or would take too long, if it waits
   *   for that
   */
  emit(
    publication: Publication,
    omitted: readonly string[],
    audiences: readonly string[],
    outcome: EmissionOutcome,
  ): void | Promise<void> {
    const isCertain = outcome.dropped === undefined;
    const whole = this.sentOf(publication, omitted, audiences);
    // What is not sent in the end is no reason to leave out others.
    const sent = isCertain ? this.currentOf(whole) : whole;
    if (!sent) return outcome.outdated?.();
    if (!sent.answer) this.answers.noteChange(publication);
    if (this.counted) {
      return this.counted.emit(sent, this.namespacesOf(sent.resource), publication, outcome);
    }

    const place = this.journal?.append(sent);
    if (this.journal && !place) return;
    let note: DeliveryNote | undefined;
    let json: Json | undefined;
    for (const namespace of this.namespacesOf(sent.resource)) {
      const emissions = this.emissionsOf(namespace, sent, 'rooms');
      if (emissions.length > 0) {
        note ??= this.journal && place ? this.journal.noteOf(sent, place) : sent.note;
        this.emissions.perform(namespace, sent, emissions, note);
      }
      if (!reachesOtherServers(namespace.adapter)) continue;
      json ??= jsonOf(sent);
      // Servers that count what they hear must hear all of it.
      if (this.journal) tellOtherServers(namespace, PUBLISHED, [json, undefined, this.losses.counts.next(namespace)]);
      else tellOtherServers(namespace, PUBLISHED, [json], roomsIn(sent));
    }
    outcome.emitted();
  }

  /** Emits what other servers say to their sockets by themselves to those of this one. */
  emitHere(publication: Publication, omitted: readonly string[], audiences: readonly string[]): void {
    const sent = this.sentOf(publication, omitted, audiences);
    // A journal that servers share would tell them all.
    const own = this.journal?.shared ? undefined : this.journal;
    const place = own?.append(sent);
    const note = own && place ? own.noteOf(sent, place) : sent.note;
    const since = performance.now();
    const prepared = this.namespacesOf(sent.resource).map(
      (namespace) => [namespace, this.emissionsOf(namespace, sent, 'ids')] as const,
    );
    // What it is about may be waiting for its place.
    deliveryLaneOf(this.server.io).add()(() => {
      for (const [namespace, emissions] of prepared) {
        this.emissions.perform(namespace, sent, allowedOf(namespace, sent, emissions, since), note);
      }
    });
  }

  /** Whether all servers hear what is published in the order of one journal. */
  get isInOrder(): boolean {
    return this.journal?.shared?.isInOrder === true;
  }

  /** Whether a publication may have been sent before, which only the journal that servers share can tell. */
  mayBeCopy({ once }: Publication): boolean {
    return once !== undefined && this.journal?.shared !== undefined;
  }

  /** Whether what was written was told since, as by another server. */
  isTold(publication: Publication): boolean {
    return this.written.isTold(publication);
  }

  /** Whether `write()` is possible. */
  get hasOutbox(): boolean {
    return this.journal?.shared?.outbox !== undefined;
  }

  /** Writes publications in a transaction of the application, by its connection: they are emitted once it commits. */
  async write(
    connection: OutboxConnection,
    all: ReadonlyArray<[Publication, omitted: readonly string[]]>,
  ): Promise<void> {
    const written = all.map(([one, omitted]) => {
      return [this.sentOf(one, omitted, one.resource.views.audiences), consequencesOf(one)] as const;
    });
    await this.journal?.write(connection, this.written, written, ({ resource }) => this.namespacesOf(resource));
  }

  /** Forgets what was written, since the transaction was rolled back as far as this server knows. */
  forgetWritten(publications: readonly Publication[]): void {
    this.written.forget(publications);
  }

  /** Tells whether some of these were sent before, with the same key. */
  areCopies(publications: readonly Publication[]): boolean {
    return publications.some(({ once, resource }) => once !== undefined && this.journal?.has(resource.name, once));
  }

  /**
   * Gives each of several publications that belong together a key of its own.
   *
   * @throws InvalidEmitOptionsError if there is nothing that would remember it
   */
  sendOnce(publications: readonly Publication[], once: string, method: string): Publication[] {
    if (this.journal) return publications.map((one, index) => ({ ...one, once: `${once} ${index}` }));
    const problem = 'needs the journal, which SocketsModule.forRoot({ journal: false }) leaves out';
    throw new InvalidEmitOptionsError(method, '"once"', ['except', 'to', 'noReverse', 'mutation'], problem);
  }

  /**
   * Sends a publication that was kept to one socket of this server, if it is in one of its rooms.
   *
   * @param newest what the socket has been sent of what it had missed before this
   * @returns whether it is in any of them
   */
  emitTo(socket: Socket, { sent: kept, note }: KeptPublication, newest: NewestVersions): boolean {
    const sent = this.outdated.missed(kept, newest);
    if (!sent || isIn(socket, sent.omitted)) {
      tellPosition([socket], kept.resource, note);
      return true;
    }
    const emissions = this.emissionsTo(socket, sent);
    this.emissions.performFirst(socket, sent, emissions, note);
    return emissions.some(({ to }) => to.length > 0);
  }

  /** Tells the other servers what this one will not be there to tell later. */
  prepareToLeave(): Promise<void> {
    return this.losses.prepareToLeave();
  }

  /** Ends what goes on at intervals. */
  end(): void {
    this.losses.end();
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

  private namespacesOf(resource: string): Namespace[] {
    return this.namespaces.of(resource).map((name) => this.server.namespace(name));
  }

  private sentOf(publication: Publication, omitted: readonly string[], audiences: readonly string[]): SentPublication {
    const { note, once, recipients, resource, versions, isBare } = publication;
    return {
      resource: resource.name,
      // What it is about, whatever happened to it.
      topics: resource.roomsOf({ ...recipients, verb: undefined }),
      versions: versions.map((version) => ({
        rooms: roomsOf(publication, version, audiences),
        ...(version.message instanceof Json && { message: version.message }),
        ...(version.isShortened && { isShortened: true }),
      })),
      note,
      omitted: resource.isRefetched ? [...omitted, BEHIND_ROOM] : omitted,
      bytes: versions.reduce((sum, { message }) => sum + (message instanceof Json ? message.text.length : 0), 0),
      answer: this.answers.answerOf(publication),
      ...(resource.versions.field !== undefined && { change: versionedChangeOf(publication) }),
      ...(once !== undefined && { once }),
      ...(isBare && { isBare }),
    };
  }

  /** @param to `ids` where the members of the rooms may be others by the time it is emitted */
  emissionsOf(namespace: Namespace, sent: SentPublication, to: 'ids' | 'rooms'): Emission[] {
    const own = sent.answer ? this.answers.emissionsOf(namespace, sent, to) : plainEmissions(namespace, sent, to);
    return this.journal ? [...own, ...omittedEmissions(namespace, sent)] : own;
  }

  /** Leaves out the versions of a record that are older than what was sent since; `undefined` if nothing is left. */
  currentOf(sent: SentPublication): SentPublication | undefined {
    return sent.change ? this.outdated.current(sent) : sent;
  }

  /** Leaves out what is outdated: who would be sent it is told where it stands. */
  currentEmissions(namespace: Namespace, whole: SentPublication, to: 'ids' | 'rooms'): Emission[] {
    const sent = this.currentOf(whole);
    const emissions = sent ? this.emissionsOf(namespace, sent, to) : [];
    if (sent === whole || !this.journal) return emissions;
    return [...emissions, { to: membersNow(namespace, roomsIn(whole), sent ? roomsIn(sent) : []) }];
  }

  private emissionsTo(socket: Socket, sent: SentPublication): Emission[] {
    if (sent.answer) return this.answers.emissionsOf(socket.nsp, sent, { only: socket.id });
    const version = sent.versions.find(({ rooms }) => isIn(socket, rooms));
    return version ? [{ to: [socket.id], message: version.message, hasMore: version.isShortened }] : [];
  }
}
