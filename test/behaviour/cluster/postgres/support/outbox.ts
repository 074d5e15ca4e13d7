import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, type TestContext } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../../src/index.js';
import { postgres, type PostgresOptions } from '../../../../../src/server/cluster/engines/postgres.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../../support/application.js';
import { PostgresServer } from '../../../../support/postgres.js';
import { CardsController } from './two-servers.js';

export interface Subject {
  app: TestApplication;
  other: TestApplication;
  pool: pg.Pool;
  prefix: string;
}

export interface SubjectOptions extends Omit<ApplicationOptions, 'imports'> {
  /** Options of `postgres()`. */
  engine?: Partial<PostgresOptions>;
  /** Options of the pool by which the first server reaches Postgres, if it is another one. */
  farPool?: pg.PoolConfig;
  /** Options of both servers' SocketsModule. */
  sockets?: SocketsModuleOptions;
}

/** A Postgres for the tests of one file; `undefined` where there is none. */
export function withPostgres(): { readonly server: PostgresServer | undefined } {
  const found: { server: PostgresServer | undefined } = { server: undefined };
  beforeAll(async () => {
    found.server = await PostgresServer.start();
  });
  afterAll(() => found.server?.stop());
  return found;
}

/** Two servers with an outbox, which wait for the journal as long as it takes. */
export async function startTwo(
  { server }: { server: PostgresServer | undefined },
  context: TestContext,
  { engine, farPool, sockets, controllers = [CardsController], ...rest }: SubjectOptions = {},
): Promise<Subject> {
  if (!server) return context.skip('there is no Postgres');
  const pool = server.pool();
  onTestFinished(() => pool.end());
  const prefix = randomUUID();
  const far = farPool && server.pool(farPool);
  if (far) onTestFinished(() => far.end());
  const startOne = (by = pool) => {
    const cluster = postgres({ pool: by, prefix, outbox: true, ...engine });
    const journal = { timeout: 30_000 };
    return start({ ...rest, imports: [SocketsModule.forRoot({ cluster, journal, ...sockets })], controllers });
  };
  return { app: await startOne(far), other: await startOne(), pool, prefix };
}

/** Runs work in a transaction of one client, and ends it. */
export async function inTransaction(
  { app, pool }: Pick<Subject, 'app' | 'pool'>,
  work: (client: pg.PoolClient) => Promise<unknown>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await app.sockets.afterCommit(async () => {
      await client.query('BEGIN');
      try {
        await work(client);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      }
    });
  } finally {
    client.release();
  }
}

/**
 * Runs work in a transaction that commits, of which its server does not hear: the connection breaks before the answer.
 * So another server tells of it, or this one as another would.
 */
export async function leaveBehind(
  { app, pool }: Pick<Subject, 'app' | 'pool'>,
  work: (client: pg.PoolClient) => Promise<unknown>,
): Promise<void> {
  const client = await pool.connect();
  try {
    const unheard = app.sockets.afterCommit(async () => {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      throw new Error('The connection broke.');
    });
    await expect(unheard).rejects.toThrow('broke');
  } finally {
    client.release();
  }
}

/** Resolves once nothing is in the outbox any more. */
export async function untilTold({ pool }: Pick<Subject, 'pool'>, timeout = 20_000): Promise<void> {
  await expect.poll(() => rowsOf({ pool }), { timeout }).toBe(0);
}

export async function rowsOf({ pool }: Pick<Subject, 'pool'>): Promise<number> {
  const { rows } = await pool.query('SELECT count(*)::int AS count FROM nestjs_sockets_outbox');
  return (rows[0] as { count: number }).count;
}
