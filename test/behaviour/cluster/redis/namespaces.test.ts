import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { RedisClient } from '../../../../src/server/cluster/engines/redis.js';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

let server: RedisServer | undefined;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server?.stop());

function urlOf(context: TestContext): string {
  return server?.url ?? context.skip('there is no redis-server');
}

describe('dynamic namespaces of servers that Redis joins', () => {
  it.for(Object.entries(CLIENTS))('leave nothing behind when they end: %s', async ([, make], context) => {
    const url = urlOf(context);
    const prefix = randomUUID();
    const servers = await startTwo({ client: make(url), prefix });
    for (const { sockets } of servers) sockets.server.of(/^\/board-\d+$/);
    const [a, b] = servers;
    const admin = await adminOf(url);
    const channels = async (): Promise<string[]> => (await admin.pubSubChannels(`${prefix}:*:messages:*`)).sort();

    for (let times = 0; times < 3; times++) {
      const [here, there] = [await a.connect({ namespace: '/board-1' }), await b.connect({ namespace: '/board-1' })];
      await expect
        .poll(channels)
        .toEqual([`${prefix}:{${prefix}}:messages:/`, `${prefix}:{${prefix}}:messages:/board-1`]);
      // Until the servers hear each other in the namespace, which they both have just made.
      await expect
        .poll(async () => {
          await a.sockets.of('/board-1').broadcast(there.id, 'ready');
          return there.heard('ready').length;
        })
        .toBeGreaterThan(0);
      await a.sockets.of('/board-1').blast('once', times);
      await a.sockets.of('/board-1').blast('after', times);
      for (const client of [here, there]) await client.next('after');
      expect([here, there].map((client) => client.heard('once'))).toEqual([[times], [times]]);
      for (const { socket } of [here, there]) socket.disconnect();
      await expect.poll(channels).toEqual([`${prefix}:{${prefix}}:messages:/`]);
    }
    expect(servers.map(({ sockets }) => sockets.metrics().bus)).toEqual([
      { unsent: 0, unreadable: 0, missed: 0 },
      { unsent: 0, unreadable: 0, missed: 0 },
    ]);
  });
});

/** A client whose copies fail to subscribe to the messages of the library once. */
function failingOnce(client: RedisClient): RedisClient {
  const duplicable = client as unknown as { duplicate(...args: unknown[]): Record<string, unknown> };
  const duplicate = duplicable.duplicate.bind(client);
  duplicable.duplicate = (...args) => {
    const copy = duplicate(...args);
    const subscribe = (copy.subscribe as (...given: unknown[]) => unknown).bind(copy);
    let hasFailed = false;
    copy.subscribe = (...given: unknown[]) => {
      if (hasFailed || !String(given[0]).includes(':messages:')) return subscribe(...given);
      hasFailed = true;
      return Promise.reject(new Error('the connection broke off'));
    };
    return copy;
  };
  return client;
}

describe('a subscription that fails', () => {
  it('is tried again, until the server hears the others', async (context) => {
    const url = urlOf(context);
    const [a, b] = await startTwo({ client: failingOnce(CLIENTS.redis(url)), prefix: randomUUID() });
    const client = await b.connect();

    await expect
      .poll(async () => {
        await a.sockets.blast('hello');
        return client.heard('hello').length;
      })
      .toBeGreaterThan(0);
  });
});
