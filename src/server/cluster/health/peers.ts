import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';
import { isRecord } from '../../../common/type-guards.js';
import { hearOtherServers, tellOtherServers } from '../server-messages.js';

/** How often a server says that it is there, in milliseconds. */
const INTERVAL = 5_000;
/** For how long nothing may be heard, in milliseconds, before that is a sign of something. */
const SILENCE = 15_000;
/** After how long a server that is silent does not count any more, in milliseconds. */
const GONE = 60_000;
/**
 * For how long it stays a sign of something that all others have fallen silent, in milliseconds: they may have ended
 * without a word, but a bus that carries nothing looks just so.
 */
const REMEMBERED = 600_000;

const BEAT = 'beat';

/** What a server says of itself at intervals; without `hears`, that it is about to end. */
interface Beat {
  server: string;
  /** The other servers that it has heard lately. */
  hears?: string[];
}

interface Peer {
  heardAt: number;
  /** When it last said that it hears this server. */
  heardUsAt: number;
}

/**
 * Knows the other servers of the cluster, by what they say over the bus, the way that everything else takes. So it
 * notices a bus that is connected, but carries nothing: each server says whom it hears.
 */
export class Peers {
  private readonly id = randomUUID();
  private readonly others = new Map<string, Peer>();
  private readonly timer: NodeJS.Timeout;
  private readonly stopListening: () => void;
  private readonly since = performance.now();
  /** When the last of the others was heard that did not say goodbye. */
  private lastHeardAt = -Infinity;

  constructor(private readonly namespace: Namespace) {
    this.stopListening = hearOtherServers(namespace, BEAT, (beat) => this.receive(beat));
    this.timer = setInterval(() => this.beat(), INTERVAL).unref();
    this.beat();
  }

  /** How many servers there are, with this one. */
  get count(): number {
    return 1 + this.others.size;
  }

  /** Says what is wrong with the way to the other servers, or back; `undefined` if nothing is known to be. */
  get problem(): string | undefined {
    const now = performance.now();
    const isRecent = (time: number): boolean => now - time < SILENCE;
    const others = [...this.others.values()];
    const heard = others.filter(({ heardAt }) => isRecent(heardAt));
    if (others.length === 0) {
      return now - this.lastHeardAt < REMEMBERED ? 'the other servers have fallen silent, all of them' : undefined;
    }
    if (heard.length === 0) return `none of ${others.length} other server(s) has been heard for ${SILENCE / 1_000} s`;
    if (isRecent(this.since) || heard.some(({ heardUsAt }) => isRecent(heardUsAt))) return undefined;
    return `none of ${heard.length} other server(s) has heard this one for ${SILENCE / 1_000} s`;
  }

  /** Says goodbye; nothing is heard any more. */
  end(): void {
    clearInterval(this.timer);
    this.stopListening();
    this.tell({ server: this.id });
  }

  private beat(): void {
    const now = performance.now();
    for (const [server, { heardAt }] of this.others) if (now - heardAt >= GONE) this.others.delete(server);
    const hears = [...this.others].filter(([, { heardAt }]) => now - heardAt < SILENCE).map(([server]) => server);
    this.tell({ server: this.id, hears });
  }

  private tell(beat: Beat): void {
    tellOtherServers(this.namespace, BEAT, [beat]);
  }

  private receive(beat: unknown): void {
    if (!isRecord(beat) || typeof beat.server !== 'string' || beat.server === this.id) return;
    const { server, hears } = beat;
    if (!Array.isArray(hears)) {
      this.others.delete(server);
      if (this.others.size === 0) this.lastHeardAt = -Infinity;
      return;
    }
    const now = performance.now();
    const isNew = !this.others.has(server);
    const heardUsAt = hears.includes(this.id) ? now : (this.others.get(server)?.heardUsAt ?? -Infinity);
    this.others.set(server, { heardAt: now, heardUsAt });
    this.lastHeardAt = now;
    // So that a server that has just come knows at once who is there, and that it is heard.
    if (isNew) this.beat();
  }
}
