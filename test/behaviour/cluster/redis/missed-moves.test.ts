import { randomUUID } from 'node:crypto';
import { describe, expect, it, type TestContext } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { redis } from '../../../../src/server/cluster/engines/redis.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { LateRedis } from './support/late-redis.js';
import { CLIENTS } from './support/servers.js';

interface Card {
  id: number;
  boardId?: number;
  title?: string;
}

/** Two servers that know that card 1 is on board 7. The connections of the first one can break. */
async function startCards(context: TestContext, name: string) {
  const server = await RedisServer.startFor(context);
  const way = await LateRedis.to(server.url);
  const prefix = randomUUID();
  const startOne = (url: string): Promise<TestApplication> => {
    const cluster = redis({ client: CLIENTS[name](url), prefix });
    const card = { idType: 'number' as const, slices: ['boardId'] };
    return start({ imports: [SocketsModule.forRoot({ cluster, resources: { card } })] });
  };
  const [here, there] = [await startOne(way.url), await startOne(server.url)];
  for (const { sockets } of [here, there])
    await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  const [cards, elsewhere] = [here, there].map((one) => one.channel<Card>('card'));
  const [near, far] = [await watcherOf(here, 7), await watcherOf(there, 7)];
  for (const one of [cards, elsewhere]) {
    const title = randomUUID();
    await one.publishUpdate(1, { boardId: 7, title });
    for (const client of [near, far]) await expect.poll(() => titlesOf(client)).toContain(title);
  }
  /** Breaks the connections of the first server until something is done. */
  const during = async (done: () => Promise<void>): Promise<void> => {
    way.shut();
    await done();
    way.open();
    // It hears the others again.
    await near.next('sockets:stale');
  };
  return { here, there, cards, elsewhere, near, far, during };
}

async function watcherOf(server: TestApplication, boardId: number): Promise<TestClient> {
  const client = await server.connect();
  await server.channel('card').watch(client.id, { boardId });
  return client;
}

const titlesOf = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data?: Card }).data?.title);

describe.for(Object.keys(CLIENTS))('A server that has missed that another one moved a record: %s', (name) => {
  it('publishes it to no board that it has left', async (context) => {
    const { there, cards, elsewhere, far, during } = await startCards(context, name);
    const eight = await watcherOf(there, 8);

    await during(async () => {
      await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
      await eight.next('card');
    });
    await cards.publishUpdate(1, { title: 'by who has missed it' });
    await eight.next('sockets:stale');
    await cards.publishCreate({ id: 2, boardId: 7, title: 'marker' });
    await expect.poll(() => titlesOf(far)).toContain('marker');

    expect(titlesOf(far)).not.toContain('by who has missed it');
  });

  it('publishes it where that one has moved it since', async (context) => {
    const { here, there, cards, elsewhere, during } = await startCards(context, name);
    const nine = await Promise.all([here, there].map((one) => watcherOf(one, 9)));

    await during(async () => {});
    await elsewhere.publishUpdate(1, { boardId: 9, title: 'moved' });
    for (const client of nine) await client.next('card');
    await cards.publishUpdate(1, { title: 'by who knows it again' });

    for (const client of nine) await expect.poll(() => titlesOf(client)).toContain('by who knows it again');
  });

  it('has those read again to whom it did not publish it meanwhile', async (context) => {
    const { there, cards, elsewhere, during } = await startCards(context, name);
    const eight = await watcherOf(there, 8);

    await during(async () => {
      await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
      await eight.next('card');
      await cards.publishUpdate(1, { title: 'by who has missed it' });
    });

    await eight.next('sockets:stale');
  });

  it('has those read again who may have it, though no other server knows where it is', async (context) => {
    const { cards, near, far, during } = await startCards(context, name);
    await cards.publishUpdate(3, { boardId: 7, title: 'known to this server alone' });
    for (const client of [near, far]) await expect.poll(() => titlesOf(client)).toContain('known to this server alone');

    await during(async () => {});
    await cards.publishUpdate(3, { title: 'not known any more' });

    await far.next('sockets:stale');
  });

  it('tells those that it has left, once it says where it is', async (context) => {
    const { here, there, cards, elsewhere, near, far, during } = await startCards(context, name);
    const [eight, nine] = [await watcherOf(there, 8), await watcherOf(here, 9)];

    await during(async () => {
      await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
      await eight.next('card');
    });
    await cards.publishUpdate(1, { boardId: 9, title: 'moved on' });

    for (const client of [near, far, eight]) await client.next('card', ({ verb }: { verb: string }) => verb === 'left');
    expect(titlesOf(nine)).toContain('moved on');
  });
});
