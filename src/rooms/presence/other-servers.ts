import { isRecord } from '../../common/type-guards.js';
import { ByRoom, type Stay } from './roster.js';

/** Says that a user came into a room through a socket of one server or, without a stay, that they have left it. */
export interface Change {
  room: string;
  id: string;
  stay?: Stay;
}

/**
 * What servers send each other about one namespace. `server` is the sender: a name that it keeps until it ends, so that
 * a restarted server counts as another one. Its `version` counts the changes that it has sent.
 */
export type ServerNews = { server: string } & (
  | { kind: 'changes'; version: number; changes: Change[] }
  /** Everybody who is there, each with a stay. */
  | { kind: 'state'; version: number; changes: Change[] }
  /** The sender is alive. */
  | { kind: 'beat'; version: number }
  /** The sender knows the others up to these versions. A server that is further ahead answers with its state. */
  | { kind: 'ask'; known: Array<[server: string, version: number]> }
  /** The sender is about to end. */
  | { kind: 'bye' }
);

/** Reads what came over the bus, which may be anything, such as what a later release sends. */
export function readNews(value: unknown): ServerNews | undefined {
  if (!isRecord(value) || typeof value.server !== 'string') return undefined;
  const { kind, version, changes, known } = value;
  const isRight =
    kind === 'bye' ||
    (kind === 'beat' && isVersion(version)) ||
    (kind === 'ask' && Array.isArray(known) && known.every(isKnown)) ||
    (kind === 'changes' && isVersion(version) && Array.isArray(changes) && changes.every(isChange)) ||
    (kind === 'state' && isVersion(version) && Array.isArray(changes) && changes.every(isArrival));
  return isRight ? (value as ServerNews) : undefined;
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isKnown(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && isVersion(value[1]);
}

function isChange(value: unknown): value is Change {
  if (!isRecord(value) || typeof value.room !== 'string' || typeof value.id !== 'string') return false;
  return value.stay === undefined || (isRecord(value.stay) && Number.isFinite(value.stay.since));
}

function isArrival(value: unknown): boolean {
  return isChange(value) && value.stay !== undefined;
}

/** What is known about one other server. */
interface OtherServer {
  version: number;
  /** By the clock of this process, which nobody adjusts. */
  heardAt: number;
  stays: ByRoom<Stay>;
}

/** A change on one of the other servers. */
export type OnChange = (server: string, change: Change) => void;

/** Remembers what the other servers have said of their sockets, and forgets servers that are gone. */
export class OtherServers {
  private readonly servers = new Map<string, OtherServer>();
  private sweptAt = performance.now();

  constructor(private readonly onChange: OnChange) {}

  /** The version up to which each of them is known. */
  get versions(): Array<[server: string, version: number]> {
    return [...this.servers].map(([server, { version }]) => [server, version]);
  }

  /** @returns whether everything up to this version is known */
  heard(server: string, version: number): boolean {
    const known = this.servers.get(server);
    if (known) known.heardAt = performance.now();
    return version <= (known?.version ?? 0);
  }

  /** @returns whether everything up to these changes is known */
  change(server: string, version: number, changes: readonly Change[]): boolean {
    if (this.heard(server, version)) return true;
    if (this.heard(server, version - 1)) {
      const known = this.know(server, version);
      for (const change of changes) this.apply(server, known, change);
      return true;
    }
    return false;
  }

  /** Takes a server's whole state; users who are no longer in it have left. */
  replace(server: string, version: number, all: readonly Change[]): void {
    if (this.heard(server, version)) return;
    const known = this.know(server, version);
    const now = new ByRoom<true>();
    for (const { room, id } of all) now.set(room, id, true);
    for (const [room, id] of [...known.stays.entries()]) {
      if (!now.get(room, id)) this.apply(server, known, { room, id });
    }
    for (const change of all) this.apply(server, known, change);
  }

  /** Lets everybody who was present through a server that is gone leave. */
  forget(server: string): void {
    const known = this.servers.get(server);
    if (!known) return;
    this.servers.delete(server);
    for (const [room, id] of [...known.stays.entries()]) this.apply(server, known, { room, id });
  }

  /**
   * Forgets servers that have been silent.
   *
   * @param silence how many milliseconds a server may be silent
   * @param interval how often this is called
   */
  sweep(silence: number, interval: number): void {
    const now = performance.now();
    const late = now - this.sweptAt - interval;
    this.sweptAt = now;
    for (const [server, known] of [...this.servers]) {
      // A silence during which this process was frozen does not count.
      if (late > interval) known.heardAt = Math.min(now, known.heardAt + late);
      if (now - known.heardAt >= silence) this.forget(server);
    }
  }

  private know(server: string, version: number): OtherServer {
    const known = this.servers.get(server) ?? { version, heardAt: 0, stays: new ByRoom<Stay>() };
    known.version = version;
    known.heardAt = performance.now();
    this.servers.set(server, known);
    return known;
  }

  private apply(server: string, { stays }: OtherServer, change: Change): void {
    const { room, id, stay } = change;
    if (stay) stays.set(room, id, stay);
    else stays.delete(room, id);
    this.onChange(server, change);
  }
}
