import { isRecord } from '../../common/option-rules.js';
import { ByRoom, type Stay } from './roster.js';

/** A user came into a room of that server, or, without a stay, has left it. */
export interface Change {
  room: string;
  id: string;
  stay?: Stay;
}

/**
 * What the servers tell each other about one namespace. `server` is the sender: a name that it has until it ends, so that whoever comes after it is somebody
 * else. Its `version` counts what it has told.
 */
export type ServerNews = { server: string } & (
  | { kind: 'changes'; version: number; changes: Change[] }
  /** All that there is, each with its stay. */
  | { kind: 'state'; version: number; changes: Change[] }
  /** It is there. */
  | { kind: 'beat'; version: number }
  /** It knows these versions of others. Whoever is further tells its state. */
  | { kind: 'ask'; known: Array<[server: string, version: number]> }
  /** It is there no longer. */
  | { kind: 'bye' }
);

/** What comes over the bus may be anything, such as what a later release says. */
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

/** What is known of one of them. */
interface OtherServer {
  version: number;
  /** On this process' own clock, which nobody sets. */
  heardAt: number;
  stays: ByRoom<Stay>;
}

/** A change on one of the other servers. */
export type OnChange = (server: string, change: Change) => void;

/** What the other servers have said of their sockets, and which of them are still there. */
export class OtherServers {
  private readonly servers = new Map<string, OtherServer>();
  private sweptAt = performance.now();

  constructor(private readonly onChange: OnChange) {}

  /** The version that is known of each. */
  get versions(): Array<[server: string, version: number]> {
    return [...this.servers].map(([server, { version }]) => [server, version]);
  }

  /** @returns whether nothing is missing between this and what is known */
  heard(server: string, version: number): boolean {
    const known = this.servers.get(server);
    if (known) known.heardAt = performance.now();
    return version <= (known?.version ?? 0);
  }

  /** @returns whether nothing is missing between these changes and what is known */
  change(server: string, version: number, changes: readonly Change[]): boolean {
    if (this.heard(server, version)) return true;
    if (this.heard(server, version - 1)) {
      const known = this.know(server, version);
      for (const change of changes) this.apply(server, known, change);
      return true;
    }
    return false;
  }

  /** All that the server says of its sockets; what it does not say any more is over. */
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

  /** The server is no more. */
  forget(server: string): void {
    const known = this.servers.get(server);
    if (!known) return;
    this.servers.delete(server);
    for (const [room, id] of [...known.stays.entries()]) this.apply(server, known, { room, id });
  }

  /**
   * Forgets those that have been silent.
   *
   * @param silence as many milliseconds
   * @param interval how often this is called
   */
  sweep(silence: number, interval: number): void {
    const now = performance.now();
    const late = now - this.sweptAt - interval;
    this.sweptAt = now;
    for (const [server, known] of [...this.servers]) {
      // While this process stood still, it was not the others that were silent.
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
