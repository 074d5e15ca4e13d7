import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import type { RedisClient, RedisOptions } from '../../../../src/server/cluster/engines/redis.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { stopClock } from '../../../support/clock.js';
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

const WAYS: Array<[way: string, options: (url: string) => RedisOptions]> = Object.entries(CLIENTS).flatMap(
  ([name, make]): typeof WAYS => [
    [name, (url) => ({ client: make(url) })],
    [`${name}, sharded`, (url) => ({ client: make(url), mode: 'sharded' })],
  ],
);

/** A client whose copies take their time to subscribe to the channels of rooms. */
function slowlySubscribing(client: RedisClient): RedisClient {
  const duplicable = client as unknown as { duplicate(...args: unknown[]): Record<string, unknown> };
  const duplicate = duplicable.duplicate.bind(client);
  duplicable.duplicate = (...args) => {
    const copy = duplicate(...args);
    const subscribe = (copy.subscribe as (...given: unknown[]) => unknown).bind(copy);
    copy.subscribe = async (...given: unknown[]) => {
      if (String(given[0]).includes(':rooms:')) await new Promise((resolve) => setTimeout(resolve, 20));
      return subscribe(...given);
    };
    return copy;
  };
  return client;
}

/** The ways into a room, after which nothing is to be missed. */
const ENTRIES: Readonly<Record<string, (b: TestApplication, client: TestClient, number: number) => unknown>> = {
  'socket.join() of Socket.IO': ({ sockets }, { id }, number) => sockets.get(id).join(`board ${number}`),
  'join()': ({ sockets }, { id }, number) => sockets.join(id, `board ${number}`),
  'subscribe()': (b, { id }, number) => b.channel('card').subscribe(id, number),
  'a read': (_b, { socket }, number) => socket.emitWithAck('get', { url: `/cards/${number}` }),
};

/**
 * Two servers, and how many connections to Redis hear what the first of them says: `work` is done between two messages
 * to all servers, and of what is published meanwhile the listeners are counted.
 */
async function startCounted(context: TestContext, options: RedisOptions) {
  const url = urlOf(context);
  const prefix = randomUUID();
  const [a, b] = await startTwo({ ...options, prefix });
  const admin = await adminOf(url);
  const monitor = await adminOf(url);
  const published: string[] = [];
  const heard = new Map<string, () => void>();
  await monitor.monitor((line) => {
    const [, command, channel] = /"(s?publish)" "([^"]*)"/i.exec(line) ?? [];
    if (!command || !channel?.startsWith(`${prefix}:`) || channel.includes(':adapter')) return;
    published.push(channel);
    for (const [mark, tell] of heard) if (line.includes(mark)) tell();
  });
  const listeners = async (channel: string): Promise<number> => {
    const command = options.mode === 'sharded' ? 'SHARDNUMSUB' : 'NUMSUB';
    const [, count] = (await admin.sendCommand(['PUBSUB', command, channel])) as unknown as [string, number];
    return count;
  };
  const listenersDuring = async (work: () => Promise<unknown>): Promise<number[]> => {
    const mark = async (): Promise<void> => {
      const text = randomUUID();
      const told = new Promise<void>((resolve) => heard.set(text, resolve));
      await a.sockets.blast('mark', text);
      await told;
    };
    await mark();
    const before = published.length;
    await work();
    await mark();
    const channels = published.slice(before).filter((channel) => channel.includes(':rooms:'));
    const others = published.slice(before).filter((channel) => !channel.includes(':rooms:'));
    // The last is the mark's.
    expect(others.slice(0, -1)).toEqual([]);
    return Promise.all(channels.map(listeners));
  };
  return { a, b, listenersDuring };
}

describe('a server that Redis joins to others', () => {
  it.for(WAYS)('is sent nothing of what none of its sockets follows: %s', async ([, options], context) => {
    const { a, b, listenersDuring } = await startCounted(context, options(urlOf(context)));
    const reader = await b.connect();
    await reader.socket.emitWithAck('get', { url: '/cards/1' });
    await b.sockets.join(reader.id, 'board 1');

    const work = async (): Promise<void> => {
      await a.channel('card').publishUpdate(2, { title: 'new' });
      await a.sockets.broadcast('board 2', 'hello');
      await a.channel('card').publishDestroy(2);
    };
    const counts = await listenersDuring(work);
    expect(counts.length).toBeGreaterThanOrEqual(3);
    expect(new Set(counts)).toEqual(new Set([0]));

    await reader.socket.emitWithAck('get', { url: '/cards/2' });
    await b.sockets.join(reader.id, 'board 2');
    expect(await listenersDuring(work)).toContain(1);
    await reader.next('mark', () => reader.heard('mark').length === 4);
    expect(reader.heard('card')).toMatchObject([{ verb: 'updated' }, { verb: 'destroyed' }]);
    expect(reader.heard('hello')).toHaveLength(1);
  });

  it.for(WAYS)('is sent what its sockets follow until they have left for a while: %s', async ([, options], context) => {
    const { a, b, listenersDuring } = await startCounted(context, options(urlOf(context)));
    const client = await b.connect();
    const clock = stopClock();
    const hello = (): Promise<void> => a.sockets.broadcast('board', 'hello');

    await clock.passUntil(b.sockets.join(client.id, 'board'));
    await b.sockets.leave(client.id, 'board');
    expect(await listenersDuring(hello)).toEqual([1]);
    await clock.passUntil(b.sockets.join(client.id, 'board'));
    await clock.pass(100_000);
    expect(await listenersDuring(hello)).toEqual([1]);

    await b.sockets.leave(client.id, 'board');
    await clock.pass(100_000);
    await expect.poll(() => listenersDuring(hello)).toEqual([0]);
    await clock.passUntil(b.sockets.join(client.id, 'board'));
    expect(await listenersDuring(hello)).toEqual([1]);

    await client.next('mark', () => client.heard('mark').length >= 8);
    expect(client.heard('hello')).toHaveLength(2);
  });

  it.for(WAYS)('has its sockets hear a message once, whatever they follow: %s', async ([, options], context) => {
    const { a, b, listenersDuring } = await startCounted(context, options(urlOf(context)));
    const client = await b.connect();
    await b.sockets.join(client.id, ['board 1', 'board 2', 'board 3']);

    const counts = await listenersDuring(() => a.sockets.broadcast(['board 1', 'board 2', 'board 4'], 'hello', 1));
    expect(counts.toSorted((one, other) => one - other)).toEqual([0, 1, 1]);
    await a.sockets.broadcast(['board 1', 'board 2', 'board 4'], 'hello', 2);
    await client.next('hello', (number) => number === 2);
    await a.sockets.blast('last', 1);
    await client.next('last');

    expect(client.heard('hello')).toEqual([1, 2]);
  });

  it.for(WAYS)('hears what follows a join that another server has made at once: %s', async ([, options], context) => {
    const [a, b] = await startTwo({ ...options(urlOf(context)), prefix: randomUUID() });
    const client = await b.connect();
    const rooms = Array.from({ length: 50 }, (_, index) => `board ${index}`);

    for (const room of rooms) {
      void a.sockets.join(client.id, room);
      void a.sockets.broadcast(room, 'hello', room);
      a.sockets.server.in(room).socketsJoin(`${room} too`);
      void a.sockets.broadcast(`${room} too`, 'hello', `${room} too`);
    }
    await client.next('hello', (room) => room === 'board 49 too');

    expect(client.heard('hello')).toEqual(rooms.flatMap((room) => [room, `${room} too`]));
  });

  it.for(Object.entries(ENTRIES))('hears everything by the time %s is over', async ([, enter], context) => {
    const client = slowlySubscribing(CLIENTS.redis(urlOf(context)));
    const [a, b] = await startTwo({ client, prefix: randomUUID() });
    const reader = await b.connect();
    onTestFinished(() => void reader.socket.disconnect());

    for (let number = 1; number <= 5; number++) {
      await enter(b, reader, number);
      await a.sockets.broadcast(`board ${number}`, 'hello', { id: number });
      await a.channel('card').publishUpdate(number, {});
      const heard = [reader.next<Heard>('hello', ({ id }) => id === number), reader.next<Heard>('card', isOf(number))];
      await Promise.race(heard);
    }
  });
});

interface Heard {
  id: number | string;
}

/** Of the card with this number, as a route or code may write it. */
function isOf(number: number): (heard: Heard) => boolean {
  return ({ id }) => Number(id) === number;
}
