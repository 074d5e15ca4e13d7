import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, startTwo } from './support/servers.js';

/** How many publications of one record a journal keeps, and how many bytes of them. */
const MOST = 1_000;
const MOST_BYTES = 1024 * 1024;

interface Answer {
  headers: Record<string, string>;
}

it('a busy record takes no more of the memory of Redis than the journal may keep of it', async (context) => {
  const redis = await RedisServer.startFor(context);
  const prefix = randomUUID();
  const [a, b] = await startTwo({ url: redis.url, prefix });
  const admin = await adminOf(redis.url);
  const read = (client: TestClient, id: number, since: string): Promise<Answer> =>
    client.socket.emitWithAck('get', { url: `/cards/${id}`, headers: { 'realtime-since': since } }) as Promise<Answer>;
  const before = await b.connect();
  const since = async (): Promise<string> => (await read(before, 2, 'new')).headers['realtime-position'] ?? '';
  await expect.poll(since).toContain('card=');
  const position = await since();
  before.socket.disconnect();

  await a.channel('card').publishUpdate(2, { title: 'missed' });
  const text = 'x'.repeat(2_000);
  const count = 4 * MOST;
  for (let number = 1; number <= count; number++) {
    await a.channel('card').publishUpdate(1, { number, text });
    if (number % 100 === 0) await expect.poll(() => a.sockets.metrics().journal?.waiting).toBe(0);
  }
  const hashes = await admin.keys(`${prefix}:*:entries:*`);
  const values = await Promise.all(hashes.map((key) => admin.hVals(key)));
  const kept = values.flat().filter((value) => value.includes('"versions"'));
  const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);

  // One more is that of the other record.
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.length).toBeLessThanOrEqual(1.07 * MOST + 1);
  expect(kept.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1.4 * MOST_BYTES);
  // Beside what Redis takes by itself, and what it knows of all that was published lately.
  expect(used).toBeLessThan(8 * MOST_BYTES);

  // What a quiet record has is kept, though the list of all has it no more.
  const after = await b.connect();
  await read(after, 2, position);
  const [told] = await after.next<{ recovered: boolean }>('sockets:recovered');
  expect(told.recovered).toBe(true);
  expect(after.heard('card')).toMatchObject([{ id: 2, data: { title: 'missed' } }]);
});
