import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext, vi } from 'vitest';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { RefusingRedis } from './support/refusing-redis.js';
import { CLIENTS, startTwo } from './support/servers.js';

let redis: RedisServer | undefined;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(() => redis?.stop());

const OOM = 'OOM command not allowed';
const LOADING = 'LOADING Redis is loading the dataset in memory';

const isScript = ([name]: string[]): boolean => /^eval/i.test(name);
const isMessage = ([name]: string[]): boolean => /^publish$/i.test(name);
/** The entry of the journal that counts a publication. */
const isEntryOf = (number: number, command: string[]): boolean =>
  isScript(command) && command.some((word) => word.includes(`"number":${number}}`));

/** Two servers, of which Redis refuses some commands, and a client of each that reads a record and is in a room. */
async function startBy(context: TestContext, name: string) {
  if (!redis) return context.skip('there is no redis-server');
  const way = await RefusingRedis.to(redis.url);
  const [a, b] = await startTwo({ client: CLIENTS[name](way.url), prefix: randomUUID() });
  const [near, far] = [await a.connect(), await b.connect()];
  for (const { socket } of [near, far]) await socket.emitWithAck('get', { url: '/cards/1' });
  await a.sockets.join([near.id, far.id], 'room');
  await a.sockets.broadcast('room', 'said', 0);
  await far.next('said');
  return { way, a, b, near, far };
}

/** Has whatever is measured from now on seem to have begun long before. */
function leap(milliseconds: number): void {
  const now = performance.now.bind(performance);
  const leaping = vi.spyOn(performance, 'now').mockImplementation(() => now() + milliseconds);
  onTestFinished(() => leaping.mockRestore());
}

const numbersOf = (client: TestClient): number[] =>
  client.heard('card').map((told) => (told as { data: { number: number } }).data.number);

describe.each(Object.keys(CLIENTS))('a server whose Redis refuses what it is sent, by a client of %s', (name) => {
  it('has others hear in the end who has left a room, and what was broadcast, however long that takes', async (context) => {
    const { way, a, far } = await startBy(context, name);
    let refused = 0;
    way.refusal = (command) => {
      if (!isMessage(command) && !isScript(command)) return undefined;
      refused++;
      return LOADING;
    };
    await a.sockets.leave(far.id, 'room');
    await expect.poll(() => refused).toBeGreaterThan(0);
    leap(40_000);
    const before = refused;
    await expect.poll(() => refused).toBeGreaterThan(before + 1);
    way.refusal = () => undefined;

    void a.sockets.broadcast('room', 'said', 1);
    await a.sockets.blast('last');
    await far.next('last');

    expect(far.heard('said')).toEqual([0]);
  });

  it('gives up a publication after half a minute, has it read again, and goes on', async (context) => {
    const { way, a, far } = await startBy(context, name);
    const refuse = async (number: number): Promise<void> => {
      let refused = 0;
      way.refusal = (command) => {
        if (!isEntryOf(number, command)) return undefined;
        refused++;
        return LOADING;
      };
      void a.channel('card').publishUpdate(1, { number });
      await expect.poll(() => refused).toBeGreaterThan(1);
    };
    await refuse(1);
    leap(40_000);
    await far.next('sockets:stale');
    await refuse(2);
    way.refusal = () => undefined;
    await far.next('card');

    expect(numbersOf(far)).toEqual([2]);
  });

  it('lets what is no publication go first, where it is only refused what writes', async (context) => {
    const { way, a, far } = await startBy(context, name);
    way.refusal = (command) => (isEntryOf(1, command) ? OOM : undefined);
    void a.channel('card').publishUpdate(1, { number: 1 });
    void a.sockets.broadcast('room', 'said', 1);
    await far.next('said', (number) => number === 1);
    expect(far.heard('card')).toEqual([]);

    way.refusal = () => undefined;
    await far.next('card');
  });

  it('sends what has waited one after the other when it is refused no more, and keeps the order', async (context) => {
    const { way, a, far } = await startBy(context, name);
    way.refusal = (command) => (isScript(command) ? OOM : undefined);
    const count = 200;
    for (let number = 1; number <= count; number++) {
      void a.channel('card').publishUpdate(1, { number });
      // One script counts what is published with nothing else in between.
      void a.sockets.broadcast('elsewhere', 'said');
    }
    leap(2_000);
    void a.sockets.broadcast('room', 'said', 1);
    await far.next('said', (number) => number === 1);
    expect(far.heard('card')).toEqual([]);
    let taken = 0;
    const together: number[] = [];
    way.refusal = (command) => {
      if (!isScript(command)) return undefined;
      if (++taken === 10) void a.sockets.broadcast('room', 'said', 2);
      // What comes in one turn was sent without waiting for an answer.
      if (command.some((word) => word.includes('"number":')) && together.push(taken) === 1 && taken <= 10) {
        setImmediate(() => expect.soft(together.splice(0)).toHaveLength(1));
      }
      return undefined;
    };
    await far.next('said', (number) => number === 2);

    expect(numbersOf(far)).toEqual(Array.from({ length: count }, (_, one) => one + 1));
  });

  it.for(['CLUSTERDOWN The cluster is down', 'TRYAGAIN Multiple keys request during rehashing of slot'] as const)(
    'sends everything again while a Redis Cluster changes, once and in order: %s',
    async (error, context) => {
      const { way, a, near, far } = await startBy(context, name);
      way.refusal = (command) => (isMessage(command) || isScript(command) ? error : undefined);
      for (let number = 1; number <= 20; number++) void a.channel('card').publishUpdate(1, { number });
      const isLast = ({ data }: { data: { number: number } }): boolean => data.number === 20;
      // Without their positions.
      await near.next('card', isLast);
      expect(numbersOf(far)).toEqual([]);
      way.refusal = () => undefined;
      await far.next('card', isLast);

      for (const client of [near, far])
        expect(numbersOf(client)).toEqual(Array.from({ length: 20 }, (_, one) => one + 1));
    },
  );

  it('does not have a publication overtaken, but has it read again, if Redis has refused it alone', async (context) => {
    const { way, a, near, far } = await startBy(context, name);
    await a.channel('card').publishUpdate(1, { number: 0 });
    await far.next('card');
    let refused = 0;
    way.refusal = (command) => (isEntryOf(1, command) && refused++ === 0 ? OOM : undefined);
    // More than one script counts, so that others are under way with the one that is refused.
    const count = 120;
    for (let number = 1; number <= count; number++) void a.channel('card').publishUpdate(1, { number });
    for (const client of [near, far]) {
      await client.next<{ data: { number: number } }>('card', ({ data }) => data.number === count);
    }
    await far.next('sockets:stale');

    const expected = Array.from({ length: count + 1 }, (_, number) => number);
    expect(numbersOf(near)).toEqual(expected);
    const [first, ...others] = numbersOf(far);
    expect(first).toBe(0);
    expect(others[0]).toBeGreaterThan(1);
    expect(others).toEqual(expected.slice(others[0]));
  });

  it('sends again only what was refused of a broadcast to several rooms', async (context) => {
    const { way, a, b, far } = await startBy(context, name);
    const rooms = ['one', 'other', 'third'];
    await b.sockets.server.sockets.sockets.get(far.id)?.join(rooms);
    const taken: string[] = [];
    let refused = 0;
    way.refusal = (command) => {
      if (!isMessage(command) || !command[2].includes('to several')) return undefined;
      if (refused++ === 0) return LOADING;
      taken.push(command[1]);
      return undefined;
    };
    void a.sockets.broadcast(rooms, 'said', 'to several');
    await far.next('said', (said) => said === 'to several');
    await a.sockets.blast('last');
    await far.next('last');

    expect(taken.length).toBeGreaterThan(1);
    expect(new Set(taken).size).toBe(taken.length);
    expect(far.heard('said')).toEqual([0, 'to several']);
  });

  it('tells the others, before it ends, what waits for the answer to a publication', async (context) => {
    const { a, far } = await startBy(context, name);
    void a.channel('card').publishDestroy(1);
    void a.sockets.broadcast('room', 'said', 1);
    await a.nest.close();

    await far.next('said', (number) => number === 1);
    expect(far.heard('card')).toMatchObject([{ verb: 'destroyed', id: 1 }]);
  });
});
