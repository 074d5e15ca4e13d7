// A server that is attacked, in a process of its own, so that its death is seen. It does what the suite asks for.
import 'reflect-metadata';
import type { SocketsModuleOptions } from '../../../src/index.js';
import { answer } from '../support/answering.js';
import { type Attacked, progress } from './attacked.js';
import { startDefaultNest } from './default-nest.js';
import { startDefaultSocketIo } from './default-socket-io.js';
import { startLibrary } from './library.js';
import { measureUnit, takeCost, watchTheLoop } from './stall.js';

const start: Record<string, () => Promise<Attacked>> = {
  library: () => startLibrary(JSON.parse(process.env.OPTIONS ?? '{}') as SocketsModuleOptions),
  nest: startDefaultNest,
  'socket.io': startDefaultSocketIo,
};

const server = await start[process.env.SERVER ?? 'library']();
// For attacks on many namespaces.
server.io.of(/^\/n\d+$/);
const ownPrototype = Object.getOwnPropertyNames(Object.prototype).length;

watchTheLoop();
answer({
  port: () => server.port,
  memory: () => {
    for (let turn = 0; turn < 3; turn++) global.gc?.();
    return process.memoryUsage();
  },
  cost: takeCost,
  unit: measureUnit,
  refused: () => server.refused?.() ?? {},
  connections: () => server.io.engine.clientsCount,
  sockets: () => [...server.io._nsps.values()].reduce((sum, { sockets }) => sum + sockets.size, 0),
  rooms: () => server.io.of('/').adapter.rooms.size,
  polluted: () => Object.getOwnPropertyNames(Object.prototype).length - ownPrototype,
  publish,
  publishQuotes,
  grant: (user: string, id: number) => server.records?.grant(user, id),
  revoke: (user: string, id: number) => server.records?.revoke(user, id),
  change: (id: number, version: number) => server.records?.publish(id, version),
});

/** Publishes, and waits whenever the healthy client is more than `ahead` messages behind. */
async function publish(count: number, bytes: number, ahead: number): Promise<void> {
  progress.seen = 0;
  let lastSeen = 0;
  let lastProgress = performance.now();
  for (let id = 1; id <= count; id++) {
    while (id - progress.seen > ahead) {
      if (progress.seen !== lastSeen) [lastSeen, lastProgress] = [progress.seen, performance.now()];
      if (performance.now() - lastProgress > 60_000) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    server.publish(tickOf(id, bytes));
  }
}

/** Publishes about quotes, faster than a client reads that does not read at all. */
async function publishQuotes(count: number, bytes: number): Promise<void> {
  for (let id = 1; id <= count; id++) {
    server.publishQuote?.(tickOf(id, bytes));
    if (id % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** No two have the same text, as records have none in common. */
function tickOf(id: number, bytes: number) {
  return { id, pad: String(id).padEnd(bytes, 'x') };
}
