import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { type Attacked, progress, userOf } from './attacked.js';
import { merge } from './attacked.gateway.js';
import { fail, oddResult } from './odd-results.js';

type Acknowledge = ((answer: unknown) => void) | undefined;

/** A Socket.IO server with its defaults, and with what the gateway does as listeners. */
export async function startDefaultSocketIo(): Promise<Attacked> {
  const http = createServer((_request, response) => void response.writeHead(404).end());
  const io = new Server(http);
  io.use((socket, next) =>
    next(userOf(socket.handshake.auth.token) ? undefined : new Error('This token is not valid.')),
  );
  io.on('connection', (socket) => {
    socket.on('echo', (data: unknown, ack: Acknowledge) => ack?.(data));
    socket.on('odd', async (name: unknown, ack: Acknowledge) => ack?.(await oddResult(name)));
    socket.on('fail', (name: unknown) => fail(name));
    socket.on('merge', (data: object, ack: Acknowledge) => ack?.(merge({}, data)));
    socket.on('join', async (rooms: string[], ack: Acknowledge) => {
      await socket.join(rooms);
      ack?.(socket.rooms.size);
    });
    socket.on('seen', (id: number) => (progress.seen = id));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    port: (http.address() as AddressInfo).port,
    io,
    publish: (tick) => void io.emit('tick', tick),
  };
}
