import { type IncomingMessage, Server as HttpServer, type ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** For how long nothing may come of a request that is awaited, in milliseconds. */
const PATIENCE = 2_000;

const known = new WeakMap<object, OpenConnections>();

/**
 * Ends the connections of a closing HTTP server on which a request is awaited, or the rest of one, that does not come.
 * The server would wait for them, and without a limit of time, since it forgets its time limits when it is closed. Such
 * connections are common: browsers open some in advance, on which nothing may ever be asked.
 */
export class OpenConnections {
  private readonly connections = new Set<Socket>();
  /** The last response of each, as long as it is open: those before it are sent before it. */
  private readonly responses = new WeakMap<Socket, ServerResponse>();
  /** How much had come when they were last looked at. */
  private readonly progress = new WeakMap<Socket, number>();
  private looking: NodeJS.Timeout | undefined;
  private readonly forgetUpgraded: (request: IncomingMessage) => void;

  private constructor(private readonly server: HttpServer | HttpsServer) {
    const { connections, responses } = this;
    // One function for all connections, and one for all responses, instead of one for each.
    function forget(this: Socket): void {
      connections.delete(this);
    }
    function finish(this: ServerResponse): void {
      const { socket } = this.req;
      if (responses.get(socket) === this) responses.delete(socket);
    }
    this.forgetUpgraded = ({ socket }) => {
      connections.delete(socket);
      socket.off('close', forget);
    };
    // Node has a time limit of its own for those that never become secure.
    const opened = server instanceof HttpsServer ? 'secureConnection' : 'connection';
    server.on(opened, (connection: Socket) => {
      connections.add(connection);
      connection.on('close', forget);
    });
    // Before anything answers. Requests over the socket have no connection here.
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      if (!connections.has(socket)) return;
      responses.set(socket, response);
      response.on('close', finish);
    });
  }

  /** Finds those of a server, and begins to count them. HTTP/2 servers are not supported. */
  static of(server: unknown): OpenConnections | undefined {
    if (!(server instanceof HttpServer || server instanceof HttpsServer)) return undefined;
    const connections = known.get(server) ?? new OpenConnections(server);
    known.set(server, connections);
    // Only where something answers upgrades: without a listener, Node takes them for requests, which are answered.
    if (server.listenerCount('upgrade') > 0 && !server.listeners('upgrade').includes(connections.forgetUpgraded)) {
      server.prependListener('upgrade', connections.forgetUpgraded);
    }
    return connections;
  }

  /** Ends them from now on. Each of several Socket.IO servers may ask for it. */
  endWaiting(): void {
    if (this.looking) return;
    const begun = performance.now();
    const { server } = this;
    const look = (): void => {
      const isOver = server.requestTimeout > 0 && performance.now() - begun > server.requestTimeout;
      for (const connection of this.connections) {
        if (this.isWaiting(connection) && (isOver || !this.goesOn(connection))) connection.destroy();
      }
    };
    look();
    this.looking = setInterval(look, PATIENCE).unref();
    server.once('close', () => clearInterval(this.looking));
  }

  /** Tells whether it is the client that is waited for. */
  private isWaiting(connection: Socket): boolean {
    const response = this.responses.get(connection);
    // A paused connection waits for a handler that reads slowly.
    return !response || !(response.req.complete || connection.isPaused());
  }

  private goesOn(connection: Socket): boolean {
    const before = this.progress.get(connection);
    this.progress.set(connection, connection.bytesRead);
    return before !== connection.bytesRead;
  }
}
