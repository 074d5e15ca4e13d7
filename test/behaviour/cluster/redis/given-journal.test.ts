import { createAdapter } from '@socket.io/redis-adapter';
import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  cluster,
  ClusterUnavailableError,
  type DeliveryNote,
  InvalidOptionsError,
  type JournalIntegration,
  Resourceful,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { postgresJournal } from '../../../../src/server/cluster/engines/postgres.js';
import { redisJournal } from '../../../../src/server/cluster/engines/redis.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { freePort } from '../../../support/free-port.js';
import { Gate } from '../../../support/gate.js';
import { PostgresServer } from '../../../support/postgres.js';
import { RedisServer } from '../../../support/redis.js';
import { expectRefusal } from '../../../support/refusal.js';
import { ClosableJournal } from './support/closable-journal.js';
import { startWithJournal } from './support/given-journal.js';
import { LateRedis } from './support/late-redis.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

let bus: RedisServer | undefined;
let database: PostgresServer | undefined;

beforeAll(async () => {
  [bus, database] = await Promise.all([RedisServer.start(), PostgresServer.start()]);
});

afterAll(() => Promise.all([bus?.stop(), database?.stop()]));

const controllers = [CardsController];

const startOne = (url: string, key: string, journal: JournalIntegration): Promise<TestApplication> =>
  startWithJournal(url, key, journal, { controllers });

async function startTwo(
  url: string,
  key: string,
  journal: () => JournalIntegration,
): Promise<[TestApplication, TestApplication]> {
  const [a, b] = [await startOne(url, key, journal()), await startOne(url, key, journal())];
  for (const { sockets } of [a, b]) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  return [a, b];
}

async function read(client: TestClient, since: string): Promise<string> {
  const request = { url: '/cards/1', headers: { 'realtime-since': since } };
  const { headers } = (await client.socket.emitWithAck('get', request)) as { headers: Record<string, string> };
  return headers['realtime-position'] ?? '';
}

function titles(client: TestClient): unknown[] {
  return client.heard('card').map((message) => (message as { data: { title: unknown } }).data.title);
}

function notes(client: TestClient): DeliveryNote[] {
  return client.received.filter(([event]) => event === 'card').map(([, , note]) => note as DeliveryNote);
}

const heard = (client: TestClient, title: string): Promise<unknown> =>
  client.next<{ data: { title: string } }>('card', ({ data }) => data.title === title);

describe('servers that any adapter joins, with a journal that is given', () => {
  it('tell a reader who enters meanwhile of the end of a record that is just being counted', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const [begun, gate] = [new Gate(), new Gate()];
    @Controller('slow')
    @Resourceful('card')
    class SlowController {
      @Get('1')
      @SubscribeOnRead()
      async find(): Promise<object> {
        begun.open();
        await gate.opened;
        return { id: 1 };
      }
    }
    const key = randomUUID();
    const journal = new ClosableJournal(redisJournal({ url: bus.url, prefix: key }));
    const app = await startWithJournal(bus.url, key, journal, { controllers: [SlowController] });
    const reader = await app.connect();
    const answer = reader.socket.emitWithAck('get', { url: '/slow/1' });
    await begun.opened;

    journal.close();
    const published = app.channel('card').publishDestroy(1, { once: 'end' });
    await journal.asked.opened;
    gate.open();
    await answer;
    journal.reopen();
    await published;

    // On a machine that is too busy, it is told that it has missed something.
    await expect.poll(() => reader.heard('card').length + reader.heard('sockets:stale').length).toBeGreaterThan(0);
  });

  it('tell a reader who enters meanwhile of no change that was counted before its read', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const key = randomUUID();
    const journal = new ClosableJournal(redisJournal({ url: bus.url, prefix: key }));
    const app = await startOne(bus.url, key, journal);
    const reader = await app.connect();

    journal.closeAnswers();
    const published = app.channel('card').publishUpdate(1, { title: 'before' }, { once: 'before' });
    await journal.counted.opened;
    await reader.socket.emitWithAck('get', { url: '/cards/1' });
    journal.reopen();
    await published;
    await app.channel('card').publishUpdate(1, { title: 'after' });

    await heard(reader, 'after');
    expect(titles(reader)).toEqual(['after']);
  });

  it.for(['Redis', 'Postgres'])('have clients go on with any of them (%s)', async (kind, context) => {
    if (!bus || !database) return context.skip('there is no redis-server, or no Postgres');
    const key = randomUUID();
    const { url } = bus;
    const pool = database.pool();
    onTestFinished(() => pool.end());
    const journals = {
      Redis: () => redisJournal({ url, prefix: key }),
      Postgres: () => postgresJournal({ pool, prefix: key }),
    };
    const [a, b] = await startTwo(url, key, journals[kind as keyof typeof journals]);
    const [before, witness] = [await a.connect(), await b.connect()];
    for (const client of [before, witness]) await read(client, 'new');
    // The first may take longer than 150 ms, and be sent without a position.
    await expect
      .poll(async () => {
        const title = randomUUID();
        await a.channel('card').publishUpdate(1, { title });
        await Promise.all([before, witness].map((client) => heard(client, title)));
        return [before, witness].map((client) => notes(client).at(-1)?.topics !== undefined);
      })
      .toEqual([true, true]);
    const since = await read(before, 'new');

    await a.channel('card').publishUpdate(1, { title: 'heard' });
    await Promise.all([before, witness].map((client) => heard(client, 'heard')));
    expect(notes(witness).at(-1)).toEqual(notes(before).at(-1));
    before.socket.disconnect();
    await a.channel('card').publishUpdate(1, { title: 'missed' });
    await heard(witness, 'missed');
    await b.channel('card').publishUpdate(1, { title: 'missed, too' });
    await heard(witness, 'missed, too');

    const after = await b.connect();
    await read(after, since);
    expect((await after.next('sockets:recovered'))[0]).toMatchObject({ recovered: true });
    expect(titles(after)).toEqual(['heard', 'missed', 'missed, too']);
  });

  it('hear publications and what follows them in the order of the calls', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const { url } = bus;
    const key = randomUUID();
    const [a, b] = await startTwo(url, key, () => redisJournal({ url, prefix: key }));
    const client = await b.connect();
    await read(client, 'new');

    for (let number = 0; number < 20; number++) {
      void a.channel('card').publishUpdate(1, { title: `${number}` });
      void a.sockets.blast('between', number);
    }
    await a.channel('card').publishDestroy(1);
    await a.sockets.blast('last', 1);
    await client.next('last');

    const events = client.received.map(([event]) => event).filter((event) => ['card', 'between'].includes(event));
    const pairs = Array.from({ length: 20 }, () => ['card', 'between']).flat();
    expect(events).toEqual([...pairs, 'card']);
  });

  it('show a record in one place that two of them have moved at the same time', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const { url } = bus;
    const key = randomUUID();
    const sockets = { resources: { card: { idType: 'number', slices: ['boardId'] } } } as const;
    const start = () => startWithJournal(url, key, redisJournal({ url, prefix: key }), {}, sockets);
    const servers = [await start(), await start()];
    for (const { sockets: one } of servers) await expect.poll(() => one.server.of('/').adapter.serverCount()).toBe(2);
    const channels = servers.map((server) => server.channel('card'));
    const watch = async (server: TestApplication, boardId: number): Promise<TestClient> => {
      const client = await server.connect();
      await server.channel('card').watch(client.id, { boardId });
      return client;
    };
    const readers = await Promise.all([8, 9].flatMap((board) => servers.map((server) => watch(server, board))));
    const has = (client: TestClient): boolean =>
      (client.heard('card') as Array<{ verb: string }>).findLast(({ verb }) => verb !== 'updated')?.verb === 'entered';

    for (let round = 0; round < 5; round++) {
      for (const one of channels) await one.publishUpdate(1, { boardId: 7 });
      await expect.poll(() => readers.some(has)).toBe(false);
      for (const [index, { sockets: one }] of servers.entries()) await one.blast('settled', [round, index]);
      for (const client of readers) {
        const marks = [0, 1].map((index) => [round, index]);
        await expect.poll(() => client.heard('settled')).toEqual(expect.arrayContaining(marks));
        client.forget();
      }
      await Promise.all([channels[0].publishUpdate(1, { boardId: 8 }), channels[1].publishUpdate(1, { boardId: 9 })]);

      for (const [here, there] of [readers.slice(0, 2), readers.slice(2)]) {
        await expect.poll(() => [has(here), has(there)].every((one) => one === has(here))).toBe(true);
      }
      await expect.poll(() => readers.filter(has)).toHaveLength(2);
    }
  });

  it('have clients read again that do not follow positions, once they hear each other again', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const { url } = bus;
    const way = await LateRedis.to(url);
    const key = randomUUID();
    const journal = (): JournalIntegration => redisJournal({ url, prefix: key });
    const [a, b] = [await startOne(url, key, journal()), await startOne(way.url, key, journal())];
    for (const { sockets } of [a, b]) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
    const [plain, follower] = [await b.connect(), await b.connect()];
    await plain.socket.emitWithAck('get', { url: '/cards/1' });
    await read(follower, 'new');
    // So that they know each other.
    await a.sockets.blast('before');
    await plain.next('before');

    way.shut();
    await expect.poll(() => a.sockets.server.of('/').adapter.serverCount()).toBe(1);
    await a.channel('card').publishUpdate(1, { title: 'lost' });
    await expect.poll(() => a.sockets.metrics().journal?.waiting).toBe(0);
    way.open();
    await expect.poll(() => a.sockets.server.of('/').adapter.serverCount()).toBe(2);
    await a.channel('card').publishUpdate(1, { title: 'after' });
    await Promise.all([plain, follower].map((client) => heard(client, 'after')));
    await b.sockets.blast('last');
    await Promise.all([plain, follower].map((client) => client.next('last')));

    expect(plain.heard('sockets:stale')).toEqual([{ resource: 'card' }]);
    expect(follower.heard('sockets:stale')).toEqual([]);
  });

  it('send each other without its position what the journal does not take in time', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const own = await RedisServer.startFor(context);
    const key = randomUUID();
    const [a, b] = await startTwo(bus.url, key, () => redisJournal({ url: own.url, prefix: key }));
    const [near, far] = [await a.connect(), await b.connect()];
    for (const client of [near, far]) await read(client, 'new');

    own.freeze();
    await a.channel('card').publishUpdate(1, { title: 'without' });
    await Promise.all([near, far].map((client) => heard(client, 'without')));
    expect(notes(far)[0]).not.toHaveProperty('topics');
    own.thaw();
  });

  it('do not start without it, and are refused what is none', async (context) => {
    if (!bus) return context.skip('there is no redis-server');
    const url = `redis://127.0.0.1:${await freePort()}`;
    const adapter = createAdapter(createClient(), createClient());
    for (const journal of [{}, 'redis', () => undefined] as never[]) {
      await expectRefusal(
        () => cluster({ adapter, journal }),
        InvalidOptionsError,
        'INVALID_OPTIONS',
        'cluster.journal',
      );
    }
    for (const options of [{}, { url: 'http://localhost' }, { url, mode: 'sharded' }] as never[]) {
      await expectRefusal(() => redisJournal(options), InvalidOptionsError, 'INVALID_OPTIONS', 'cluster.journal.');
    }
    await expectRefusal(
      startOne(bus.url, randomUUID(), redisJournal({ url })),
      ClusterUnavailableError,
      'CLUSTER_UNAVAILABLE',
      'redisJournal(): Redis is not connected',
    );
  });
});
