// One of several servers whose clients are to miss nothing, in a process of its own. It does what a trial asks for.
import 'reflect-metadata';
import type { SocketsModuleOptions } from '../../../../src/index.js';
import { answer } from '../../support/answering.js';
import type { Setting } from './joined-server.js';
import { startLibrary } from './library-server.js';
import { startSocketIo } from './socket-io-server.js';

const setting = JSON.parse(process.env.SETTING ?? '{}') as Setting;
const server = await (process.env.SERVER === 'socket.io'
  ? startSocketIo(setting)
  : startLibrary(setting, JSON.parse(process.env.OPTIONS ?? '{}') as SocketsModuleOptions));

/** How many messages are under way at most, so that a server that is too slow is not measured by its memory. */
const MOST_UNDER_WAY = 1_000;

answer({
  port: () => server.port,
  publish: (source: string, number: number) => server.publish({ id: number, source, number }),
  publishMany,
  write: (by: string, pause: number) => server.write(by, pause),
  mark: (id: number) => server.mark(id),
  cpu,
});

/** Gives the milliseconds of the processor that this process has taken. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Publishes at a steady pace, or as fast as it can if that is slower. Gives the milliseconds that it took. */
async function publishMany(source: string, count: number, perSecond: number, first = 1): Promise<number> {
  const begin = performance.now();
  const underWay = new Set<Promise<unknown>>();
  for (let done = 0; done < count;) {
    const due = Math.min(count, 1 + Math.floor(((performance.now() - begin) / 1_000) * perSecond));
    for (; done < due && underWay.size < MOST_UNDER_WAY; done++) {
      const number = first + done;
      const published = server.publish({ id: number, source, number });
      underWay.add(published);
      void published.finally(() => underWay.delete(published));
    }
    const untilNext = (done / perSecond) * 1_000 - (performance.now() - begin);
    await new Promise((resolve) => setTimeout(resolve, Math.max(2, untilNext)));
  }
  await Promise.all(underWay);
  return performance.now() - begin;
}
