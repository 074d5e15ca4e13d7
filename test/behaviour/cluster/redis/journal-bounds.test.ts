import { createAdapter } from '@socket.io/redis-adapter';
import { Controller, Get } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, type TestContext } from 'vitest';
import {
  cluster,
  ClusterUnavailableError,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { redisJournal } from '../../../../src/server/cluster/engines/redis.js';
import { start, type TestApplication } from '../../../support/application.js';
import { RedisServer } from '../../../support/redis.js';
import { expectRefusal } from '../../../support/refusal.js';
import { redisOfMajor } from './support/old-redis.js';
import { adminOf } from './support/servers.js';

/** How much may wait for Redis, in entries and, beside them, in questions. */
const MOST_WAITING = 10_000;

const RESOURCES = Array.from({ length: 40 }, (_, number) => `kind${number}`);

@Controller('cards')
@Resourceful('card')
class CardsController {
  /** Asks the journal where each of many resources is. */
  @Get()
  find(): unknown[] {
    return [];
  }
}
for (const resource of RESOURCES) {
  const { prototype } = CardsController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'find') as TypedPropertyDescriptor<() => unknown[]>;
  SubscribeOnRead(resource, { watch: true })(prototype, 'find', descriptor);
}

/** A server that an adapter of another package joins to others, with a journal in a Redis of its own. */
async function startOne(
  context: TestContext,
): Promise<{ server: TestApplication; redis: RedisServer; redisUrl: string }> {
  const [bus, redis] = await Promise.all([RedisServer.startFor(context), RedisServer.startFor(context)]);
  return { server: await startBy(bus.url, redis.url), redis, redisUrl: redis.url };
}

async function startBy(busUrl: string, url: string): Promise<TestApplication> {
  const clients = [await adminOf(busUrl), await adminOf(busUrl)] as const;
  const joined = cluster({ adapter: createAdapter(...clients), journal: redisJournal({ url, prefix: randomUUID() }) });
  return start({ imports: [SocketsModule.forRoot({ cluster: joined })], controllers: [CardsController] });
}

const waiting = ({ sockets }: TestApplication): number => sockets.metrics().journal?.waiting ?? 0;

describe('redisJournal() whose Redis is away', () => {
  it('keeps so many publications for it, and no more, and counts again when it is back', async (context) => {
    const { server, redis } = await startOne(context);
    const client = await server.connect();
    await server.channel('card').subscribe(client.id, 1);
    await redis.kill();

    for (let number = 0; number < MOST_WAITING + 100; number++)
      void server.channel('card').publishUpdate(1, { number });
    await client.next<{ data: { number: number } }>('card', ({ data }) => data.number === MOST_WAITING + 99);

    expect(client.heard('card')).toHaveLength(MOST_WAITING + 100);
    expect(waiting(server)).toBeLessThanOrEqual(MOST_WAITING);
    await redis.restart();
    await expect.poll(() => waiting(server)).toBe(0);
  });

  it('keeps so many questions for it, and no more, and answers again when it is back', async (context) => {
    const { server, redis, redisUrl } = await startOne(context);
    const { id } = await server.connect();
    const read = () => server.request('GET', '/cards', undefined, { 'x-socket-id': id });
    await redis.kill();

    const reads = Math.ceil((MOST_WAITING * 1.2) / RESOURCES.length);
    const answers = await Promise.all(Array.from({ length: reads }, read));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await redis.restart();
    await expect.poll(async () => (await read()).headers.get('realtime-position')).toBeTruthy();
    const stats = await (await adminOf(redisUrl)).info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) => Number(count));
    const asked = calls.reduce((sum, count) => sum + count, 0);
    expect(asked).toBeGreaterThan(MOST_WAITING / 2);
    expect(asked).toBeLessThan(MOST_WAITING * 1.1);
  });
});

it('redisJournal() refuses a Redis that is too old for its scripts, at boot', async (context) => {
  const redis = await RedisServer.startFor(context);
  const old = await redisOfMajor(4, redis.url);

  await expectRefusal(
    startBy(redis.url, old),
    ClusterUnavailableError,
    'CLUSTER_UNAVAILABLE',
    'redisJournal() needs Redis 5 or later, and this is 4.',
  );
});
