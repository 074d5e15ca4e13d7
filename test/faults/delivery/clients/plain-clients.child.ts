// Clients of Socket.IO in a process of their own, one of each server, which ask for nothing once they have read: whatever
// they wait for is their server's doing, and not that of other clients.
import { io } from 'socket.io-client';
import { answer } from '../../support/answering.js';
import type { Tick } from '../servers/joined-server.js';

/** When each client heard its own server, by the time of the day, in milliseconds. */
const times: number[][] = [];

async function follow(url: string, source: string, path: string | null): Promise<void> {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  const own: number[] = [];
  times.push(own);
  socket.on('tick', ({ data }: { data: Tick }) => {
    if (data.source === source) own.push(performance.timeOrigin + performance.now());
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  if (path) await socket.emitWithAck('get', { url: path });
}

answer({ follow, times: () => times });
