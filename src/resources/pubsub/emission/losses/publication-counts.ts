import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';

/** What a server says with each of its publications: who it is, and how many it has sent before, and with this one. */
export type PublicationCount = [server: string, count: number];

/** How many servers are remembered, most of which have ended long ago. */
const MOST_SERVERS = 1_000;

/**
 * Counts the publications that servers send each other, where no journal does that for all of them: so each of them
 * notices that some were lost on the way.
 */
export class PublicationCounts {
  private readonly server = randomUUID();
  private readonly sent = new WeakMap<Namespace, number>();
  private readonly received = new WeakMap<Namespace, Map<string, number>>();

  /** Counts one more publication to the other servers. */
  next(namespace: Namespace): PublicationCount {
    const count = (this.sent.get(namespace) ?? 0) + 1;
    this.sent.set(namespace, count);
    return [this.server, count];
  }

  /** Returns how many publications were sent so far. */
  current(namespace: Namespace): PublicationCount {
    return [this.server, this.sent.get(namespace) ?? 0];
  }

  /** Whether this is the first word of a server. */
  isFirstOf(namespace: Namespace, told: unknown): boolean {
    return Array.isArray(told) && !this.received.get(namespace)?.has(told[0] as string);
  }

  /**
   * Takes what another server has said, which may be anything.
   *
   * @param isWithPublication whether it was said with one, rather than about those before
   * @returns `copy` for a publication that has come before, and `loss` if some have not come
   */
  take(namespace: Namespace, told: unknown, isWithPublication: boolean): 'next' | 'copy' | 'loss' {
    if (!Array.isArray(told)) return 'next';
    const [server, count] = told as unknown[];
    if (typeof server !== 'string' || typeof count !== 'number') return 'next';
    const counts = this.received.get(namespace) ?? new Map<string, number>();
    this.received.set(namespace, counts);
    const known = counts.get(server);
    counts.set(server, Math.max(count, known ?? 0));
    for (const oldest of counts.keys()) {
      if (counts.size <= MOST_SERVERS) break;
      counts.delete(oldest);
    }
    // What it has sent before this one has come is no loss.
    if (known === undefined) return 'next';
    if (isWithPublication && count <= known) return 'copy';
    return count > known + (isWithPublication ? 1 : 0) ? 'loss' : 'next';
  }
}
