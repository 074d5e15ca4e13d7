import type { Server } from 'socket.io';
import { Slot, serverState } from './state.js';

/** Every kind of thing that is refused, or ends a connection, because of a limit or a rule. */
export const REFUSAL_KINDS = [
  // Handshakes
  'origin',
  'connectionsPerAddress',
  'connectionsPerUser',
  'handshakeRate',
  'closing',
  'connectTimeout',
  'namespaces',
  'repeatedConnect',
  'connectRate',
  'refusedConnects',
  // What clients send
  'malformed',
  'nesting',
  'keys',
  'size',
  'attachments',
  'forbiddenKeys',
  'packetRate',
  'byteRate',
  'requestQueue',
  'requestTimeout',
  'unknownEvent',
  'reauthenticationRate',
  'relayRate',
  'relaySize',
  'missingRate',
  'joinedRooms',
  'subscriptions',
  // What is sent to them
  'slowClient',
  'stalledClient',
  'staleNotice',
  'publicationSize',
  'responseSize',
  'gatewayResult',
] as const;

/** What has been refused. */
export type RefusalKind = (typeof REFUSAL_KINDS)[number];

/** Everything that may go wrong between this server and the others of its cluster. */
export const BUS_FAILURES = ['unsent', 'unreadable', 'missed'] as const;

/** What has gone wrong between this server and the others of its cluster. */
export interface BusMetrics {
  /** Messages that the adapter, or what joins the servers, did not take. */
  unsent: number;
  /** Messages of other servers that could not be read, and were dropped. */
  unreadable: number;
  /** How often publications of other servers turned out to be lost on the way. */
  missed: number;
}

/** How the journal of publications does, whether this server has one for itself or shares one with others. */
export interface JournalMetrics {
  /** About how many bytes it takes in the memory of this process: none where servers share one. */
  bytes: number;
  /** Publications of this server whose position it is being asked for at present. */
  waiting: number;
  /** How long it took for the last one, in milliseconds; 0 where it is in the memory of this process. */
  lag: number;
  /** Publications of this server that it has not taken in time, and that were sent without a position. */
  late: number;
  /**
   * Publications in the outbox that this server has told in place of the one that has written them, since that has
   * ended, or has not heard of the commit.
   */
  relayed: number;
}

/**
 * What one process counts, for the server that gateways share and for those that gateways have for themselves;
 * everything is from its start.
 */
export interface SocketsMetrics {
  /** Connections that are open at present; one may have sockets in several namespaces. */
  connections: number;
  /** Sockets that are connected at present, in all namespaces. */
  sockets: number;
  /** What has been refused so far, by the limit or the rule; the table in `docs/limits.md` explains each. */
  refused: Readonly<Record<RefusalKind, number>>;
  /** What has gone wrong so far between this server and the others of its cluster. */
  bus: Readonly<BusMetrics>;
  /** How the journal of publications does; `undefined` without one. */
  journal: Readonly<JournalMetrics> | undefined;
}

/** Counts things of several kinds. */
export class Counts<Kind extends string> {
  private readonly counts: Record<Kind, number>;

  constructor(kinds: readonly Kind[]) {
    this.counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
  }

  add(kind: Kind): void {
    this.counts[kind]++;
  }

  addAll({ counts }: Counts<Kind>): void {
    for (const kind of Object.keys(counts) as Kind[]) this.counts[kind] += counts[kind];
  }

  read(): Record<Kind, number> {
    return { ...this.counts };
  }
}

const refusals = new Slot(() => new Counts(REFUSAL_KINDS));
const busFailures = new Slot(() => new Counts(BUS_FAILURES));

const journal = new Slot<{ read?: () => JournalMetrics }>(() => ({}));

/** Returns where what keeps the journal of a server says how it does. */
export function journalMetricsOf(io: Server): { read?: () => JournalMetrics } {
  return serverState(io).get(journal);
}

/** Returns the counts of what a server refuses, for code that has a socket or a namespace at hand. */
export function refusalsOf(io: Server): Counts<RefusalKind> {
  return serverState(io).get(refusals);
}

/** Returns the counts of what has gone wrong between a server and the others of its cluster. */
export function busCountsOf(io: Server): Counts<keyof BusMetrics> {
  return serverState(io).get(busFailures);
}
