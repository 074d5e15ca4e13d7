import { ByRoom } from './by-room.js';
import type { Stay } from './roster.js';
import type { Change } from './server-news.js';

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
