import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io-client';
import type { TestApplication } from '../../../../support/application.js';

const TEN_KILOBYTES = 'x'.repeat(10_000);

/** Has a client, which is connected by a websocket, read no more until the function that this returns is called. */
export function stopReading(socket: Socket): () => void {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
  const { _socket: tcp } = transport.ws;
  tcp.pause();
  return () => void tcp.resume();
}

/** Sends to everybody until so many clients that do not read have fallen behind. */
export async function sendUntilBehind({ sockets }: TestApplication, clients = 1): Promise<void> {
  const { rooms } = sockets.server.sockets.adapter;
  while ((rooms.get('sockets:behind')?.size ?? 0) < clients) {
    sockets.server.emit('noise', TEN_KILOBYTES);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
