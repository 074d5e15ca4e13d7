import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

it.for(Object.keys(CLIENTS))(
  'what is published in one turn costs Redis a few commands, and is heard in the order of the calls: %s',
  async (name, context) => {
    const redis = await RedisServer.startFor(context);
    const [a, b] = await startTwo({ client: CLIENTS[name](redis.url), prefix: randomUUID() });
    const admin = await adminOf(redis.url);
    const [near, far] = [await a.connect(), await b.connect()];
    for (const { socket } of [near, far]) await socket.emitWithAck('get', { url: '/cards/1' });
    const scripts = async (): Promise<number> => {
      const stats = await admin.info('commandstats');
      return [...stats.matchAll(/cmdstat_(?:eval|evalsha):calls=(\d+)/g)].reduce((sum, [, count]) => sum + +count, 0);
    };
    await a.channel('card').publishUpdate(1, { number: 0 });
    await far.next('card');

    const before = await scripts();
    const count = 100;
    // Not where a command is full, of 50 at most.
    const broadcastAfter = 30;
    for (let number = 1; number <= count; number++) {
      void a.channel('card').publishUpdate(1, { number });
      // What is said between has its place.
      if (number === broadcastAfter) void a.sockets.blast('card', { data: { number: 'between' } });
    }
    for (const client of [near, far]) {
      await client.next<{ data: { number: unknown } }>('card', ({ data }) => data.number === count);
    }

    expect((await scripts()) - before).toBeLessThan(count / 10);
    const expected: unknown[] = Array.from({ length: count + 1 }, (_, number) => number);
    expected.splice(broadcastAfter + 1, 0, 'between');
    for (const client of [near, far]) {
      expect(client.heard('card').map((told) => (told as { data: { number: unknown } }).data.number)).toEqual(expected);
    }
  },
);
