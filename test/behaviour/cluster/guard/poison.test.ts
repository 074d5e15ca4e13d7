import { Logger } from '@nestjs/common';
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi, type TestContext } from 'vitest';
import { cluster, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { RedisServer } from '../../../support/redis.js';
import { ENGINES, nodeRedis } from './support/engines.js';

let redis: RedisServer | undefined;
beforeAll(async () => {
  redis = await RedisServer.start();
  // oxlint-disable-next-line no-console
  if (!redis) console.warn('SKIPPED: there is no redis-server here, so nothing is shown of poison on the bus.');
});
afterAll(() => redis?.stop());

type Client = Awaited<ReturnType<typeof nodeRedis>>;
type Text = string | Buffer;

const inAdapter = createRequire(createRequire(import.meta.url).resolve('@socket.io/redis-adapter'));
const { encode } = inAdapter('notepack.io') as { encode: (value: unknown) => Buffer };

const OPTIONS = { rooms: [], except: [], flags: {} };
const RESERVED = ['error', 'connection', 'connect', 'new_namespace', 'newListener', 'removeListener'];

/** What a broadcast may be on the bus, but must not. */
const PACKETS: Record<string, unknown> = {
  'no packet': null,
  'a number for a packet': 5,
  'a packet without a type': { data: ['x'], nsp: '/' },
  'a packet that disconnects': { type: 1, nsp: '/' },
  'a packet of an unknown type': { type: 77, data: ['x'], nsp: '/' },
  'a packet that says that bytes follow': { type: 5, data: ['x'], nsp: '/' },
  'an event without a name': { type: 2, data: [], nsp: '/' },
  'an event named by an object': { type: 2, data: [{}], nsp: '/' },
  'an event that is reserved for clients': { type: 2, data: ['disconnect'], nsp: '/' },
  'an event with an odd id': { type: 2, data: ['x'], id: '/odd,', nsp: '/' },
};

/** What an event of another server may be, but must not. */
const SERVER_EVENTS: Record<string, unknown> = {
  ...Object.fromEntries(
    RESERVED.map((name) => [`the reserved server event "${name}"`, [name, new Error('x').message]]),
  ),
  'a server event without a name': [],
  'a server event that is text': 'text',
  'a server event that is nothing': null,
  'a server event named by an object': [{ toString: '' }],
  'a message of the library without text': ['nestjs-sockets:message', { a: 1 }],
  'a message of the library that is no JSON': ['nestjs-sockets:message', '['],
  'a delivery to nobody': ['nestjs-sockets:message', '["deliver",{"rooms":5}]'],
  'a question without an answer': ['nestjs-sockets:ask-server', '["rooms"]'],
  'a question that is no JSON': ['nestjs-sockets:ask-server', '{'],
};

/** What of the text alone is wrong. */
const TEXTS: Record<string, Text> = {
  'no text': '',
  'text that is no JSON': '{"uid":',
  'JSON that is no object': '[1]',
  'a JSON null': 'null',
  'an empty object': '{}',
  'bytes that are no msgpack': Buffer.from([0xc1, 0xff, 0x00]),
  'truncated msgpack': encode(['stranger', { type: 2, data: ['x'], nsp: '/' }, OPTIONS]).subarray(0, 12),
  'text that nests deep': `{"type":9,"data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
};

function mapped(from: Record<string, unknown>, text: (value: unknown) => Text): Array<[string, Text]> {
  return Object.entries(from).map(([name, value]) => [name, text(value)]);
}

/** All that is written to the channels of the adapter of Redis, and where. */
function forRedis(key: string): Array<[string, string, Text]> {
  const on =
    (channel: string) =>
    ([name, text]: [string, Text]): [string, string, Text] => [name, channel, text];
  const request = (fields: object): string => JSON.stringify({ uid: 'stranger', ...fields });
  return [
    ...mapped(TEXTS, (text) => text as Text).map(on(`${key}#/#`)),
    ...mapped(TEXTS, (text) => text as Text).map(on(`${key}-request#/#`)),
    ...mapped(TEXTS, (text) => text as Text).map(on(`${key}-response#/#`)),
    ...mapped(PACKETS, (packet) => encode(['stranger', packet, OPTIONS])).map(on(`${key}#/#`)),
    ...mapped(SERVER_EVENTS, (data) => request({ type: 6, data })).map(on(`${key}-request#/#`)),
    on(`${key}#/#`)(['a broadcast without options', encode(['stranger', { type: 2, data: ['x'], nsp: '/' }])]),
    on(`${key}#/#`)(['a broadcast elsewhere', encode(['stranger', { type: 2, data: ['x'], nsp: '/other' }, OPTIONS])]),
    on(`${key}-request#/#`)(['sockets to fetch without options', request({ type: 5, requestId: 'r' })]),
    on(`${key}-request#/#`)(['sockets of rooms that are a number', request({ type: 0, requestId: 'r', rooms: 5 })]),
    on(`${key}-request#/#`)(['a join of no rooms', request({ type: 2, opts: OPTIONS })]),
    on(`${key}-request#/#`)(['a join with odd options', request({ type: 2, opts: { rooms: 5 }, rooms: ['x'] })]),
    on(`${key}-request#/#`)(['a broadcast to be acknowledged, of nothing', request({ type: 7, requestId: 'r' })]),
    on(`${key}-request#/#`)(['a request of an unknown kind', request({ type: 99 })]),
  ];
}

/** All that is written to the channel of an adapter that extends `ClusterAdapter`. */
function forClusterAdapter(): Array<[string, Text]> {
  const message = (fields: object): string => JSON.stringify({ uid: 'stranger', nsp: '/', ...fields });
  return [
    ...mapped(TEXTS, (text) => text as Text),
    ...mapped(PACKETS, (packet) => message({ type: 3, data: { packet, opts: OPTIONS } })),
    ...mapped(SERVER_EVENTS, (packet) => message({ type: 9, data: { packet } })),
    ['a broadcast without options', message({ type: 3, data: { packet: { type: 2, data: ['x'] } } })],
    ['a message of another namespace', message({ nsp: '/other', type: 9, data: { packet: ['x'] } })],
    ['a message without data', message({ type: 9 })],
    ['a message of an unknown kind', message({ type: 99, data: {} })],
    ['a message from an object', message({ uid: {}, type: 2 })],
    ['sockets to fetch without options', message({ type: 7, data: { requestId: 'r' } })],
    ['a join of rooms that are a number', message({ type: 4, data: { opts: OPTIONS, rooms: 5 } })],
    ['a join of a room that is an object', message({ type: 4, data: { opts: OPTIONS, rooms: [{}] } })],
    ['an answer without data', message({ type: 10 })],
  ];
}

/** The same message as the adapter of streams encodes it; what cannot be read stays as it is. */
function asMsgpack(text: Text): Text {
  try {
    return encode(JSON.parse(String(text)));
  } catch {
    return text;
  }
}

type Write = (client: Client, prefix: string) => Array<[string, () => Promise<unknown>]>;

const forRedisAdapter: Write = (client, prefix) =>
  forRedis(prefix).map(([name, channel, text]) => [
    `${name}, on ${channel.slice(prefix.length)}`,
    () => client.publish(channel, text),
  ]);

const WRITE: Record<string, Write> = {
  'redis, by node-redis': forRedisAdapter,
  'redis, by ioredis': forRedisAdapter,
  sharded: (client, prefix) =>
    forClusterAdapter().map(([name, text]) => [name, () => client.sPublish(`${prefix}#/#`, text)]),
  streams: (client, prefix) => {
    const published = forClusterAdapter().map(([name, text]): [string, () => Promise<unknown>] => [
      `${name}, published`,
      () => client.publish(`${prefix}#/#`, asMsgpack(text)),
    ]);
    const entry = (fields: Record<string, string>) => () => client.xAdd(prefix, '*', fields);
    const uid = 'stranger';
    return [
      ...published,
      ['an entry without data', entry({ uid, nsp: '/', type: '3' })],
      ['an entry without a kind', entry({ uid, nsp: '/' })],
      ['an entry with odd data', entry({ uid, nsp: '/', type: '3', data: 'x' })],
      ['an entry with data that is no JSON', entry({ uid, nsp: '/', type: '3', data: '{' })],
      ['an entry with an empty object', entry({ uid, nsp: '/', type: '3', data: '{}' })],
      ['an entry of an unknown namespace', entry({ uid, nsp: '/other', type: '3' })],
      ['an entry of nobody', entry({ nothing: '1' })],
      ...mapped(PACKETS, (packet) => JSON.stringify({ packet, opts: OPTIONS })).map(
        ([name, data]): [string, () => Promise<unknown>] => [
          `${name}, as an entry`,
          entry({ uid, nsp: '/', type: '3', data: String(data) }),
        ],
      ),
    ];
  },
};

async function startJoined(context: TestContext, engine: string) {
  if (!redis) return context.skip('there is no redis-server');
  const { url } = redis;
  const prefix = randomUUID();
  const servers: TestApplication[] = [];
  for (let count = 0; count < 2; count++) {
    const { adapter, close } = await ENGINES[engine](url, prefix);
    onTestFinished(close);
    servers.push(await start({ imports: [SocketsModule.forRoot({ cluster: cluster({ adapter }) })] }));
  }
  const [a, b] = servers as [TestApplication, TestApplication];
  for (const server of servers) {
    await expect.poll(() => server.sockets.server.of('/').adapter.serverCount()).toBe(2);
  }
  const writer = await nodeRedis(url);
  onTestFinished(() => writer.destroy());
  return { a, b, prefix, writer };
}

describe.each(Object.keys(ENGINES))('poison on the bus of %s', (engine) => {
  it('is dropped: both servers still hear each other after each kind, and the log stays short', async (context) => {
    const lines = ['warn', 'error'].map((level) =>
      vi.spyOn(Logger.prototype, level as 'warn').mockImplementation(() => undefined),
    );
    onTestFinished(() => lines.forEach((line) => line.mockRestore()));
    const { a, b, prefix, writer } = await startJoined(context, engine);
    const [here, there] = [await a.connect(), await b.connect()];
    const serverEvents: unknown[] = [];
    a.sockets.onServerEvent('canary', (kind) => void serverEvents.push(kind));

    for (const [kind, write] of WRITE[engine](writer, prefix)) {
      await write();
      const canaries = [`${kind} a`, `${kind} b`];
      const heard = [here, there].flatMap((client) =>
        canaries.map((canary) => client.next<string>('canary', (data) => data === canary)),
      );
      await a.sockets.blast('canary', canaries[0]);
      await b.sockets.serverSideEmit('canary', kind);
      await b.sockets.blast('canary', canaries[1]);
      await Promise.all(heard);
      expect(serverEvents.at(-1)).toBe(kind);
    }

    for (const client of [here, there]) {
      expect(client.received.map(([event]) => event).filter((event) => event !== 'canary')).toEqual([]);
      expect(client.socket.connected).toBe(true);
    }
    expect(new Set(await a.sockets.rooms())).toEqual(new Set([here.id, there.id]));
    for (const { sockets } of [a, b]) expect(sockets.metrics().bus.unreadable).toBeGreaterThan(20);
    expect(lines.flatMap((line) => line.mock.calls).length).toBeLessThan(60);
  });
});
