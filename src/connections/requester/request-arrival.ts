import type { Server } from 'node:http';
import type { HttpRequest } from './requesting-socket.js';

/** Where a request keeps when it came. No weak map: that of so many would cost the collection of garbage something. */
const ARRIVAL = Symbol('nestjs-sockets:arrival');

interface Arrived {
  [ARRIVAL]?: number;
}

const noting = new WeakSet<object>();

/** From now on it is known when each request came, before anybody judges it. */
export function recordArrivals({ httpServer }: { httpServer?: object }): void {
  if (httpServer === undefined) return;
  if (noting.has(httpServer)) return;
  noting.add(httpServer);
  (httpServer as Server).prependListener('request', (request: Arrived) => {
    request[ARRIVAL] = performance.now();
  });
}

/** When a request came, as `performance.now()` has it. */
export function receivedAt(request: HttpRequest): number {
  const { raw = request, socket } = request as { raw?: Arrived; socket?: { server?: object } };
  const known = (raw as Arrived)[ARRIVAL];
  if (known !== undefined) return known;
  // Fastify listens with a server of its own for each further address of "localhost".
  if (socket?.server) recordArrivals({ httpServer: socket.server });
  return performance.now();
}
