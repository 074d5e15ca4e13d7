import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { nextMessage, startProgram } from '../../../support/child-process.js';
import { PostgresServer } from '../../../support/postgres.js';
import { RedisServer } from '../../../support/redis.js';

const servers: { redis?: RedisServer; postgres?: PostgresServer } = {};

beforeAll(async () => {
  [servers.redis, servers.postgres] = await Promise.all([RedisServer.start(), PostgresServer.start()]);
});

afterAll(() => Promise.all([servers.redis?.stop(), servers.postgres?.stop()]));

function urlFor(joinedBy: string, context: TestContext): string {
  const server = joinedBy === 'postgres' ? servers.postgres : servers.redis;
  return server?.url ?? context.skip(`what joins servers is not installed: ${joinedBy}`);
}

describe('An application that is connected to other servers, and then fails to start', () => {
  it.for([
    ['pubsub', 'provider', 'a server'],
    ['pubsub', 'onModuleInit', 'a server'],
    ['pubsub', 'onApplicationBootstrap', 'a server'],
    ['sharded', 'onModuleInit', 'a server'],
    ['streams', 'onApplicationBootstrap', 'a server'],
    ['ioredis', 'onModuleInit', 'a server'],
    ['iovalkey', 'onApplicationBootstrap', 'a server'],
    ['postgres', 'provider', 'a server'],
    ['postgres', 'onApplicationBootstrap', 'a server'],
    ['pubsub', 'onModuleInit', 'a worker'],
    ['postgres', 'onModuleInit', 'a worker'],
  ] as const)('ends by itself, though nobody closes it: %s, in %s of %s', async ([joinedBy, place, kind], context) => {
    const env = { BUS_URL: urlFor(joinedBy, context), JOINED_BY: joinedBy, FAILS_IN: place, KIND: kind };
    const program = startProgram('failed-boot', env);

    expect(await nextMessage(program)).toBe(`It fails in ${place}.`);
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});
