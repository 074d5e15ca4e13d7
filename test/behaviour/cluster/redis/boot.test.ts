import { Module, type ModuleMetadata } from '@nestjs/common';
import { ApplicationConfig, NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { ClusterUnavailableError, InvalidOptionsError, SocketsModule } from '../../../../src/index.js';
import { redis, type RedisOptions } from '../../../../src/server/cluster/engines/redis.js';
import { start } from '../../../support/application.js';
import { nextMessage, startProgram } from '../../../support/child-process.js';
import { freePort } from '../../../support/free-port.js';
import { Logs } from '../../../support/logs.js';
import { RedisServer } from '../../../support/redis.js';
import { expectRefusal } from '../../../support/refusal.js';
import { redisOfMajor } from './support/old-redis.js';
import { adminOf, CLIENTS } from './support/servers.js';

let server: RedisServer | undefined;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server?.stop());

/** Where there is no Redis, the test is skipped, aloud. */
function urlOf(context: TestContext): string {
  return server?.url ?? context.skip('there is no redis-server');
}

const moduleWith = (options: RedisOptions): ModuleMetadata['imports'] => [
  SocketsModule.forRoot({ cluster: redis(options) }),
];

describe('a server that Redis is to join to others', () => {
  it('is given the client of the application by Nest, and leaves it open', async (context) => {
    const client = await adminOf(urlOf(context));
    const found = { REDIS: client, ADDRESS: { url: urlOf(context) } };

    @Module({
      providers: Object.entries(found).map(([provide, useValue]) => ({ provide, useValue })),
      exports: Object.keys(found),
    })
    class RedisModule {}

    const imports = [RedisModule];
    for (const options of [
      { imports, inject: ['REDIS'] },
      { imports, inject: ['REDIS'], useFactory: (given: typeof client) => given },
      { imports, inject: ['REDIS'], useFactory: async (given: typeof client) => ({ client: given }) },
      { imports, inject: ['ADDRESS'], useFactory: (given: { url: string }) => given },
      { client },
    ]) {
      const { nest } = await start({ imports: moduleWith(options) });
      await nest.close();
    }
    expect(await client.ping()).toBe('PONG');
  });

  it.for(['url', ...Object.keys(CLIENTS)])(
    'refuses a wrong password at once, and never names it: %s',
    async (way, context) => {
      const url = urlOf(context);
      const admin = await adminOf(url);
      await admin.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>right', '~*', '&*', '+@all']);
      const wrong = url.replace('//', '//app:guessed-wrong@');
      const options = way === 'url' ? { url: wrong } : { client: CLIENTS[way](wrong) };
      const logs = new Logs();
      const starting = NestFactory.create(SocketsModule.forRoot({ cluster: redis(options) }), {
        logger: logs,
        abortOnError: false,
      });

      await expectRefusal(starting, ClusterUnavailableError, 'CLUSTER_UNAVAILABLE', 'redis()', /WRONGPASS/);
      expect([...logs.lines, ...logs.warnings, ...logs.errors].join('\n')).not.toContain('guessed-wrong');
    },
  );

  it.for(['url', ...Object.keys(CLIENTS)])('does not start where there is no Redis: %s', async (way) => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const options = way === 'url' ? { url } : { client: CLIENTS[way](url) };

    await expectRefusal(
      start({ imports: moduleWith({ ...options, connectTimeout: 200 }) }),
      ClusterUnavailableError,
      'CLUSTER_UNAVAILABLE',
      'not within 200 ms',
    );
  });

  it('starts with its own clients only where it may, and waits where it is to', async (context) => {
    const late = await RedisServer.startFor(context);
    await late.kill();
    const options: RedisOptions = { url: late.url, connectTimeout: 50 };
    const waiting = start({ imports: moduleWith({ ...options, whenAbsent: 'wait' }) });
    const degraded = await start({ imports: moduleWith({ ...options, whenAbsent: 'degraded' }) });
    const client = await degraded.connect();
    await degraded.sockets.blast('alone', 1);
    expect(await client.next('alone')).toEqual([1]);

    await late.restart();
    const { sockets } = await waiting;

    await expect
      .poll(async () => {
        await sockets.blast('together', 1);
        return client.heard('together').length;
      })
      .toBeGreaterThan(0);
  });

  it.for([
    ['sharded', 6, 'mode "sharded" needs Redis 7 or later, and this is 6.', 'use mode "pubsub"'],
    ['sharded', 4, 'mode "sharded" needs Redis 7 or later, and this is 4.', 'Update Redis'],
    ['streams', 4, 'redis() needs Redis 5 or later, and this is 4.', 'Update Redis'],
    ['pubsub', 4, 'redis() needs Redis 5 or later, and this is 4.', 'Update Redis'],
  ] as const)('does not start by a Redis that is too old: %s, %s', async ([mode, major, ...words], context) => {
    const url = await redisOfMajor(major, urlOf(context));

    await expectRefusal(
      start({ imports: moduleWith({ url, mode }) }),
      ClusterUnavailableError,
      'CLUSTER_UNAVAILABLE',
      ...words,
    );
  });

  it('starts by a Redis that is old enough for its mode', async (context) => {
    const url = await redisOfMajor(6, urlOf(context));
    const { nest } = await start({ imports: moduleWith({ url }) });
    await nest.close();
  });

  it('shows a password to Redis as it is, whatever characters it has', async (context) => {
    const url = urlOf(context);
    const password = 'a%2@:/#?é';
    const admin = await adminOf(url);
    await admin.sendCommand(['ACL', 'SETUSER', 'odd', 'on', `>${password}`, '~*', '&*', '+@all']);

    const own = url.replace('//', `//odd:${encodeURIComponent(password)}@`);
    const { nest } = await start({ imports: moduleWith({ url: `${own}/0` }) });
    await nest.close();
  });

  it('refuses an address that a factory finds, if clients could not read it', async () => {
    const useFactory = (): { url: string } => ({ url: 'redis://:50%@localhost' });
    const starting = start({ imports: moduleWith({ inject: [ApplicationConfig], useFactory }) });

    await expectRefusal(starting, InvalidOptionsError, 'INVALID_OPTIONS', 'cluster.useFactory', 'encodeURIComponent()');
  });

  it.for([
    ['no address', {}, /cluster\.url/],
    [
      'a % in a password that begins no code',
      { url: 'redis://:50%@localhost' },
      /as encodeURIComponent\(\) writes them, a % as %25/,
    ],
    [
      'a % in a user that begins no code',
      { url: 'redis://50%:x@localhost' },
      /as encodeURIComponent\(\) writes them, a % as %25/,
    ],
    ['a password with an end of its own', { url: 'redis://:a#b@localhost' }, /encodeURIComponent\(\)/],
    ['a database that is no number', { url: 'redis://localhost/cards' }, /cluster\.url/],
    ['what is no address', { url: 'localhost:6379' }, /cluster\.url/],
    ['what is no client', { client: {} }, /cluster\.client/],
    ['two ways to Redis', { url: 'redis://localhost', client: createClient() }, /cluster\.url/],
    ['a prefix with a pattern in it', { url: 'redis://localhost', prefix: 'a*' }, /cluster\.prefix/],
    ['a mode that there is not', { url: 'redis://localhost', mode: 'fast' }, /cluster\.mode/],
    ['a word that is none', { url: 'redis://localhost', whenAbsent: 'never' }, /cluster\.whenAbsent/],
    ['an option that there is not', { url: 'redis://localhost', pool: 1 }, /cluster\.pool/],
    ['no options', undefined, /"cluster" must be redis/],
  ] as const)('refuses %s', async ([, options, words]) => {
    await expectRefusal(() => redis(options as never), InvalidOptionsError, 'INVALID_OPTIONS', words);
  });

  it.for(['pubsub', 'sharded', 'streams'])('ends by itself when it is closed: %s', async (mode, context) => {
    for (const url of [urlOf(context), `redis://127.0.0.1:${await freePort()}`]) {
      const program = startProgram('closing-redis', { REDIS_URL: url, REDIS_MODE: mode });

      expect(await nextMessage(program)).toBe('closed');
      expect(await once(program, 'exit')).toEqual([0, null]);
    }
  });
});
