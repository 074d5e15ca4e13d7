import type { InboundConnection } from './inbound-connection.js';
import type { PacketRefusal } from './packet-refusal.js';

/** What a client has sent: the text of a packet, or one of its attachments. */
export interface Part {
  data: unknown;
  bytes: number;
  /** Why it is refused, if it is too much. */
  over: PacketRefusal | undefined;
}

/** What reads them. */
interface PartReader {
  /** May throw. */
  readPart(part: Part): void;
  /** Takes note that nothing waits any more. */
  caughtUp(): void;
}

/** The parts of one connection that are read in later turns of the event loop, in order, so that others have theirs. */
export class WaitingParts {
  private readonly parts: Array<Part | undefined> = [];
  private next = 0;

  constructor(
    private readonly connection: InboundConnection,
    private readonly reader: PartReader,
  ) {
    connection.isBehind = true;
  }

  add(part: Part): void {
    this.parts.push(part);
  }

  get nextBytes(): number {
    return this.parts[this.next]?.bytes ?? 0;
  }

  /** Reads one part, and tells whether there are more. */
  readNext(): boolean {
    const { connection, parts, reader } = this;
    const part = parts[this.next];
    // What has been read must not be kept until everything has been.
    parts[this.next++] = undefined;
    if (part && connection.isOpen) this.read(part);
    if (connection.isOpen && this.next < parts.length) return true;
    reader.caughtUp();
    connection.caughtUp();
    return false;
  }

  private read(part: Part): void {
    try {
      this.reader.readPart(part);
    } catch (error) {
      this.connection.fail(error);
    }
  }
}
