import type { Socket } from 'socket.io';

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
