import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ClusterUnavailableError, SocketsHealth, SocketsModule } from '../../../../src/index.js';
import { postgres, type PostgresOptions } from '../../../../src/server/cluster/engines/postgres.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { PostgresServer } from '../../../support/postgres.js';
import { expectRefusal } from '../../../support/refusal.js';
import { CardsController } from './support/two-servers.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

interface Answer {
  headers: Record<string, string>;
}

async function startOne(options: PostgresOptions, journal?: { maxEntries: number }): Promise<TestApplication> {
  const imports = [SocketsModule.forRoot({ cluster: postgres(options), journal: { timeout: 30_000, ...journal } })];
  return start({ imports, controllers: [CardsController] });
}

/** Reads a card, and returns where it stands and how far the reader is told what it has missed. */
async function read(client: TestClient, since: string): Promise<string> {
  const request = { url: '/cards/1', headers: { 'realtime-since': since } };
  const { headers } = (await client.socket.emitWithAck('get', request)) as Answer;
  return headers['realtime-position'] ?? '';
}

async function recovers(client: TestClient, since: string): Promise<boolean> {
  await read(client, since);
  const [{ recovered }] = await client.next<{ recovered: boolean }>('sockets:recovered');
  return recovered;
}

function titles(client: TestClient): unknown[] {
  return client.heard('card').map((message) => (message as { data: { title: unknown } }).data.title);
}

describe('a journal in Postgres', () => {
  it('is made once by servers that start at the same time, in the schema that is named', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const pool = server.pool();
    onTestFinished(() => pool.end());
    const options = { pool, prefix: randomUUID(), schema: 'for "sockets"' };

    const servers = await Promise.all([1, 2, 3, 4].map(() => startOne(options)));
    const clients = await Promise.all(servers.map((one) => one.connect()));
    // What does not answer in 100 ms on a busy machine goes without.
    const positionsOf = () => Promise.all(clients.map((client) => read(client, 'new')));

    await expect.poll(async () => [...new Set(await positionsOf())]).toEqual([expect.stringContaining('card=')]);
    const { rows } = await pool.query('SELECT DISTINCT schemaname FROM pg_tables WHERE tablename ~ $1', [
      '^nestjs_sockets',
    ]);
    expect(rows).toEqual([{ schemaname: options.schema }]);
  });

  it('numbers what several servers publish at the same time one by one', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const pool = server.pool();
    onTestFinished(() => pool.end());
    const options = { pool, prefix: randomUUID() };
    const servers = [await startOne(options), await startOne(options), await startOne(options)];
    const [witness, client] = await Promise.all([servers[0], servers[1]].map((one) => one?.connect()));
    if (!witness || !client) throw new Error('There is no server.');
    const since = await read(witness, 'new');

    const each = 100;
    for (let number = 0; number < each; number++) {
      for (const [index, one] of servers.entries()) {
        void one.channel('card').publishUpdate(1, { title: `${index} ${number}` });
      }
    }
    await expect.poll(() => titles(witness).length).toBe(3 * each);
    // On a busy machine, some were sent before their positions were known.
    expect(await recovers(client, since)).toBe(true);

    const steps = client.received
      .filter(([event]) => event === 'card')
      .map(([, , note]) => Object.values((note as { topics: Record<string, [number, number]> }).topics)[0]);
    expect(steps).toHaveLength(3 * each);
    for (const [index, step] of steps.entries()) if (index > 0) expect(step?.[0]).toBe(steps[index - 1]?.[1]);
    // Each server is heard in its own order.
    for (const index of servers.keys()) {
      const own = titles(client).filter((title) => String(title).startsWith(`${index} `));
      expect(own).toEqual(Array.from({ length: each }, (_, number) => `${index} ${number}`));
    }
  });

  it('outlives Postgres, and knows what was missed before it ended', async (context) => {
    const own = await PostgresServer.start();
    if (!own) return context.skip('there is no Postgres');
    onTestFinished(() => own.stop());
    const pool = own.pool();
    onTestFinished(() => pool.end());
    const options = { pool, prefix: randomUUID() };
    const [a, b] = [await startOne(options), await startOne(options)];
    const before = await a.connect();
    const since = await read(before, 'new');
    before.socket.disconnect();
    const witness = await b.connect();
    await read(witness, 'new');
    await a.channel('card').publishUpdate(1, { title: 'missed' });
    await witness.next('card');

    await own.kill();
    await own.restart();
    await expect.poll(() => b.nest.get(SocketsHealth).check().status).toBe('up');
    await a.channel('card').publishUpdate(1, { title: 'missed afterwards' });
    await expect.poll(() => titles(witness).length).toBe(2);

    const after = await b.connect();
    expect(await recovers(after, since)).toBe(true);
    expect(titles(after)).toEqual(['missed', 'missed afterwards']);
  });

  it('keeps what its limits say, and says what is gone', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const pool = server.pool();
    onTestFinished(() => pool.end());
    const one = await startOne({ pool, prefix: randomUUID() }, { maxEntries: 3 });
    const client = await one.connect();
    const since = await read(client, 'new');

    for (const number of [1, 2, 3]) await one.channel('card').publishUpdate(1, { title: number });
    await expect.poll(() => titles(client)).toHaveLength(3);
    const enough = await one.connect();
    expect(await recovers(enough, since)).toBe(true);
    expect(titles(enough)).toEqual([1, 2, 3]);

    await one.channel('card').publishUpdate(1, { title: 4 });
    await expect.poll(() => titles(client)).toHaveLength(4);
    const late = await one.connect();
    expect(await recovers(late, since)).toBe(false);
  });

  it('begins a new epoch where its tables were emptied, as with a backup', async (context) => {
    const own = await PostgresServer.start();
    if (!own) return context.skip('there is no Postgres');
    onTestFinished(() => own.stop());
    const pool = own.pool();
    onTestFinished(() => pool.end());
    const options = { pool, prefix: randomUUID() };
    const before = await startOne(options);
    const since = await read(await before.connect(), 'new');
    await before.nest.close();

    await pool.query('TRUNCATE nestjs_sockets_entries, nestjs_sockets_topics, nestjs_sockets_streams');
    const after = await (await startOne(options)).connect();
    expect(await recovers(after, since)).toBe(false);
  });

  it('is refused at boot with what to do, where the user may make no tables, and can be left out', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const pool = server.pool();
    onTestFinished(() => pool.end());
    const [user, password] = ['reader', randomUUID()];
    await pool.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
    const url = new URL(server.url);
    Object.assign(url, { username: user, password });
    const poor = server.pool({ connectionString: url.href });
    onTestFinished(() => poor.end());
    const options = { pool: poor, prefix: randomUUID(), schema: 'another' };

    await expectRefusal(
      startOne(options),
      ClusterUnavailableError,
      'CLUSTER_UNAVAILABLE',
      /tables.*"another".*postgres\(\{ journal: false \}\)/,
    );
    const client = await (await startOne({ ...options, journal: false })).connect();
    expect(await read(client, 'new')).not.toBe('');
  });
});
