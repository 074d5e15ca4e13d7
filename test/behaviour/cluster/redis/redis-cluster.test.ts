import { randomUUID } from 'node:crypto';
import { Cluster as IoRedisCluster } from 'ioredis';
import { Cluster as IoValkeyCluster } from 'iovalkey';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { type DeliveryNote, InvalidOptionsError, SocketsModule } from '../../../../src/index.js';
import { redis, type RedisClient } from '../../../../src/server/cluster/engines/redis.js';
import { start } from '../../../support/application.js';
import { RedisCluster } from '../../../support/redis-cluster.js';
import { expectRefusal } from '../../../support/refusal.js';
import { adminOf, startTwo } from './support/servers.js';

let program: RedisCluster | undefined;

beforeAll(async () => {
  program = await RedisCluster.start();
});

afterAll(() => program?.stop());

/** What makes a client of the application, which knows one server of the cluster. */
const CLIENTS: Readonly<Record<string, (url: string) => RedisClient>> = {
  redis: (url) => createCluster({ rootNodes: [{ url }] }),
  ioredis: (url) => {
    const client = new IoRedisCluster([url], { lazyConnect: true });
    onTestFinished(() => client.disconnect());
    return client;
  },
};

function urlsOf(context: TestContext): string[] {
  return program?.urls ?? context.skip('there is no redis-server');
}

interface Answer {
  headers: Record<string, string>;
}

describe.each(Object.entries(CLIENTS))('servers that a Redis Cluster joins, by a client of %s', (_, make) => {
  it('tell each other everything, in order', async (context) => {
    // Whichever server has the messages.
    for (const url of urlsOf(context)) {
      const [a, b] = await startTwo({ client: make(url), mode: 'sharded', prefix: randomUUID() });
      const client = await b.connect();
      await client.socket.emitWithAck('get', { url: '/cards/1' });

      for (let version = 1; version <= 20; version++) {
        void a.channel('card').publishUpdate(1, { version });
        void a.sockets.broadcast('nobody', 'nothing');
      }
      await a.channel('card').publishDestroy(1);
      await a.sockets.blast('done');
      await client.next('done');

      const verbs = client.heard('card').map((message) => (message as { verb: string }).verb);
      expect(verbs).toEqual([...Array.from({ length: 20 }, () => 'updated'), 'destroyed']);
    }
  });

  it('count what one publishes after the other, which everybody is told', async (context) => {
    const [url] = urlsOf(context);
    const servers = await startTwo({ client: make(url), mode: 'sharded', prefix: randomUUID() });
    const clients = await Promise.all(servers.map((server) => server.connect()));
    for (const { socket } of clients) {
      await socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });
    }

    const publishOnEach = async (): Promise<unknown> => {
      for (const server of servers) {
        const title = randomUUID();
        void server.channel('card').publishUpdate(1, { title });
        const isIt = (message: unknown): boolean => (message as { data: { title: string } }).data.title === title;
        await Promise.all(clients.map((client) => client.next('card', isIt)));
      }
      const [one, other] = clients.map(({ received }) => received.slice(-2).map(([, , note]) => note as DeliveryNote));
      expect(other).toEqual(one);
      return one.map(({ topics }) => topics && Object.values(topics).length);
    };

    // On a busy machine, what is not counted within 150 ms goes out without a position.
    await expect.poll(publishOnEach).toEqual([2, 2]);
  });

  it('share a journal, from which a client that comes back to another server gets what it has missed', async (context) => {
    const [url] = urlsOf(context);
    const [a, b] = await startTwo({ client: make(url), mode: 'sharded', prefix: randomUUID() });
    const before = await a.connect();
    const read = (client: typeof before, since: string): Promise<Answer> =>
      client.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': since } }) as Promise<Answer>;
    const { headers } = await read(before, 'new');
    before.socket.disconnect();
    await a.channel('card').publishUpdate(1, { title: 'missed' });

    const after = await b.connect();
    await read(after, headers['realtime-position']);

    await after.next('sockets:recovered', (told) => (told as { recovered: boolean }).recovered);
    expect(after.heard('card')).toMatchObject([{ verb: 'updated', data: { title: 'missed' } }]);
  });
});

describe.each(Object.entries(CLIENTS))(
  'a server that a Redis Cluster joins to others, by a client of %s',
  (_, make) => {
    it('has clients read again that do not follow positions, after it has lost its connection', async (context) => {
      const urls = urlsOf(context);
      const [, b] = await startTwo({ client: make(urls[0]), mode: 'sharded', prefix: randomUUID() });
      const [plain, follower] = [await b.connect(), await b.connect()];
      await plain.socket.emitWithAck('get', { url: '/cards/1' });
      await follower.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });
      const admins = await Promise.all(urls.map(adminOf));

      for (const admin of admins) await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await plain.next('sockets:stale', ({ resource }: { resource: string }) => resource === 'card');
      await b.sockets.blast('last');
      await follower.next('last');

      expect(follower.heard('sockets:stale')).toEqual([]);
    });
  },
);

describe('a server that a Redis Cluster is to join to others', () => {
  it.for(['pubsub', 'streams'] as const)('does not start in a mode without order: %s', async (mode, context) => {
    const [url] = urlsOf(context);
    const starting = start({
      imports: [SocketsModule.forRoot({ cluster: redis({ client: CLIENTS.redis(url), mode }) })],
    });

    await expectRefusal(starting, InvalidOptionsError, 'INVALID_OPTIONS', 'cluster.mode', "'sharded'");
  });

  it('does not start with a client that cannot listen to sharded channels', async (context) => {
    const [url] = urlsOf(context);
    const client = new IoValkeyCluster([url], { lazyConnect: true });
    const starting = start({ imports: [SocketsModule.forRoot({ cluster: redis({ client, mode: 'sharded' }) })] });

    await expectRefusal(starting, InvalidOptionsError, 'INVALID_OPTIONS', 'cluster.client', 'ioredis 5.9');
  });
});
