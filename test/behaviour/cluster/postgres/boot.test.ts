import { Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ClusterUnavailableError, InvalidOptionsError, SocketsModule } from '../../../../src/index.js';
import { postgres, type PostgresOptions } from '../../../../src/server/cluster/engines/postgres.js';
import { start } from '../../../support/application.js';
import { nextMessage, startProgram } from '../../../support/child-process.js';
import { Logs } from '../../../support/logs.js';
import { PostgresServer } from '../../../support/postgres.js';
import { expectRefusal } from '../../../support/refusal.js';
import { postgresOfMajor } from './support/old-postgres.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

class FakePool {
  connect(): Promise<unknown> {
    return Promise.reject(new Error('It connects to nothing.'));
  }
  query(): void {}
  on(): void {}
  off(): void {}
}

const moduleWith = (options: PostgresOptions): ModuleMetadata['imports'] => [
  SocketsModule.forRoot({ cluster: postgres(options) }),
];

describe('a server that Postgres is to join to others', () => {
  it('is given the pool of the application by Nest', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const pool = server.pool();
    onTestFinished(() => pool.end());

    @Module({ providers: [{ provide: 'POOL', useValue: pool }], exports: ['POOL'] })
    class DatabaseModule {}

    const injected = { inject: ['POOL'], imports: [DatabaseModule] };
    for (const options of [
      injected,
      { ...injected, useFactory: (found: never) => found },
      { ...injected, useFactory: async (found: never) => ({ pool: found }) },
    ]) {
      const { nest } = await start({ imports: moduleWith(options) });
      await nest.close();
    }
    // It is left as it was.
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('does not start with a password that is wrong, and names none', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const logs = new Logs();
    const pool = server.pool({ connectionString: server.url.replace(PostgresServer.password, 'guessed-wrong') });
    onTestFinished(() => pool.end());
    const starting = NestFactory.create(SocketsModule.forRoot({ cluster: postgres({ pool }) }), {
      logger: logs,
      abortOnError: false,
    });

    await expectRefusal(
      starting,
      ClusterUnavailableError,
      'CLUSTER_UNAVAILABLE',
      'postgres()',
      /password authentication/,
    );
    const said = [...logs.lines, ...logs.warnings, ...logs.errors].join('\n');
    expect(said).not.toContain('guessed-wrong');
  });

  it('does not start by a Postgres that is too old, and says what to do', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    for (const whenAbsent of ['fail', 'wait'] as const) {
      const pool = server.pool({ connectionString: await postgresOfMajor(11, server) });
      onTestFinished(() => pool.end());
      await expectRefusal(
        start({ imports: moduleWith({ pool, whenAbsent }) }),
        ClusterUnavailableError,
        'CLUSTER_UNAVAILABLE',
        'Postgres 12 or later is needed, and this is 11. Update Postgres, or have Redis join the servers',
      );
    }
    const pool = server.pool({ connectionString: await postgresOfMajor(12, server) });
    onTestFinished(() => pool.end());
    const { nest } = await start({ imports: moduleWith({ pool }) });
    await nest.close();
  });

  it('does not start where there is no Postgres, unless it is to wait for it', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const late = await PostgresServer.start();
    if (!late) return context.skip('there is no Postgres');
    onTestFinished(() => late.stop());
    await late.kill();
    const pool = late.pool();
    onTestFinished(() => pool.end());

    await expectRefusal(
      start({ imports: moduleWith({ pool, connectTimeout: 200 }) }),
      ClusterUnavailableError,
      'CLUSTER_UNAVAILABLE',
      'not within 200 ms (Postgres cannot be reached: ECONNREFUSED)',
    );

    const waiting = start({ imports: moduleWith({ pool, connectTimeout: 50, whenAbsent: 'wait' }) });
    const degraded = await start({ imports: moduleWith({ pool, connectTimeout: 50, whenAbsent: 'degraded' }) });
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
    ['no pool', {}, /cluster\.pool/],
    ['what is no pool', { pool: {} }, /cluster\.pool/],
    ['both ways to a pool', { pool: new FakePool(), inject: ['POOL'] }, /cluster\.pool/],
    ['a name that is too long', { pool: new FakePool(), prefix: 'x'.repeat(64) }, /cluster\.prefix/],
    ['a word that is none', { pool: new FakePool(), whenAbsent: 'never' }, /cluster\.whenAbsent/],
    ['an option that there is not', { pool: new FakePool(), url: 'postgres://' }, /cluster\.url/],
    ['no options', undefined, /"cluster" must be postgres/],
  ] as const)('refuses %s', async ([, options, words]) => {
    await expectRefusal(() => postgres(options as never), InvalidOptionsError, 'INVALID_OPTIONS', words);
  });

  it('ends by itself when it is closed, though its pool was ended first', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const program = startProgram('closing', { POSTGRES_URL: server.url });

    expect(await nextMessage(program)).toBe('closed');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});
