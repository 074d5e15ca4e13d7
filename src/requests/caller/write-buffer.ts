import type { Socket } from 'socket.io';

/** The part of Engine.IO's connection that tells what has not been written yet. */
interface BufferedConnection {
  writeBuffer: readonly unknown[];
  readyState: string;
  on(event: 'drain', listener: () => void): unknown;
}

/**
 * The packets of a connection that have not been written yet, for back-pressure: a client that does not read must not
 * be given more and more.
 */
export class WriteBuffer {
  private readonly connection: BufferedConnection;
  private waiting: Array<() => void> = [];

  constructor({ conn }: Socket) {
    // Private in Engine.IO's types, although its documentation names it for this very purpose.
    this.connection = conn as unknown as BufferedConnection;
    this.connection.on('drain', () => this.resume());
  }

  /** Calls back as soon as everything so far has been handed to the connection. */
  whenDrained(resume: () => void): void {
    const { writeBuffer, readyState } = this.connection;
    if (writeBuffer.length === 0 || readyState !== 'open') resume();
    else this.waiting.push(resume);
  }

  private resume(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

/** The part of a TCP socket that is used. */
interface Corkable {
  cork(): void;
  uncork(): void;
}

/** The part of Engine.IO's connection that tells when it writes, and to what. */
interface FlushingConnection {
  on(event: 'flush', listener: (packets: readonly unknown[]) => void): unknown;
  transport: { socket?: { _socket?: Partial<Corkable> } };
}

/**
 * Makes packets that a connection flushes together one write to its TCP socket, instead of one each: responses that
 * waited for the one before them leave together. The TCP socket is private in the types; without one, nothing changes.
 */
export function corkWrites({ conn }: Socket): void {
  const connection = conn as unknown as FlushingConnection;
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
