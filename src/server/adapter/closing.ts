import type { Server } from 'socket.io';
import { stayWithOthers } from '../cluster/delivery/leaving.js';
import { OpenConnections } from './open-connections.js';

type Engine = Server['engine'];

/** Limits the closing handshakes of websockets, in milliseconds: a client that is gone without a word never answers. */
const CLOSING_TIMEOUT = 2_000;

/** How often kept-alive connections are looked for that have had their last answer, in milliseconds. */
const IDLE_CHECK = 50;

/**
 * Closes the server and waits until it is closed. Clients hear that the connection ended, not that they were sent away,
 * so they look for another server by themselves. It stays with the other servers (`leaveOthers()`).
 *
 * @param atOnce waits neither for closing handshakes nor for the HTTP server's other connections
 */
export async function closeServer(io: Server, atOnce: boolean): Promise<void> {
  const { engine, httpServer } = io;
  endKeptConnections(engine);
  OpenConnections.of(httpServer)?.endWaiting();
  const websockets = websocketsOf(engine);
  stayWithOthers(io);
  const closed = new Promise<void>((resolve) => void io.close(() => resolve()));
  const cut = (): void => websockets.forEach((websocket) => websocket.terminate());
  if (atOnce) {
    // In the next turn, so that the packets that tell the clients have been written.
    setImmediate(() => {
      cut();
      if (httpServer && 'closeAllConnections' in httpServer) httpServer.closeAllConnections();
    });
  }
  const timer = setTimeout(cut, CLOSING_TIMEOUT);
  // Node does so once only, and would keep one that is being answered then for the next request that may come on it.
  const idle = setInterval(() => {
    if (httpServer && 'closeIdleConnections' in httpServer) httpServer.closeIdleConnections();
  }, IDLE_CHECK);
  await closed;
  clearTimeout(timer);
  clearInterval(idle);
}

/**
 * Ends kept-alive connections with their next response. A closing HTTP server waits for them, and a polling client that
 * was let in late would come back on one of them for ever.
 */
function endKeptConnections(engine: Engine): void {
  engine.on('headers', (headers: Record<string, string>) => {
    headers.Connection = 'close';
  });
}

/** Reads the websockets of all clients, which the types of their transports hide. */
function websocketsOf(engine: Engine): Array<{ terminate(): void }> {
  const { clients } = engine as unknown as {
    clients: Record<string, { transport: { socket?: { terminate?: unknown } } }>;
  };
  return Object.values(clients)
    .map(({ transport }) => transport.socket)
    .filter((socket): socket is { terminate(): void } => typeof socket?.terminate === 'function');
}
