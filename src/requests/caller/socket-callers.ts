import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'socket.io';
import { withTimeout } from '../../common/promises.js';
import { Deadlines } from '../../server/inbound/deadlines.js';
import { takesMore } from '../../server/outbound/outbound.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { HeaderRules } from '../packet/header-rules.js';
import { shuttingDown } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';
import { VirtualConnections } from '../virtual-http/virtual-connection.js';
import { RequestTurns } from './request-turns.js';
import { SocketCaller } from './socket-caller.js';

/** How long a connection waits for another request, in milliseconds. To make one is cheap, and to keep it is not. */
const IDLE_TIMEOUT = 100;

/** The sockets that have sent a request, from their first one until they disconnect. */
export class SocketCallers {
  private readonly callers = new Map<Socket, SocketCaller>();
  private readonly turns = new RequestTurns((connection) => takesMore(this.server.io, connection));
  /** The connections of callers that have asked nothing for a while are let go. */
  private readonly idle = new Deadlines<VirtualConnections>(IDLE_TIMEOUT, (connections) => connections.endIfIdle());
  /** For all callers. It happens once; "once" would cost each of them a closure. */
  private readonly onDisconnect: (this: Socket) => void;
  private isClosing = false;

  constructor(
    private readonly server: SocketsServer,
    private readonly headers: HeaderRules,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {
    const { callers } = this;
    this.onDisconnect = function () {
      const caller = callers.get(this);
      callers.delete(this);
      caller?.disconnect();
    };
  }

  /** @throws RequestRefusal while the application shuts down */
  of(socket: Socket): SocketCaller {
    if (this.isClosing) throw shuttingDown();
    const known = this.callers.get(socket);
    if (known) return known;
    const { httpServer } = this.server.io;
    const connections = new VirtualConnections(socket, httpServer as HttpServer, this.idle);
    const caller = new SocketCaller(socket, connections, this.headers, this.options, this.turns);
    this.callers.set(socket, caller);
    socket.on('disconnect', this.onDisconnect);
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
