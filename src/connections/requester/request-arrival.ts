import type { Server } from 'node:http';
import type { HttpRequest } from './requesting-socket.js';

/**
 * The key under which a request keeps its arrival time. A weak map of so many requests would cost the garbage
 * collector.
 */
const ARRIVAL = Symbol('nestjs-sockets:arrival');

interface Arrived {
  [ARRIVAL]?: number;
}

const recorded = new WeakSet<object>();

/** Records when requests arrive, from now on, before any middleware or guard sees them. */
export function recordArrivals({ httpServer }: { httpServer?: object }): void {
  if (httpServer === undefined) return;
  if (recorded.has(httpServer)) return;
  recorded.add(httpServer);
  (httpServer as Server).prependListener('request', (request: Arrived) => {
    request[ARRIVAL] = performance.now();
  });
}

/** Returns when a request arrived, by `performance.now()`. */
export function receivedAt(request: HttpRequest): number {
  const { raw = request, socket } = request as { raw?: Arrived; socket?: { server?: object } };
  const known = (raw as Arrived)[ARRIVAL];
  if (known !== undefined) return known;
  // Fastify listens with a server of its own for each further address of "localhost".
  if (socket?.server) recordArrivals({ httpServer: socket.server });
  return performance.now();
}
