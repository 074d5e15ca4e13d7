import type { InboundConnection } from './inbound-connection.js';
import type { PacketRefusal } from './packet-refusal.js';

/** What a client has sent: the text of a packet, or one of its attachments. */
export interface Part {
  data: unknown;
  bytes: number;
  /** Why it is refused, if it is too much. */
  over: PacketRefusal | undefined;
}

/** How many parts of one connection are read in one turn of the event loop. */
export const PARTS_PER_TURN = 100;

/** The parts of one connection that are read in later turns of the event loop, in order, so that others have theirs. */
export class WaitingParts {
  private parts: Part[] = [];

  /**
   * @param read may throw
   * @param onEnd called when nothing waits any more
   */
  constructor(
    private readonly connection: InboundConnection,
    private readonly read: (part: Part) => void,
    private readonly onEnd: () => void,
  ) {
    connection.isBehind = true;
    this.schedule();
  }

  add(part: Part): void {
    this.parts.push(part);
  }

  private schedule(): void {
    setImmediate(() => this.readSome());
  }

  private readSome(): void {
    const { connection, parts } = this;
    this.parts = parts.slice(PARTS_PER_TURN);
    for (const part of parts.slice(0, PARTS_PER_TURN)) {
      if (!connection.isOpen) break;
      try {
        this.read(part);
      } catch (error) {
        connection.fail(error);
      }
    }
    if (connection.isOpen && this.parts.length > 0) return this.schedule();
    this.onEnd();
    connection.caughtUp();
  }
}
