import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { nextMessage, startProgram } from '../../../support/child-process.js';
import { connect, type TestClient } from '../../../support/client.js';
import { PostgresServer } from '../../../support/postgres.js';
import { RedisServer } from '../../../support/redis.js';
import { ENGINES } from './support/engines.js';

/** A process that would end by any promise that nobody handles, and a client of it. */
interface Server {
  process: ChildProcess;
  client: TestClient;
}

async function startServers(engine: string, context: TestContext) {
  const bus = await (engine === 'postgres' ? PostgresServer : RedisServer).start();
  if (!bus) return context.skip(`what joins servers is not installed: ${engine}`);
  onTestFinished(() => bus.stop());
  const env = { BUS_URL: bus.url, BUS_PREFIX: randomUUID(), ENGINE: engine };
  const startOne = async (): Promise<Server> => {
    const child = startProgram('foreign-adapter', env, { execArgv: ['--unhandled-rejections=strict'] });
    const port = await nextMessage(child);
    return { process: child, client: await connect(`http://127.0.0.1:${String(port)}`) };
  };
  const servers = await Promise.all([startOne(), startOne()]);
  await hearEachOther(servers);
  return { bus, servers };
}

/** Publishes on each server until the client of the other one hears of it, in either way. */
async function hearEachOther([a, b]: readonly Server[]): Promise<void> {
  for (const [from, to] of [[a, b] as const, [b, a] as const]) {
    const mark = randomUUID();
    await expect
      .poll(() => {
        from.process.send(mark);
        return ['published', 'emitted'].map((event) => to.client.heard(event).includes(mark));
      })
      .toEqual([true, true]);
  }
}

/** Resolves once the client of each server has what its own server publishes from now on. */
async function hearTheirOwn(servers: readonly Server[]): Promise<void> {
  for (const { process, client } of servers) {
    const mark = randomUUID();
    process.send(mark);
    for (const event of ['published', 'emitted']) await client.next(event, (data) => data === mark);
  }
}

describe('Servers that an adapter of another package joins, and that publish without a pause', () => {
  it.for([...Object.keys(ENGINES), 'postgres'])(
    'outlive a bus that ends, or stands still, serve their own clients meanwhile, and hear each other again: %s',
    async (engine, context) => {
      const { bus, servers } = await startServers(engine, context);

      await bus.kill();
      await hearTheirOwn(servers);
      await delay(500);
      await hearTheirOwn(servers);
      await bus.restart();
      await hearEachOther(servers);

      bus.freeze();
      await hearTheirOwn(servers);
      await delay(2_000);
      await hearTheirOwn(servers);
      bus.thaw();
      await hearEachOther(servers);

      for (const { process, client } of servers) {
        expect([process.exitCode, process.signalCode, client.socket.connected]).toEqual([null, null, true]);
      }
    },
  );
});
