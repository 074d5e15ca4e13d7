import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { withTimeout } from '../../common/promises.js';
import { Deadlines } from '../../server/inbound/deadlines.js';
import { onConnection } from '../../server/namespaces.js';
import { takesMore } from '../../server/outbound/outbound.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { HeaderRules } from '../packet/header-rules.js';
import { shuttingDown } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';
import { VirtualConnections } from '../virtual-http/virtual-connection.js';
import { RequestTurns } from './request-turns.js';
import { SocketCaller } from './socket-caller.js';

/** How long a caller waits for another request, in milliseconds. To make one is cheap, and to keep it is not. */
const IDLE_TIMEOUT = 100;

/** The sockets that send requests, each until it has been idle for a while or disconnects. */
export class SocketCallers {
  private readonly callers = new Map<Socket, SocketCaller>();
  private readonly turns = new RequestTurns((connection) => takesMore(this.server.io, connection));
  private readonly idle = new Deadlines<SocketCaller>(IDLE_TIMEOUT, (caller) => this.endIfIdle(caller));
  private isClosing = false;

  constructor(
    private readonly server: SocketsServer,
    private readonly headers: HeaderRules,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {}

  /** Lets go of callers whose sockets disconnect, from now on. */
  listen(io: Server): void {
    const forget = (socket: Socket): void => this.forget(socket);
    // For all sockets. It happens once; "once" would cost each of them a closure.
    const listener = function (this: Socket): void {
      forget(this);
    };
    onConnection(io, (socket) => void socket.on('disconnect', listener));
  }

  /** @throws RequestRefusal while the application shuts down */
  of(socket: Socket): SocketCaller {
    if (this.isClosing) throw shuttingDown();
    const caller = this.callers.get(socket) ?? this.begin(socket);
    caller.isUsed = true;
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

  private begin(socket: Socket): SocketCaller {
    const { httpServer } = this.server.io;
    const connections = new VirtualConnections(socket, httpServer as HttpServer);
    const caller = new SocketCaller(socket, connections, this.headers, this.options, this.turns);
    if (!socket.connected) return caller;
    this.callers.set(socket, caller);
    caller.pending.onEmpty = () => this.awaitIdle(caller);
    this.awaitIdle(caller);
    return caller;
  }

  private awaitIdle(caller: SocketCaller): void {
    if (caller.isAwaited) return;
    caller.isAwaited = true;
    this.idle.add(caller);
  }

  /** A caller that waits for an answer is looked at again when it has got it. */
  private endIfIdle(caller: SocketCaller): void {
    caller.isAwaited = false;
    if (!caller.pending.isEmpty) return;
    if (!caller.isUsed && caller.isIdle) return this.forget(caller.socket);
    caller.isUsed = false;
    this.awaitIdle(caller);
  }

  private forget(socket: Socket): void {
    const caller = this.callers.get(socket);
    if (!caller) return;
    this.callers.delete(socket);
    this.idle.delete(caller);
    caller.end();
  }
}
