import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { RedisOptions } from '../../../../src/server/cluster/engines/redis.js';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startOne, startTwo } from './support/servers.js';

let server: RedisServer | undefined;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server?.stop());

/** Where there is no Redis, the test is skipped, aloud. */
function urlOf(context: TestContext): string {
  return server?.url ?? context.skip('there is no redis-server');
}

const WAYS: Array<[way: string, options: (url: string) => RedisOptions]> = [
  ['an address', (url) => ({ url })],
  ['an address, sharded', (url) => ({ url, mode: 'sharded' })],
  ['an address, streams', (url) => ({ url, mode: 'streams' })],
  ...Object.entries(CLIENTS).flatMap(([name, make]): typeof WAYS => [
    [`a client of ${name}`, (url) => ({ client: make(url) })],
    [`a client of ${name}, sharded`, (url) => ({ client: make(url), mode: 'sharded' })],
    [`a client of ${name}, streams`, (url) => ({ client: make(url), mode: 'streams' })],
  ]),
];

describe('servers that Redis joins', () => {
  it.for(WAYS)('publish, join, leave and ask as one by %s', async ([, options], context) => {
    const [a, b] = await startTwo({ ...options(urlOf(context)), prefix: randomUUID() });
    const reader = await b.connect();
    await reader.socket.emitWithAck('get', { url: '/cards/1' });

    await a.sockets.join(reader.id, 'team');
    await a.sockets.broadcast('team', 'hello', Buffer.from([0, 255]));
    await a.sockets.leave(reader.id, 'team');
    await a.sockets.broadcast('team', 'hello', 2);
    await a.channel('card').publishUpdate(1, { title: 'x' });
    await a.channel('card').publishDestroy(1);
    await a.sockets.blast('last', {});

    await reader.next('last');
    expect(reader.heard('hello')).toEqual([Buffer.from([0, 255])]);
    expect(reader.heard('card')).toMatchObject([{ verb: 'updated' }, { verb: 'destroyed' }]);
    expect(await a.sockets.socketRooms(reader.id)).not.toContain('team');
  });

  it('do not hear those of another prefix, and leave nothing elsewhere', async (context) => {
    const url = urlOf(context);
    const prefix = randomUUID();
    const own = await startOne({ url, prefix });
    const stranger = await startOne({ url, prefix: `${prefix}x` });
    const client = await own.connect();
    const redis = await adminOf(url);

    await stranger.sockets.blast('strange', 1);
    await stranger.sockets.server.of('/').adapter.serverCount();
    await own.sockets.blast('last', 1);
    await client.next('last');

    expect(client.heard('strange')).toEqual([]);
    const channels = await redis.pubSubChannels();
    expect(channels.filter((channel) => !channel.startsWith(prefix))).toEqual([]);
    // Those of the journal go by themselves.
    const keys = await redis.keys(`*`);
    const left = keys.filter((key) => key.startsWith(`${prefix}x`) || !key.includes(':journal:'));
    expect(left).toEqual([]);
    expect(await Promise.all(keys.map((key) => redis.pTTL(key)))).not.toContain(-1);
  });
});
