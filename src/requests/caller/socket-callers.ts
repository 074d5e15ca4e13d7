import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'socket.io';
import { withTimeout } from '../../common/promises.js';
import { takesMore } from '../../server/outbound/outbound.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { HeaderRules } from '../packet/header-rules.js';
import { shuttingDown } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';
import { RequestTurns } from './request-turns.js';
import { SocketCaller } from './socket-caller.js';

/** The sockets that have sent a request, from their first one until they disconnect. */
export class SocketCallers {
  private readonly callers = new Map<Socket, SocketCaller>();
  private readonly turns = new RequestTurns((connection) => takesMore(this.server.io, connection));
  private isClosing = false;

  constructor(
    private readonly server: SocketsServer,
    private readonly headers: HeaderRules,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {}

  /** @throws RequestRefusal while the application shuts down */
  of(socket: Socket): SocketCaller {
    if (this.isClosing) throw shuttingDown();
    const known = this.callers.get(socket);
    if (known) return known;
    const { httpServer } = this.server.io;
    const caller = new SocketCaller(socket, httpServer as HttpServer, this.headers, this.options, this.turns);
    this.callers.set(socket, caller);
    socket.once('disconnect', () => {
      this.callers.delete(socket);
      caller.disconnect();
    });
    return caller;
  }

  renewCredentials(socket: Socket): void {
    this.callers.get(socket)?.renewCredentials();
  }

  /** Lets no more requests begin, waits for those that are being handled, and refuses those that take too long. */
  async close(): Promise<void> {
    this.isClosing = true;
    const pending = [...this.callers.values()].map((caller) => caller.pending);
    const settled = Promise.all(pending.map((requests) => requests.settled()));
    await withTimeout(this.options.shutdownTimeout, 'answering the pending requests', settled).catch(() => undefined);
    for (const requests of pending) requests.refuseAll(shuttingDown());
  }
}
