/** How much is read in one turn of the event loop: so many parts, or those until there are so many bytes. */
const PARTS_PER_TURN = 50;
const BYTES_PER_TURN = 262_144;

/** The parts of one connection that wait to be read. */
interface UnreadParts {
  readonly nextBytes: number;
  /** Reads one part, and tells whether there are more. */
  readNext(): boolean;
}

/**
 * Divides what all clients of a server send among turns of the event loop: neither a burst of one connection nor those
 * of many hold it. Of the connections that wait, each has one part read before the first has its next one.
 */
export class ReadingTurns {
  private parts = 0;
  private bytes = 0;
  private readonly waiting = new Set<UnreadParts>();

  /** Tells whether a part may be read now, and counts it. */
  mayRead(bytes: number): boolean {
    if (this.isOver) return false;
    this.count(bytes);
    return true;
  }

  /** Reads these when it is their turn. */
  add(parts: UnreadParts): void {
    this.waiting.add(parts);
  }

  private get isOver(): boolean {
    return this.parts >= PARTS_PER_TURN || this.bytes >= BYTES_PER_TURN;
  }

  private count(bytes: number): void {
    this.parts++;
    this.bytes += bytes;
    if (this.isOver) setImmediate(() => this.begin());
  }

  private begin(): void {
    this.parts = 0;
    this.bytes = 0;
    // What is added again comes last.
    for (const parts of this.waiting) {
      if (this.isOver) return;
      this.waiting.delete(parts);
      this.count(parts.nextBytes);
      if (parts.readNext()) this.waiting.add(parts);
    }
  }
}
