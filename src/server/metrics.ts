import type { Server } from 'socket.io';
import { Slot, serverState } from './state.js';

/** Every kind of thing that is refused, or ends a connection, because of a limit or a rule. */
const REFUSAL_KINDS = [
  // Handshakes
  'origin',
  'connectionsPerAddress',
  'connectionsPerUser',
  'handshakeRate',
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
}

/** Counts what a server refuses. */
export class RefusalCounts {
  private readonly counts = Object.fromEntries(REFUSAL_KINDS.map((kind) => [kind, 0])) as Record<RefusalKind, number>;

  add(kind: RefusalKind): void {
    this.counts[kind]++;
  }

  addAll({ counts }: RefusalCounts): void {
    for (const kind of REFUSAL_KINDS) this.counts[kind] += counts[kind];
  }

  read(): Record<RefusalKind, number> {
    return { ...this.counts };
  }
}

const refusals = new Slot(() => new RefusalCounts());

/** Returns the counts of a server, for code that has a socket or a namespace at hand. */
export function refusalsOf(io: Server): RefusalCounts {
  return serverState(io).get(refusals);
}
