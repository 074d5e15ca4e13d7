import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { SocketsHealth } from '../../../../src/index.js';
import type { RedisMode } from '../../../../src/server/cluster/engines/redis.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { platform } from '../../../support/platforms.js';
import { RedisServer } from '../../../support/redis.js';
import { LateRedis } from './support/late-redis.js';
import { CLIENTS, startOne } from './support/servers.js';

let redis: RedisServer | undefined;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(() => redis?.stop());

/** More than any test sends, in bytes. */
const MUCH = 64 * 1024 * 1024;

const WAYS = Object.keys(CLIENTS).flatMap((name) =>
  (['pubsub', 'sharded', 'streams'] as const).map((mode) => [name, mode] as const),
);

/** A server whose way to Redis can break, another one with a way of its own, and a client that reads there. */
async function startBy(context: TestContext, [name, mode]: readonly [string, RedisMode]) {
  if (!redis) return context.skip('there is no redis-server');
  const way = await LateRedis.to(redis.url);
  const prefix = randomUUID();
  const [here, there] = [
    await startOne({ client: CLIENTS[name](way.url), mode, prefix }),
    // Its client is not to be cut off, however busy the machine is.
    await startOne({ client: CLIENTS[name](redis.url), mode, prefix }, platform, { limits: { maxQueued: MUCH } }),
  ];
  for (const { sockets } of [here, there])
    await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  const reader = await there.connect();
  await reader.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });
  return { way, here, there, reader };
}

const numbers = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data: { number: unknown } }).data.number);

const waiting = ({ sockets }: TestApplication): number => sockets.metrics().journal?.waiting ?? 0;

describe('a server whose connection to Redis breaks', () => {
  it.for(WAYS)('has counted what was on its way, once and in the order of the calls: %s, %s', async (way, context) => {
    const { way: broken, here, reader } = await startBy(context, way);
    const text = 'x'.repeat(30_000);
    const count = 400;

    broken.stall();
    // More than the buffers on the way take, so that some of it waits in the client still.
    for (let number = 0; number < count; number++) {
      void here.channel('card').publishUpdate(1, { number, text });
      // What is published in one turn is sent together.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => waiting(here)).toBe(count);
    broken.cut();
    await expect.poll(() => waiting(here)).toBe(0);
    await here.channel('card').publishUpdate(1, { number: count });
    await reader.next<{ data: { number: number } }>('card', ({ data }) => data.number === count);

    expect(numbers(reader)).toEqual(Array.from({ length: count + 1 }, (_, number) => number));
  });

  it.for(WAYS)('has nothing counted again of which only the answers were lost: %s, %s', async (way, context) => {
    const { way: broken, here, reader } = await startBy(context, way);

    broken.mute();
    for (const number of [0, 1, 2]) await here.channel('card').publishUpdate(1, { number });
    await reader.next<{ data: { number: number } }>('card', ({ data }) => data.number === 2);
    broken.cut();
    await expect.poll(() => waiting(here)).toBe(0);
    await here.channel('card').publishUpdate(1, { number: 3 });
    await reader.next<{ data: { number: number } }>('card', ({ data }) => data.number === 3);

    expect(numbers(reader)).toEqual([0, 1, 2, 3]);
  });

  it.for(WAYS)('has it counted before what came as the connection ended: %s, %s', async (way, context) => {
    const { way: broken, here, reader } = await startBy(context, way);

    broken.stall();
    for (const number of [0, 1, 2]) await here.channel('card').publishUpdate(1, { number });
    broken.cut();
    // The client has not noticed anything yet.
    for (const number of [3, 4]) await here.channel('card').publishUpdate(1, { number });
    await expect.poll(() => waiting(here)).toBe(0);
    await here.channel('card').publishUpdate(1, { number: 5 });
    await reader.next<{ data: { number: number } }>('card', ({ data }) => data.number === 5);

    expect(numbers(reader)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.for(WAYS)('hears the rooms that its clients entered meanwhile: %s, %s', async (way, context) => {
    const { way: broken, here, there } = await startBy(context, way);
    const client = await here.connect();

    broken.stall();
    const subscribed = here.channel('card').subscribe(client.id, 2);
    await expect
      .poll(() => client.received.length === 0 && here.sockets.server.of('/').adapter.rooms.size)
      .toBeGreaterThan(1);
    broken.cut();
    await subscribed;

    await expect
      .poll(async () => {
        await there.channel('card').publishUpdate(2, { number: 1 });
        return client.heard('card').length;
      })
      .toBeGreaterThan(0);
  });

  it.for(WAYS)(
    'lets nobody miss what is sent to rooms that are entered before it is back: %s, %s',
    async (way, context) => {
      const { way: broken, here, there } = await startBy(context, way);
      const client = await here.connect();

      broken.shut();
      await expect.poll(() => here.nest.get(SocketsHealth).check()).toMatchObject({ reason: 'Redis is not connected' });
      const subscribed = here.channel('card').subscribe(client.id, 2);
      broken.open();
      await subscribed;
      await there.channel('card').publishUpdate(2, { number: 1 });

      // Where it takes too long, nobody waits for it, and the client is told to read again.
      await Promise.race([client.next('card'), client.next('sockets:stale')]);
    },
  );

  it.for(WAYS)('has clients read again that do not follow positions: %s, %s', async (way, context) => {
    const { way: broken, here } = await startBy(context, way);
    const [plain, follower] = [await here.connect(), await here.connect()];
    await plain.socket.emitWithAck('get', { url: '/cards/1' });
    await follower.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });

    broken.cut();
    await plain.next('sockets:stale', ({ resource }: { resource: string }) => resource === 'card');
    await here.channel('card').publishUpdate(1, { number: 1 });
    await follower.next('card');

    expect(follower.heard('sockets:stale')).toEqual([]);
  });

  it.for(WAYS)("hears what others emit by Socket.IO's own methods afterwards: %s, %s", async (way, context) => {
    const { way: broken, here, there } = await startBy(context, way);
    const client = await here.connect();

    broken.cut();

    await expect
      .poll(() => {
        there.sockets.server.emit('own', {});
        return client.heard('own').length;
      })
      .toBeGreaterThan(0);
  });
});
