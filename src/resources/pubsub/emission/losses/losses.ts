import type { Namespace, Socket } from 'socket.io';
import { FailureLog, LineLogger } from '../../../../common/log.js';
import { withTimeout } from '../../../../common/promises.js';
import { STALE_EVENT, type Staleness } from '../../../../protocol/notes.js';
import type { SharedJournal } from '../../../../server/cluster/journal/journal.js';
import { busOf, type Concerns } from '../../../../server/cluster/bus.js';
import { hearOtherServers, tellOtherServers } from '../../../../server/cluster/server-messages.js';
import { busCountsOf } from '../../../../server/metrics.js';
import type { SocketsServer } from '../../../../server/sockets-server.js';
import { resourceIn } from '../../../definition/resource-rooms.js';
import type { ResourceRegistry } from '../../../definition/resource-registry.js';
import type { PublicationJournal } from '../../../journal/publication-journal.js';
import { followsPositions } from '../position-notes.js';
import { AstrayPublications } from './astray-publications.js';
import { PublicationCounts } from './publication-counts.js';

const COUNT = 'published-count';
const LOST = 'lost';

/** How often a server says how much it has published, and tries to make a loss known, in milliseconds. */
const INTERVAL = 5_000;

/** How often clients are told what servers have lost, in milliseconds: each may say so after the same outage. */
const LOST_INTERVAL = 1_000;

/** How long a server that leaves the others tries that, in milliseconds. */
const LAST_WAIT = 500;

const failures = new FailureLog(new LineLogger('ResourcefulPubSub'));

/**
 * Sees to it that no publication is lost on the way between servers without a word: whoever may have missed one is told
 * to read again.
 */
export class Losses {
  readonly counts = new PublicationCounts();
  /** The resources of which the journal that servers share lacks something. */
  private readonly unkept = new Set<string>();
  readonly astray: AstrayPublications;
  private namespaces: readonly Namespace[] = [];
  private timer: NodeJS.Timeout | undefined;
  private hasEnded = false;
  /** A question to the journal may take as long as an outage. */
  private makingKnown: Promise<void> | undefined;
  private readonly toAll = new PacedNotices((namespace) => this.tellStale(namespace));
  /** Which rooms may have missed something, since the last notice of it. */
  private readonly missedIn = new Map<Namespace, Concerns[]>();
  private readonly toConcerned = new PacedNotices((namespace) => {
    const all = this.missedIn.get(namespace) ?? [];
    this.missedIn.delete(namespace);
    this.tellStale(namespace, (room) => all.some((concerns) => concerns(namespace, room)));
  });
  /** Of which resources something was lost, since the last notice of it. */
  private readonly lostIn = new Map<Namespace, Set<string>>();
  private readonly toLosers = new PacedNotices((namespace) => {
    const lost = this.lostIn.get(namespace);
    this.lostIn.delete(namespace);
    this.tellStale(namespace, (room) => lost?.has(resourceIn(room) ?? '') === true);
  }, LOST_INTERVAL);
  /** Those to clients that do not find out by positions what they have missed. */
  private readonly toPlain = new PacedNotices(({ sockets }) => {
    for (const socket of sockets.values()) if (!followsPositions(socket)) tellStale(socket);
  });

  constructor(
    private readonly server: SocketsServer,
    registry: ResourceRegistry,
    private readonly journal: PublicationJournal | undefined,
  ) {
    this.astray = new AstrayPublications(registry, {
      isInOrder: () => journal?.shared?.isInOrder === true,
      isDeaf: () => busOf(server.io).isDeaf === true,
      isAway: () => busOf(server.io).isAway === true,
      tell: (resource) => this.tellAstray(resource),
    });
  }

  /** Hears of losses that other servers notice, from now on. */
  listen(namespaces: readonly Namespace[]): void {
    this.namespaces = namespaces;
    for (const namespace of namespaces) {
      hearOtherServers(namespace, LOST, (resource) => {
        if (typeof resource !== 'string') throw new TypeError('It does not say what was lost.');
        if (!this.journal?.shared) this.journal?.renew();
        this.tellStaleOf(namespace, resource);
      });
      hearOtherServers(namespace, COUNT, (count) => {
        const isNew = this.counts.isFirstOf(namespace, count);
        this.take(namespace, count, false);
        // So that a server that has just come knows what it could miss.
        if (isNew && !this.journal?.shared) tellOtherServers(namespace, COUNT, [this.counts.current(namespace)]);
      });
    }
    const bus = busOf(this.server.io);
    bus.onMissed?.((concerns) => {
      for (const namespace of namespaces) {
        this.missedIn.set(namespace, [...(this.missedIn.get(namespace) ?? []), concerns]);
        this.toConcerned.send(namespace);
      }
    });
    // Where each server has a journal of its own, it counts what it hears.
    const isCounted = this.journal && !this.journal.shared;
    bus.onHeardAgain?.(() => {
      if (!isCounted) namespaces.forEach((namespace) => this.toPlain.send(namespace));
      this.astray.doubtLocations();
    });
    if (this.journal?.shared) return;
    const tell = (): void => {
      for (const namespace of namespaces) tellOtherServers(namespace, COUNT, [this.counts.current(namespace)]);
    };
    // So that the others miss the first one, too, if it is lost.
    tell();
    this.timer = setInterval(tell, INTERVAL).unref();
  }

  /** Tells the other servers what this one will not be there to tell later. */
  async prepareToLeave(): Promise<void> {
    await this.astray.end();
    const shared = this.journal?.shared;
    if (!shared || this.unkept.size === 0) return;
    await withTimeout(LAST_WAIT, 'Telling other servers what was lost', this.makeKnown(shared));
  }

  /** Ends what goes on at intervals. */
  end(): void {
    this.hasEnded = true;
    clearInterval(this.timer);
    for (const notices of [this.toAll, this.toConcerned, this.toPlain, this.toLosers]) notices.end();
  }

  /** Takes the count of another server, and returns whether what came with it is new. */
  take(namespace: Namespace, count: unknown, isWithPublication: boolean): boolean {
    const outcome = this.counts.take(namespace, count, isWithPublication);
    if (outcome === 'loss') {
      busCountsOf(namespace.server).add('missed');
      failures.report('Clients read again what they may have missed.', new Error('Publications were lost on the way.'));
      this.journal?.renew();
      this.toAll.send(namespace);
      this.astray.doubtLocations();
    }
    return outcome !== 'copy';
  }

  private tellAstray(resource: string): void {
    for (const namespace of this.namespaces) {
      tellOtherServers(namespace, LOST, [resource]);
      this.tellStaleOf(namespace, resource);
    }
    // Who is away has to read again, too.
    const shared = this.journal?.shared;
    if (shared) shared.forget(resource).catch(() => this.note(shared, resource));
    else this.journal?.renew();
  }

  /** Notes that a publication is not in the journal that servers share, and was not told to them. */
  note(shared: SharedJournal, resource: string): void {
    if (this.hasEnded) return;
    this.unkept.add(resource);
    this.timer ??= setInterval(() => void this.makeKnown(shared), INTERVAL).unref();
  }

  /** Has the journal forget what cannot be complete, as soon as it can be reached. */
  private makeKnown(shared: SharedJournal): Promise<void> {
    this.makingKnown ??= this.makeAllKnown(shared).finally(() => (this.makingKnown = undefined));
    return this.makingKnown;
  }

  private async makeAllKnown(shared: SharedJournal): Promise<void> {
    for (const resource of [...this.unkept]) {
      try {
        await shared.forget(resource);
      } catch {
        return;
      }
      this.unkept.delete(resource);
      for (const namespace of this.server.io._nsps.values()) {
        tellOtherServers(namespace, LOST, [resource]);
        this.tellStaleOf(namespace, resource);
      }
    }
    // More may have been lost while the journal was asked.
    if (this.unkept.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tellStaleOf(namespace: Namespace, resource: string): void {
    this.lostIn.set(namespace, (this.lostIn.get(namespace) ?? new Set()).add(resource));
    this.toLosers.send(namespace);
  }

  /** Tells who is in certain rooms of resources, or in any, to read again. */
  private tellStale({ sockets }: Namespace, isMeant?: (room: string) => boolean): void {
    for (const socket of sockets.values()) tellStale(socket, isMeant);
  }
}

function tellStale(socket: Socket, isMeant: (room: string) => boolean = () => true): void {
  const rooms = [...socket.rooms].filter((room) => resourceIn(room) !== undefined && isMeant(room));
  for (const resource of new Set(rooms.map(resourceIn))) {
    if (resource !== undefined) socket.emit(STALE_EVENT, { resource } satisfies Staleness);
  }
}

/** Tells of several losses in a row at intervals, since each may have everybody read again. */
class PacedNotices {
  private readonly toldAt = new WeakMap<Namespace, number>();
  private readonly due = new Map<Namespace, NodeJS.Timeout>();
  private hasEnded = false;

  constructor(
    private readonly tell: (namespace: Namespace) => void,
    private readonly interval = INTERVAL,
  ) {}

  send(namespace: Namespace): void {
    if (this.hasEnded || this.due.has(namespace)) return;
    const wait = (this.toldAt.get(namespace) ?? -Infinity) + this.interval - performance.now();
    const tell = (): void => {
      this.due.delete(namespace);
      if (namespace.sockets.size > 0) this.toldAt.set(namespace, performance.now());
      this.tell(namespace);
    };
    if (wait <= 0) tell();
    else this.due.set(namespace, setTimeout(tell, wait).unref());
  }

  end(): void {
    this.hasEnded = true;
    for (const timer of this.due.values()) clearTimeout(timer);
  }
}
