import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { PostgresServer } from '../../../support/postgres.js';
import { startTwo } from './support/two-servers.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

/** Publishes until a client hears of it. */
async function reaches(from: TestApplication, client: TestClient): Promise<void> {
  await expect
    .poll(async () => {
      const mark = randomUUID();
      await from.sockets.blast('mark', mark);
      return client.heard('mark').length;
    })
    .toBeGreaterThan(0);
}

describe('while Postgres is away', () => {
  it.for(['SIGKILL', 'SIGINT'] as const)(
    'clients of the same server hear all, and those of others again after it (%s)',
    async (signal, context) => {
      if (!server) return context.skip('there is no Postgres');
      const [a, b] = await startTwo(server);
      const [near, far] = [await a.connect(), await b.connect()];

      await server.kill(signal);
      for (let number = 0; number < 50; number++) await a.sockets.blast('numbered', number);
      await near.next('numbered', (number) => number === 49);
      await server.restart();

      await reaches(b, near);
      await reaches(a, far);
      expect(near.heard('numbered')).toEqual(Array.from({ length: 50 }, (_, number) => number));
    },
  );

  it('clients that do not follow positions are told to read again after it', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const [a] = await startTwo(server);
    const [plain, follower] = [await a.connect(), await a.connect()];
    await plain.socket.emitWithAck('get', { url: '/cards/1' });
    await follower.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });

    await server.kill('SIGKILL');
    await server.restart();
    await plain.next('sockets:stale', ({ resource }: { resource: string }) => resource === 'card');
    await a.channel('card').publishUpdate(1, { title: 'new' });
    await follower.next('card');

    expect(follower.heard('sockets:stale')).toEqual([]);
  });

  it('what waits is sent in order and once when it goes on', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const [a, b] = await startTwo(server);
    const [near, far] = [await a.connect(), await b.connect()];
    const { freeze, thaw } = { freeze: () => server?.freeze(), thaw: () => server?.thaw() };
    onTestFinished(thaw);

    freeze();
    for (let number = 0; number < 200; number++) await a.sockets.blast('numbered', number);
    await near.next('numbered', (number) => number === 199);
    expect(far.heard('numbered')).toEqual([]);
    thaw();

    await far.next('numbered', (number) => number === 199);
    expect(far.heard('numbered')).toEqual(Array.from({ length: 200 }, (_, number) => number));
  });

  it('messages beyond the bound are dropped and counted', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const [a] = await startTwo(server);
    const near = await a.connect();
    onTestFinished(() => server?.thaw());

    server.freeze();
    for (let number = 0; number < 20; number++) await a.sockets.blast('large', 'x'.repeat(1024 * 1024));
    await a.sockets.blast('last', {});

    await near.next('last');
    await expect.poll(() => a.sockets.metrics().bus.unsent).toBeGreaterThan(3);
    expect(near.heard('large')).toHaveLength(20);
  });
});
