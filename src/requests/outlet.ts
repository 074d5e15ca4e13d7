import type { Socket } from 'socket.io';

/** As much of Engine.IO's connection as says what has not been written yet. */
interface Writer {
  writeBuffer: readonly unknown[];
  readyState: string;
  on(event: 'drain', listener: () => void): unknown;
}

/** What a connection has been told, and whether it takes it: a client that reads nothing must not be given more and more. */
export class Outlet {
  private readonly writer: Writer;
  private waiting: Array<() => void> = [];

  constructor({ conn }: Socket) {
    // Private to its types, and what Engine.IO's documentation names for this very purpose.
    this.writer = conn as unknown as Writer;
    this.writer.on('drain', () => this.goOn());
  }

  /** Goes on as soon as everything so far has been handed to the connection. */
  whenDrained(goOn: () => void): void {
    const { writeBuffer, readyState } = this.writer;
    if (writeBuffer.length === 0 || readyState !== 'open') goOn();
    else this.waiting.push(goOn);
  }

  private goOn(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const goOn of waiting) goOn();
  }
}
