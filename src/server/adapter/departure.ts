import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Server } from 'socket.io';
import { CLOSING_EVENT, type Closing } from '../../protocol/notes.js';
import { SocketsServer } from '../sockets-server.js';
import { SocketsIoAdapter } from './sockets.adapter.js';

/** How many clients a second are to come back to the servers that remain, and within how many milliseconds. */
const RETURNS_PER_SECOND = 100;
const SHORTEST = 1_000;
const LONGEST = 30_000;

/**
 * Prepares the end of a server, while it still answers what its clients have asked: nobody is let in any more, and each
 * client is told when to look for another server, so that they do not all come at once.
 */
@Injectable()
export class Departure implements BeforeApplicationShutdown {
  constructor(
    private readonly config: ApplicationConfig,
    private readonly server: SocketsServer,
  ) {}

  beforeApplicationShutdown(): void {
    const adapter: unknown = this.config.getIoAdapter();
    if (adapter instanceof SocketsIoAdapter) adapter.refuseHandshakes();
    const sockets = this.server.all.flatMap(socketsOfConnections);
    const period = Math.min(LONGEST, Math.max(SHORTEST, (sockets.length / RETURNS_PER_SECOND) * 1_000));
    for (const socket of sockets) {
      const closing: Closing = { reconnectIn: Math.round(Math.random() * period) };
      socket.emit(CLOSING_EVENT, closing);
    }
  }
}

/** Returns one socket of each connection, whatever namespaces it is in. */
function socketsOfConnections(io: Server) {
  const all = [...io._nsps.values()].flatMap(({ sockets }) => [...sockets.values()]);
  return [...new Map(all.map((socket) => [socket.conn, socket])).values()];
}
