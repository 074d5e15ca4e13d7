/** For how long at least it is remembered what a socket was sent, in milliseconds: longer than the bus takes. */
const MEMORY = 2_000;

/** How many of the latest publications are remembered of each socket. */
const MOST = 50;

/**
 * Remembers which sockets were sent a publication by what they have missed. The journal may have told of it before the
 * bus does, so that it must not be sent to them again.
 */
export class AlreadySent {
  /** The ids of the sockets by those of the publications. */
  private recent = new Map<string, Set<string>>();
  private earlier = new Map<string, Set<string>>();
  private since = 0;

  /** @param publications their ids, the latest last */
  add(socket: string, publications: ReadonlySet<string>): void {
    if (publications.size === 0) return;
    const age = performance.now() - this.since;
    if (age > MEMORY) {
      this.earlier = age < 2 * MEMORY ? this.recent : new Map<string, Set<string>>();
      this.recent = new Map();
      this.since = performance.now();
    }
    for (const publication of [...publications].slice(-MOST)) {
      const sockets = this.recent.get(publication) ?? new Set();
      this.recent.set(publication, sockets);
      sockets.add(socket);
    }
  }

  /** Returns the ids of the sockets that were sent a publication. */
  to(publication: string): readonly string[] {
    if (this.recent.size + this.earlier.size === 0) return [];
    return [this.recent, this.earlier].flatMap((sent) => [...(sent.get(publication) ?? [])]);
  }
}
