import type { Server } from 'node:http';
import type { Socket } from 'socket.io';
import { VirtualConnection } from './virtual-connection.js';

/**
 * The connections of one socket: a request has one to itself and leaves it, if it is still open, to the next, as with kept-alive connections over HTTP. So there
 * are as many as requests at once, and whoever closes one cuts nobody else off.
 */
export class VirtualConnections {
  private readonly idle: VirtualConnection[] = [];

  constructor(
    private readonly handshake: Socket['handshake'],
    private readonly server: Server,
  ) {}

  take(): VirtualConnection {
    const known = this.idle.pop();
    return known && !known.destroyed ? known : new VirtualConnection(this.handshake, this.server);
  }

  /** One to whose end the application listens would gather such listeners for as long as the client stays. */
  giveBack(connection: VirtualConnection): void {
    connection.exchange = undefined;
    if (connection.isListenedTo) connection.destroy();
    if (!connection.destroyed) this.idle.push(connection);
  }

  close(): void {
    for (const connection of this.idle.splice(0)) connection.destroy();
  }
}
