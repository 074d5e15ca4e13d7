import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { MissingAnswer } from '../../../../src/protocol/position.js';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

it.for(Object.keys(CLIENTS))(
  'clients that ask at the same time whether they miss anything cost Redis a few commands: %s',
  async (name, context) => {
    const redis = await RedisServer.startFor(context);
    const [a, b] = await startTwo({ client: CLIENTS[name](redis.url), prefix: randomUUID() });
    const admin = await adminOf(redis.url);
    const clients = await Promise.all(Array.from({ length: 200 }, () => a.connect()));
    const read = async ({ socket }: TestClient, id: number): Promise<string> => {
      const request = { url: `/cards/${id}`, headers: { 'realtime-since': 'new' } };
      const { headers } = (await socket.emitWithAck('get', request)) as { headers: Record<string, string> };
      return headers['realtime-position'] ?? '';
    };
    // On a busy machine, what is not known in time is left out.
    let since: string[] = [];
    await expect
      .poll(async () => {
        since = await Promise.all(clients.map(read));
        return since.filter((one) => one === '');
      })
      .toEqual([]);
    const scripts = async (): Promise<number> => {
      const stats = await admin.info('commandstats');
      return [...stats.matchAll(/cmdstat_(?:eval|evalsha):calls=(\d+)/g)].reduce((sum, [, count]) => sum + +count, 0);
    };
    await b.channel('card').publishUpdate(7, { title: 'heard' });
    await clients[7].next('card');

    const before = await scripts();
    const answers = await Promise.all(
      clients.map(
        async ({ socket }, id) =>
          ((await socket.emitWithAck('sockets:missing', { since: since[id] })) as { body: MissingAnswer }).body,
      ),
    );
    const asked = (await scripts()) - before;

    expect(answers.map(({ recovered }) => recovered)).toEqual(clients.map(() => true));
    expect(new Set(answers.map(({ position }) => Number(position.split('=')[1]) > 0))).toEqual(new Set([true]));
    expect(asked).toBeLessThan(clients.length / 4);
    // Once by the bus, and once by the journal, since it says that it does not have it.
    expect(clients[7].heard('card')).toHaveLength(2);
    expect(clients[8].heard('card')).toEqual([]);
  },
);
