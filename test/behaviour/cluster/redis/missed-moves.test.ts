import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, type TestContext } from 'vitest';
import {
  Resourceful,
  type ResourceChannel,
  SocketsHealth,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { redis } from '../../../../src/server/cluster/engines/redis.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { LateRedis } from './support/late-redis.js';
import { CLIENTS } from './support/servers.js';

interface Card {
  id: number;
  boardId?: number;
  ownerId?: number;
  title?: string;
}

/** What a client watches. */
type Slice = Pick<Card, 'boardId' | 'ownerId'>;

@Controller('boards')
@Resourceful('card', { idType: 'number', slices: ['boardId'] })
class BoardsController {
  @Get(':boardId/cards')
  @SubscribeOnRead({ watch: true })
  ofBoard(@Param('boardId', ParseIntPipe) boardId: number): Card[] {
    return boardId === 7 ? [{ id: 1, boardId }] : [];
  }
}

/** Two servers that know that card 1 is on board 7, of owner 5. The connections of the first one can break. */
async function startCards(context: TestContext, name: string, journal?: false) {
  const server = await RedisServer.startFor(context);
  const way = await LateRedis.to(server.url);
  const prefix = randomUUID();
  const startOne = (url: string): Promise<TestApplication> => {
    const cluster = redis({ client: CLIENTS[name](url), prefix });
    const card = { idType: 'number' as const, slices: ['boardId', 'ownerId'] };
    return start({ imports: [SocketsModule.forRoot({ cluster, resources: { card }, journal })] });
  };
  const [here, there] = [await startOne(way.url), await startOne(server.url)];
  for (const { sockets } of [here, there])
    await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  const [cards, elsewhere] = [here, there].map((one) => one.channel<Card>('card'));
  const [near, far] = [await watcherOf(here, { boardId: 7 }), await watcherOf(there, { boardId: 7 })];
  for (const one of [cards, elsewhere]) {
    const title = randomUUID();
    await one.publishUpdate(1, { boardId: 7, ownerId: 5, title });
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
  /** Has the first server hear nothing, while it can publish. */
  const deafen = async (): Promise<void> => {
    way.deafen();
    await expect.poll(() => here.nest.get(SocketsHealth).check()).toMatchObject({ reason: 'Redis is not connected' });
  };
  const hear = async (): Promise<void> => {
    way.hear();
    await near.next('sockets:stale');
  };
  return { here, there, cards, elsewhere, near, far, way, during, deafen, hear };
}

async function watcherOf(server: TestApplication, slice: Slice): Promise<TestClient> {
  const client = await server.connect();
  await server.channel('card').watch(client.id, slice);
  return client;
}

/** Moves card 1 to board 8, as who watches that has heard then. */
async function moveTo8(channel: ResourceChannel<Card>, eight: TestClient): Promise<void> {
  await channel.publishUpdate(1, { boardId: 8, title: 'moved' });
  await expect.poll(() => titlesOf(eight)).toContain('moved');
}

const titlesOf = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data?: Card }).data?.title);

describe.for(Object.keys(CLIENTS))('A server that has missed that another one moved a record: %s', (name) => {
  it('publishes it to no board that it has left', async (context) => {
    const { there, cards, elsewhere, far, during } = await startCards(context, name);
    const eight = await watcherOf(there, { boardId: 8 });

    await during(() => moveTo8(elsewhere, eight));
    await cards.publishUpdate(1, { title: 'by who has missed it' });
    await eight.next('sockets:stale');
    await cards.publishCreate({ id: 2, boardId: 7, title: 'marker' });
    await expect.poll(() => titlesOf(far)).toContain('marker');

    expect(titlesOf(far)).not.toContain('by who has missed it');
  });

  it('publishes it where that one has moved it since', async (context) => {
    const { here, there, cards, elsewhere, during } = await startCards(context, name);
    const nine = await Promise.all([here, there].map((one) => watcherOf(one, { boardId: 9 })));

    await during(async () => {});
    await elsewhere.publishUpdate(1, { boardId: 9, title: 'moved' });
    for (const client of nine) await client.next('card');
    await cards.publishUpdate(1, { title: 'by who knows it again' });

    for (const client of nine) await expect.poll(() => titlesOf(client)).toContain('by who knows it again');
  });

  it('has those read again to whom it did not publish it meanwhile', async (context) => {
    const { there, cards, elsewhere, during } = await startCards(context, name);
    const eight = await watcherOf(there, { boardId: 8 });

    await during(async () => {
      await moveTo8(elsewhere, eight);
      await cards.publishUpdate(1, { title: 'by who has missed it' });
    });

    await eight.next('sockets:stale');
  });

  it('has those read again who may have it, though no other server knows where it is', async (context) => {
    const { cards, near, far, during } = await startCards(context, name);
    await cards.publishUpdate(3, { boardId: 7, ownerId: 5, title: 'known to this server alone' });
    for (const client of [near, far]) await expect.poll(() => titlesOf(client)).toContain('known to this server alone');

    await during(async () => {});
    await cards.publishUpdate(3, { title: 'not known any more' });

    await far.next('sockets:stale');
  });

  it('tells those that it has left, once it says where it is', async (context) => {
    const { here, there, cards, elsewhere, near, far, during } = await startCards(context, name);
    const [eight, nine] = [await watcherOf(there, { boardId: 8 }), await watcherOf(here, { boardId: 9 })];

    await during(() => moveTo8(elsewhere, eight));
    await cards.publishUpdate(1, { boardId: 9, title: 'moved on' });

    for (const client of [near, far, eight]) await client.next('card', ({ verb }: { verb: string }) => verb === 'left');
    expect(titlesOf(nine)).toContain('moved on');
  });
});

describe.for(Object.keys(CLIENTS))('A server that hears nothing, and publishes: %s', (name) => {
  it('does not go by where it has moved a record, for another one may have moved it since', async (context) => {
    const { there, cards, elsewhere, deafen, hear } = await startCards(context, name);
    const [eight, nine] = [await watcherOf(there, { boardId: 8 }), await watcherOf(there, { boardId: 9 })];

    await deafen();
    await elsewhere.publishCreate({ id: 2, boardId: 7, ownerId: 5 });
    await cards.publishUpdate(1, { boardId: 9, title: 'moved' });
    await expect.poll(() => titlesOf(nine)).toContain('moved');
    await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved on' });
    await expect.poll(() => titlesOf(eight)).toContain('moved on');
    await hear();
    await eight.next('sockets:stale');
    eight.forget();
    await cards.publishUpdate(1, { title: 'afterwards' });
    await eight.next('sockets:stale');
    await cards.publishCreate({ id: 3, boardId: 9, ownerId: 5, title: 'marker' });
    await expect.poll(() => titlesOf(nine)).toContain('marker');

    expect(titlesOf(nine)).not.toContain('afterwards');
  });

  it('leaves it in the slices of other fields where another one has put it', async (context) => {
    const { there, cards, elsewhere, deafen, hear } = await startCards(context, name);
    const [five, six] = [await watcherOf(there, { ownerId: 5 }), await watcherOf(there, { ownerId: 6 })];
    const nine = await watcherOf(there, { boardId: 9 });

    await deafen();
    await elsewhere.publishUpdate(1, { ownerId: 6, title: 'given' });
    await expect.poll(() => titlesOf(six)).toContain('given');
    await cards.publishUpdate(1, { boardId: 9, title: 'moved' });
    await expect.poll(() => titlesOf(nine)).toContain('moved');
    await hear();
    await elsewhere.publishUpdate(1, { title: 'by the other' });

    for (const client of [six, nine]) await expect.poll(() => titlesOf(client)).toContain('by the other');
    await cards.publishCreate({ id: 3, boardId: 7, ownerId: 5, title: 'marker' });
    await expect.poll(() => titlesOf(five)).toContain('marker');
    expect(titlesOf(five)).not.toContain('by the other');
  });

  it('has those read again who may lack it, though its connection broke only as it waited', async (context) => {
    const { there, cards, elsewhere, near, way } = await startCards(context, name);
    const eight = await watcherOf(there, { boardId: 8 });

    way.hold();
    await moveTo8(elsewhere, eight);
    await cards.publishUpdate(1, { title: 'by who has not heard' });
    await expect.poll(() => titlesOf(near)).toContain('by who has not heard');
    way.deafen();
    way.hear();

    await eight.next('sockets:stale');
  });

  it.for<[string, boolean?]>([['at once'], ['once it has told its own clients', true]])(
    'has those read again who may lack it, though it closes %s',
    async ([, isTold], context) => {
      const { here, there, cards, elsewhere, near, way } = await startCards(context, name);
      const eight = await watcherOf(there, { boardId: 8 });

      way.hold();
      await moveTo8(elsewhere, eight);
      await cards.publishUpdate(1, { title: 'by who has not heard' });
      if (isTold) await expect.poll(() => titlesOf(near)).toContain('by who has not heard');
      await here.nest.close();

      await eight.next('sockets:stale');
    },
  );

  it('has nobody read again who lacks nothing, as it closes', async (context) => {
    const { here, there, cards, elsewhere, far } = await startCards(context, name);
    const eight = await watcherOf(there, { boardId: 8 });

    await moveTo8(elsewhere, eight);
    await cards.publishUpdate(1, { title: 'by who has heard' });
    await here.nest.close();
    await elsewhere.publishCreate({ id: 2, boardId: 8, title: 'marker' });
    await expect.poll(() => titlesOf(eight)).toContain('marker');

    expect(titlesOf(eight)).toContain('by who has heard');
    for (const client of [eight, far]) expect(client.heard('sockets:stale')).toEqual([]);
  });

  it('sends its own clients what it publishes once at most', async (context) => {
    const { cards, elsewhere, near, far, deafen } = await startCards(context, name);

    await deafen();
    await elsewhere.publishCreate({ id: 2, boardId: 7, ownerId: 5, title: 'between' });
    await expect.poll(() => titlesOf(far)).toContain('between');
    await cards.publishUpdate(1, { boardId: 7, ownerId: 5, title: 'once' }, { once: 'job' });

    for (const client of [near, far]) await expect.poll(() => titlesOf(client)).toContain('once');
  });

  it.for<[string, false?]>([['the journal of all servers'], ['no journal', false]])(
    'has those read again who may lack it, though it closes before it hears, with %s',
    async ([, journal], context) => {
      const { here, there, cards, elsewhere, far, deafen } = await startCards(context, name, journal);
      const eight = await watcherOf(there, { boardId: 8 });

      await deafen();
      await moveTo8(elsewhere, eight);
      await cards.publishUpdate(1, { title: 'by who has not heard' });
      await expect.poll(() => titlesOf(far)).toContain('by who has not heard');
      await here.nest.close();

      await eight.next('sockets:stale');
    },
  );
});

it('A server that begins without Redis goes by nothing that it has read before it hears the others', async (context) => {
  const server = await RedisServer.startFor(context);
  const way = await LateRedis.to(server.url);
  const prefix = randomUUID();
  const startOne = (url: string): Promise<TestApplication> => {
    const cluster = redis({ url, prefix, whenAbsent: 'degraded', connectTimeout: 500 });
    return start({ imports: [SocketsModule.forRoot({ cluster })], controllers: [BoardsController] });
  };
  way.shut();
  const [here, there] = [await startOne(way.url), await startOne(server.url)];
  const read = async (app: TestApplication, boardId: number): Promise<TestClient> => {
    const client = await app.connect();
    await client.socket.emitWithAck('get', { url: `/boards/${boardId}/cards` });
    return client;
  };
  const [near, far, eight] = [await read(here, 7), await read(there, 7), await read(there, 8)];

  await moveTo8(there.channel<Card>('card'), eight);
  way.open();
  // It hears the others by then, and knows that.
  for (const mark of ['first', 'last']) {
    await expect.poll(() => (void there.sockets.blast('mark', mark), near.heard('mark'))).toContain(mark);
  }
  await here.channel<Card>('card').publishUpdate(1, { title: 'by who has missed it' });
  await eight.next('sockets:stale');
  await there.channel<Card>('card').publishCreate({ id: 2, boardId: 7, title: 'marker' });

  for (const client of [near, far]) {
    await expect.poll(() => titlesOf(client)).toContain('marker');
    expect(titlesOf(client)).not.toContain('by who has missed it');
  }
});
