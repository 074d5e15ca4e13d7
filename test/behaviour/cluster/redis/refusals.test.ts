import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

let redis: RedisServer | undefined;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-refusals-'));
  redis = await RedisServer.start('--enable-debug-command', 'local', '--dir', directory, '--dbfilename', 'kept.rdb');
});

afterAll(async () => {
  await redis?.stop();
  await rm(directory, { recursive: true });
});

type Tell = (...command: string[]) => Promise<unknown>;

/** Has Redis refuse what it is sent, and returns what ends that. */
type Refuse = (tell: Tell, another: Tell) => Promise<() => Promise<unknown>>;

/** By the code of the error. */
const REFUSALS: Readonly<Record<string, Refuse>> = {
  READONLY: async (tell) => {
    await tell('REPLICAOF', '127.0.0.1', '1');
    return () => tell('REPLICAOF', 'NO', 'ONE');
  },
  MASTERDOWN: async (tell) => {
    await tell('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
    await tell('REPLICAOF', '127.0.0.1', '1');
    return async () => {
      await tell('REPLICAOF', 'NO', 'ONE');
      await tell('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
    };
  },
  NOREPLICAS: async (tell) => {
    await tell('CONFIG', 'SET', 'min-replicas-to-write', '1');
    return () => tell('CONFIG', 'SET', 'min-replicas-to-write', '0');
  },
  OOM: async (tell) => {
    await tell('CONFIG', 'SET', 'maxmemory', '1');
    return () => tell('CONFIG', 'SET', 'maxmemory', '0');
  },
  MISCONF: async (tell) => {
    // In place of the file that it would write.
    const file = join(directory, 'kept.rdb');
    await rm(file, { force: true });
    await mkdir(file);
    await tell('CONFIG', 'SET', 'save', '3600 1');
    const save = async (outcome: string): Promise<void> => {
      await tell('BGSAVE');
      await expect.poll(() => tell('INFO', 'persistence')).toMatch(`rdb_last_bgsave_status:${outcome}`);
    };
    await save('err');
    return async () => {
      await rm(file, { recursive: true });
      await save('ok');
      await tell('CONFIG', 'SET', 'save', '');
    };
  },
  BUSY: async (tell, another) => {
    await tell('CONFIG', 'SET', 'lua-time-limit', '1');
    const run = another('EVAL', 'while true do end', '0').catch(() => undefined);
    await expect.poll(() => tell('PING').catch(String)).toContain('BUSY');
    return async () => {
      await tell('SCRIPT', 'KILL');
      await run;
      await tell('CONFIG', 'SET', 'lua-time-limit', '5000');
    };
  },
  LOADING: async (tell, another) => {
    // Two milliseconds for each of its keys, in the course of which it answers.
    await tell('CONFIG', 'SET', 'loading-process-events-interval-bytes', '1024', 'key-load-delay', '2000');
    await tell('EVAL', "for key = 1, 500 do redis.call('SET', 'key' .. key, string.rep('x', 100)) end", '0');
    const reload = another('DEBUG', 'RELOAD');
    await expect.poll(() => tell('GET', 'key1').catch(String)).toContain('LOADING');
    return () => reload;
  },
};

const WAYS = Object.keys(REFUSALS).flatMap((code) => Object.keys(CLIENTS).map((client) => [code, client] as const));

/** Two servers, and a client of each that reads a record and is in a room. */
async function startBy(context: TestContext, name: string) {
  if (!redis) return context.skip('there is no redis-server');
  const servers = await startTwo({ client: CLIENTS[name](redis.url), prefix: randomUUID() });
  const clients = await Promise.all(servers.map((server) => server.connect()));
  for (const { socket } of clients) await socket.emitWithAck('get', { url: '/cards/1' });
  await servers[0].sockets.join(
    clients.map(({ id }) => id),
    'room',
  );
  return { a: servers[0], near: clients[0], far: clients[1] };
}

async function refuse(url: string, code: string): Promise<() => Promise<unknown>> {
  const [one, other] = await Promise.all([adminOf(url), adminOf(url)]);
  let isOver = false;
  const end = await REFUSALS[code](
    (...command) => one.sendCommand(command),
    (...command) => other.sendCommand(command),
  );
  const endOnce = async (): Promise<void> => {
    if (!isOver) await end();
    isOver = true;
  };
  onTestFinished(endOnce);
  return endOnce;
}

/** What was published and broadcast, in the order of arrival. */
const heardBy = ({ received }: TestClient): unknown[] =>
  received.flatMap(([event, data]): unknown[] => {
    if (event === 'card') return [(data as { data: { number: number } }).data.number];
    return event === 'said' ? [`said ${String(data)}`] : [];
  });

const isCard21 = (told: { data: { number: number } }): boolean => told.data.number === 21;

const publicationsFirst = (one: unknown, other: unknown): number =>
  Number(typeof other === 'number') - Number(typeof one === 'number');

describe('a server whose Redis refuses for a while what it is sent', () => {
  it.for(WAYS)('has it take everything then, once and in order: %s, %s', async ([code, name], context) => {
    const { a, near, far } = await startBy(context, name);
    const expected: unknown[] = [];
    const publish = (number: number): void => {
      void a.channel('card').publishUpdate(1, { number });
      void a.sockets.broadcast('room', 'said', number);
      expected.push(number, `said ${number}`);
    };
    const heard = (client: TestClient, number: number) => client.next('said', (data) => data === number);
    publish(0);
    await heard(far, 0);

    const end = await refuse(redis?.url ?? '', code);
    const since = performance.now();
    for (let number = 1; number <= 20; number++) publish(number);
    // Nobody on this server waits for it.
    await heard(near, 20);
    await end();
    publish(21);
    await Promise.all([near, far].flatMap((client) => [heard(client, 21), client.next('card', isCard21)]));

    // Where nothing but writes is refused, the rest waits for a second at most.
    const isQuick = performance.now() - since < 1_000;
    const inOrder = (all: unknown[]): unknown[] => (isQuick ? all : [...all].sort(publicationsFirst));
    expect(heardBy(near)).toEqual(expected);
    expect(inOrder(heardBy(far))).toEqual(inOrder(expected));
  });
});
