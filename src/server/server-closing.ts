import type { Server } from 'socket.io';

type Engine = Server['engine'];

/** How long websockets have for their closing handshake, in milliseconds; a client that is gone without a word never answers. */
const FAREWELL = 2_000;

/**
 * Closes the server and waits until it is closed. Clients hear that the connection ended, not that they were sent away, so they look for another
 * server by themselves.
 *
 * @param atOnce cuts what would be waited for: closing handshakes, and the HTTP server's other connections
 */
export async function closeServer(io: Server, atOnce: boolean): Promise<void> {
  const { engine, httpServer } = io;
  keepNoConnection(engine);
  const websockets = websocketsOf(engine);
  const closed = new Promise<void>((resolve) => void io.close(() => resolve()));
  const cut = (): void => websockets.forEach((websocket) => websocket.terminate());
  if (atOnce) {
    // One turn later, so that what tells the clients has been written.
    setImmediate(() => {
      cut();
      if (httpServer && 'closeAllConnections' in httpServer) httpServer.closeAllConnections();
    });
  }
  const patience = setTimeout(cut, FAREWELL);
  await closed;
  clearTimeout(patience);
}

/**
 * A closing HTTP server waits for connections that are kept for another request, and on one of them a polling client that was let in late would come
 * back for ever.
 */
function keepNoConnection(engine: Engine): void {
  engine.on('headers', (headers: Record<string, string>) => {
    headers.Connection = 'close';
  });
}

/** What the transport of a client keeps for itself. */
function websocketsOf(engine: Engine): Array<{ terminate(): void }> {
  const { clients } = engine as unknown as {
    clients: Record<string, { transport: { socket?: { terminate?: unknown } } }>;
  };
  return Object.values(clients)
    .map(({ transport }) => transport.socket)
    .filter((socket): socket is { terminate(): void } => typeof socket?.terminate === 'function');
}
