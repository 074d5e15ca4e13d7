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

/** As much of a TCP socket as is used. */
interface Corkable {
  cork(): void;
  uncork(): void;
}

/** As much of Engine.IO's connection as says that it writes, and to what. */
interface Connection {
  on(event: 'flush', listener: (packets: readonly unknown[]) => void): unknown;
  transport: { socket?: { _socket?: Partial<Corkable> } };
}

/**
 * From now on, packets that a connection writes at once are one write to its TCP socket, where each would be one: answers that had to wait for the one before
 * them leave together. The TCP socket is private to its types; where there is none, each is written as it always was.
 */
export function joinWrites({ conn }: Socket): void {
  const connection = conn as unknown as Connection;
  connection.on('flush', ({ length }) => {
    if (length < 2) return;
    const tcp = connection.transport.socket?._socket;
    if (!isCorkable(tcp)) return;
    tcp.cork();
    process.nextTick(() => tcp.uncork());
  });
}

function isCorkable(tcp: Partial<Corkable> | undefined | null): tcp is Corkable {
  return typeof tcp?.cork === 'function' && typeof tcp.uncork === 'function';
}
