import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { postgres, type PostgresOptions } from '../../../../src/server/cluster/engines/postgres.js';
import { typeOrm } from '../../../../src/transactions/typeorm.js';
import { start, type TestApplication } from '../../../support/application.js';
import { startProgram } from '../../../support/child-process.js';
import type { TestClient } from '../../../support/client.js';
import { PostgresServer } from '../../../support/postgres.js';
import { CardsController } from './support/two-servers.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

interface Subject {
  app: TestApplication;
  other: TestApplication;
  pool: pg.Pool;
  prefix: string;
  /** Watchers of the cards, one at each server. */
  clients: [TestClient, TestClient];
}

/** Two servers with an outbox. */
async function startTwo(
  context: TestContext,
  options: Partial<PostgresOptions> = {},
  more: SocketsModuleOptions = {},
): Promise<Subject> {
  if (!server) return context.skip('there is no Postgres');
  const pool = server.pool();
  onTestFinished(() => pool.end());
  const prefix = randomUUID();
  const startOne = () => {
    const cluster = postgres({ pool, prefix, outbox: true, ...options });
    return start({ imports: [SocketsModule.forRoot({ cluster, ...more })], controllers: [CardsController] });
  };
  const [app, other] = [await startOne(), await startOne()];
  const [one, another] = [await app.connect(), await other.connect()];
  for (const client of [one, another]) await client.socket.emitWithAck('get', { url: '/cards/1' });
  return { app, other, pool, prefix, clients: [one, another] };
}

/** Runs work in a transaction of one client, and ends it. */
async function inTransaction({ app, pool }: Subject, work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
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

const titles = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data: { title: unknown } }).data.title);

async function rowsOf({ pool }: Subject): Promise<number> {
  const { rows } = await pool.query('SELECT count(*)::int AS count FROM nestjs_sockets_outbox');
  return (rows[0] as { count: number }).count;
}

/** Checks what all clients have heard by the time that they hear what is published afterwards. */
async function expectAllToHear({ other, clients }: Subject, heard: readonly unknown[]): Promise<void> {
  await other.channel('card').publishUpdate(1, { title: 'afterwards' });
  for (const client of clients) await expect.poll(() => titles(client)).toContain('afterwards');
  for (const client of clients) expect(titles(client)).toEqual(heard);
}

describe('what is published with the option "outbox"', () => {
  it('is written by the transaction itself, and told once it has committed', async (context) => {
    const subject = await startTwo(context);

    await inTransaction(subject, async (client) => {
      await subject.app.channel('card').publishUpdate(1, { title: 'first' }, { outbox: client });
      await subject.app.channel('card').publishUpdate(1, { title: 'second' }, { outbox: client });
      const { rows } = await client.query('SELECT stream FROM nestjs_sockets_outbox');
      expect(rows).toEqual([{ stream: 'card' }, { stream: 'card' }]);
    });

    for (const client of subject.clients) await expect.poll(() => titles(client)).toEqual(['first', 'second']);
    await expect.poll(() => rowsOf(subject)).toBe(0);
    await expectAllToHear(subject, ['first', 'second', 'afterwards']);
  });

  it('is told to nobody if the transaction is rolled back', async (context) => {
    const subject = await startTwo(context);

    const work = inTransaction(subject, async (client) => {
      await subject.app.channel('card').publishUpdate(1, { title: 'never' }, { outbox: client });
      throw new Error('of the application');
    });

    await expect(work).rejects.toThrow('of the application');
    expect(await rowsOf(subject)).toBe(0);
    await expectAllToHear(subject, ['afterwards']);
  });

  it('is written before the commit, though nobody waits for it', async (context) => {
    const subject = await startTwo(context);

    await inTransaction(subject, async (client) => {
      void subject.app.channel('card').publishUpdate(1, { title: 'not awaited' }, { outbox: client });
    });

    for (const client of subject.clients) await expect.poll(() => titles(client)).toEqual(['not awaited']);
    await expect.poll(() => rowsOf(subject)).toBe(0);
  });

  it('is told by another server if its own ends right after the commit', async (context) => {
    const subject = await startTwo(context);
    const env = { PREFIX: subject.prefix, URL: server?.url ?? '', COMMITS: 'true' };

    await once(startProgram('dying-publisher', env), 'exit');
    for (const client of subject.clients) {
      await expect.poll(() => titles(client), { timeout: 20_000 }).toEqual(['of the dead']);
    }

    await expect.poll(() => rowsOf(subject)).toBe(0);
    await expectAllToHear(subject, ['of the dead', 'afterwards']);
  });

  it('is told by nobody if its server ends right before the commit', async (context) => {
    const subject = await startTwo(context);
    const env = { PREFIX: subject.prefix, URL: server?.url ?? '', COMMITS: 'false' };

    await once(startProgram('dying-publisher', env), 'exit');
    // What was committed later is told, so whatever there was to be found would have been.
    await once(startProgram('dying-publisher', { ...env, COMMITS: 'true' }), 'exit');

    for (const client of subject.clients) {
      await expect.poll(() => titles(client), { timeout: 20_000 }).toEqual(['of the dead']);
    }
    await expectAllToHear(subject, ['of the dead', 'afterwards']);
  });

  it('is told once, also if another server finds it before its own has told of it', async (context) => {
    const subject = await startTwo(context);
    let isOver = (): void => undefined;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    const told = subject.app.sockets.afterCommit(async () => {
      await inTransaction({ ...subject, app: subject.other }, (client) =>
        subject.app.channel('card').publishUpdate(1, { title: 'slow' }, { outbox: client, transaction: over }),
      );
    });
    await told;

    // Its own server waits still: nobody has said that the transaction has committed.
    await expect.poll(() => titles(subject.clients[1]), { timeout: 20_000 }).toEqual(['slow']);
    isOver();

    await expect.poll(() => titles(subject.clients[0])).toEqual(['slow']);
    await expectAllToHear(subject, ['slow', 'afterwards']);
  });

  it('is told by another server although one before it cannot be told', async (context) => {
    const subject = await startTwo(context);
    const { app, pool, clients } = subject;
    const leave = async (title: string): Promise<void> => {
      const client = await pool.connect();
      const left = app.sockets.afterCommit(async () => {
        await client.query('BEGIN');
        await app.channel('card').publishUpdate(1, { title }, { outbox: client });
        await client.query('COMMIT');
        // As far as this server knows, it has not committed.
        throw new Error('The connection broke.');
      });
      await expect(left).rejects.toThrow('broke');
      client.release();
    };
    await leave('broken');
    // More than one notification takes.
    await pool.query("UPDATE nestjs_sockets_outbox SET data = repeat('€', 8000)");
    await leave('whole');

    await expect.poll(() => titles(clients[1])).toEqual(['whole']);
    expect(await rowsOf(subject)).toBe(1);
    await pool.query('DELETE FROM nestjs_sockets_outbox');
  });

  it('is written although another server has begun a new epoch', async (context) => {
    const subject = await startTwo(context);
    const { app, pool, prefix, clients } = subject;
    await pool.query('UPDATE nestjs_sockets_clusters SET epoch = $1 WHERE name LIKE $2', ['another', `%${prefix}%`]);

    const publish = (title: string) =>
      inTransaction(subject, (client) => app.channel('card').publishUpdate(1, { title }, { outbox: client }));
    await expect
      .poll(() =>
        publish('new').then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);

    for (const client of clients) await expect.poll(() => titles(client)).toEqual(['new']);
  });

  it('may be written by a manager or a query runner of TypeORM', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const dataSource = new DataSource({ type: 'postgres', url: server.url });
    await dataSource.initialize();
    onTestFinished(() => dataSource.destroy());
    const subject = await startTwo(context, {}, {});
    const app = await start({
      imports: [
        SocketsModule.forRoot({
          cluster: postgres({ pool: subject.pool, prefix: subject.prefix, outbox: true }),
          transactions: [typeOrm()],
        }),
      ],
      controllers: [CardsController],
      providers: [{ provide: DataSource, useValue: dataSource }],
    });
    const cards = app.channel('card');

    await dataSource.transaction(async (manager) => {
      await cards.publishUpdate(1, { title: 'of a manager' }, { outbox: manager });
      expect(await manager.query('SELECT stream FROM nestjs_sockets_outbox')).toHaveLength(1);
    });
    const runner = dataSource.createQueryRunner();
    for (const isKept of [true, false]) {
      await runner.startTransaction();
      const options = { outbox: runner, transaction: runner };
      await cards.publishUpdate(1, { title: isKept ? 'of a query runner' : 'never' }, options);
      await (isKept ? runner.commitTransaction() : runner.rollbackTransaction());
    }
    await runner.release();

    for (const client of subject.clients) await expect.poll(() => titles(client)).toHaveLength(2);
    await expect.poll(() => rowsOf(subject)).toBe(0);
    const all = ['of a manager', 'of a query runner', 'afterwards'];
    await expectAllToHear(subject, all);
  });

  it('is refused where no transaction is known', async (context) => {
    const { app, pool } = await startTwo(context);
    await expect(app.channel('card').publishUpdate(1, {}, { outbox: pool })).rejects.toMatchObject({
      code: 'OUTBOX',
      message: expect.stringContaining('no transaction is known'),
    });
  });

  it('is refused where there is no outbox', async (context) => {
    const subject = await startTwo(context, { outbox: false });
    const work = inTransaction(subject, (client) =>
      subject.app.channel('card').publishUpdate(1, {}, { outbox: client }),
    );
    await expect(work).rejects.toMatchObject({
      code: 'OUTBOX',
      message: expect.stringContaining('postgres({ pool, outbox: true })'),
    });
  });

  it('is refused by a connection to another database', async (context) => {
    const subject = await startTwo(context);
    await subject.pool.query(`CREATE DATABASE "${subject.prefix}"`);
    const elsewhere = server?.pool({ connectionString: server.url.replace(/postgres$/, subject.prefix) });
    if (!elsewhere) throw new Error('There is no Postgres.');
    onTestFinished(() => elsewhere.end());

    const publish = () =>
      inTransaction({ ...subject, pool: elsewhere }, (client) =>
        subject.app.channel('card').publishUpdate(1, { title: 'elsewhere' }, { outbox: client }),
      );
    const refusal = { code: 'OUTBOX', message: expect.stringContaining('another database') };
    await expect(publish()).rejects.toMatchObject(refusal);
    // Also one that has such tables, of an application with the same name.
    await start({
      imports: [
        SocketsModule.forRoot({ cluster: postgres({ pool: elsewhere, prefix: subject.prefix, outbox: true }) }),
      ],
    });
    await expect(publish()).rejects.toMatchObject(refusal);
    await expectAllToHear(subject, ['afterwards']);
  });

  it('needs the journal', () => {
    const pool = { connect: async () => ({}), query: () => undefined, on: () => undefined, off: () => undefined };
    expect(() => postgres({ pool, outbox: true, journal: false })).toThrow('cluster.outbox');
  });
});
