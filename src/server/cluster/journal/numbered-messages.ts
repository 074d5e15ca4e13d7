import { randomUUID } from 'node:crypto';
import type { Namespace } from 'socket.io';

/** How many other servers are remembered, most of which have ended long ago. */
const MOST_SERVERS = 1_000;

/** A message of another server, and whether others before it are missing. */
export interface NumberedMessage {
  /** As it was given; anything where it has no number. */
  text: unknown;
  isAfterLoss: boolean;
}

/**
 * Numbers what a server says in each namespace, so that those who have missed some of it notice when the next message
 * comes.
 */
export class NumberedMessages {
  private readonly server = randomUUID();
  private readonly counts = new WeakMap<Namespace, number>();
  /** The number of the last message of each other server. */
  private readonly lastOf = new WeakMap<Namespace, Map<string, number>>();

  number(namespace: Namespace, text: string): string {
    const number = (this.counts.get(namespace) ?? 0) + 1;
    this.counts.set(namespace, number);
    return `${this.server} ${number}\n${text}`;
  }

  /** Reads what came from another server, which may be anything. */
  read(namespace: Namespace, received: unknown): NumberedMessage {
    const [whole, server, number] = /^([\w-]{1,100}) (\d{1,15})\n/.exec(String(received)) ?? [];
    if (typeof received !== 'string' || whole === undefined) return { text: received, isAfterLoss: false };
    const known = this.lastOf.get(namespace) ?? new Map<string, number>();
    this.lastOf.set(namespace, known);
    const last = known.get(server);
    // So that the one that was heard longest ago is the first.
    known.delete(server);
    known.set(server, Number(number));
    if (known.size > MOST_SERVERS) known.delete([...known.keys()][0]);
    return { text: received.slice(whole.length), isAfterLoss: last !== undefined && Number(number) > last + 1 };
  }
}
