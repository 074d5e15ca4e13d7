import { once } from 'node:events';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { postgres, type PostgresOptions } from '../../../../src/server/cluster/engines/postgres.js';
import { typeOrm } from '../../../../src/transactions/typeorm.js';
import { start } from '../../../support/application.js';
import { startProgram } from '../../../support/child-process.js';
import type { TestClient } from '../../../support/client.js';
import { inTransaction, leaveBehind, rowsOf, startTwo, type Subject, withPostgres } from './support/outbox.js';
import { CardsController } from './support/two-servers.js';

const found = withPostgres();

interface Watched extends Subject {
  /** Readers of the card, one at each server. */
  clients: [TestClient, TestClient];
}

async function startWatched(context: TestContext, engine: Partial<PostgresOptions> = {}): Promise<Watched> {
  const subject = await startTwo(found, context, { engine });
  const [one, another] = [await subject.app.connect(), await subject.other.connect()];
  for (const client of [one, another]) await client.socket.emitWithAck('get', { url: '/cards/1' });
  return { ...subject, clients: [one, another] };
}

const titles = (client: TestClient): unknown[] =>
  client.heard('card').flatMap((message) => (message as { data?: { title: unknown } }).data?.title ?? []);

/** Checks what all clients have heard by the time that they hear what is published afterwards. */
async function expectAllToHear({ other, clients }: Watched, heard: readonly unknown[]): Promise<void> {
  await other.channel('card').publishUpdate(1, { title: 'afterwards' });
  for (const client of clients) await expect.poll(() => titles(client)).toContain('afterwards');
  for (const client of clients) expect(titles(client)).toEqual(heard);
}

describe('what is published with the option "outbox"', () => {
  it('is written by the transaction itself, and told once it has committed', async (context) => {
    const subject = await startWatched(context);

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
    const subject = await startWatched(context);

    const work = inTransaction(subject, async (client) => {
      await subject.app.channel('card').publishUpdate(1, { title: 'never' }, { outbox: client });
      throw new Error('of the application');
    });

    await expect(work).rejects.toThrow('of the application');
    expect(await rowsOf(subject)).toBe(0);
    await expectAllToHear(subject, ['afterwards']);
  });

  it('is written before the commit, though nobody waits for it', async (context) => {
    const subject = await startWatched(context);

    await inTransaction(subject, async (client) => {
      void subject.app.channel('card').publishUpdate(1, { title: 'not awaited' }, { outbox: client });
    });

    for (const client of subject.clients) await expect.poll(() => titles(client)).toEqual(['not awaited']);
    await expect.poll(() => rowsOf(subject)).toBe(0);
  });

  it('is told by another server if its own ends right after the commit', async (context) => {
    const subject = await startWatched(context);
    const env = { PREFIX: subject.prefix, URL: found.server?.url ?? '', COMMITS: 'true' };

    await once(startProgram('dying-publisher', env), 'exit');
    for (const client of subject.clients) {
      await expect.poll(() => titles(client)).toEqual(['of the dead']);
    }

    await expect.poll(() => rowsOf(subject)).toBe(0);
    await expectAllToHear(subject, ['of the dead', 'afterwards']);
  });

  it('is told by nobody if its server ends right before the commit', async (context) => {
    const subject = await startWatched(context);
    const env = { PREFIX: subject.prefix, URL: found.server?.url ?? '', COMMITS: 'false' };

    await once(startProgram('dying-publisher', env), 'exit');
    // What was committed later is told, so whatever there was to be found would have been.
    await once(startProgram('dying-publisher', { ...env, COMMITS: 'true' }), 'exit');

    for (const client of subject.clients) {
      await expect.poll(() => titles(client)).toEqual(['of the dead']);
    }
    await expectAllToHear(subject, ['of the dead', 'afterwards']);
  });

  it('is told once, also if another server finds it before its own has told of it', async (context) => {
    const subject = await startWatched(context);
    let isOver = (): void => undefined;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    const told = subject.app.sockets.afterCommit(async () => {
      await inTransaction({ ...subject, app: subject.other }, (client) =>
        subject.app.channel('card').publishUpdate(1, { title: 'slow' }, { outbox: client, transaction: over }),
      );
    });
    await told;

    // Its own server waits still: nobody has said that the transaction has committed.
    await expect.poll(() => titles(subject.clients[1])).toEqual(['slow']);
    isOver();

    await expect.poll(() => titles(subject.clients[0])).toEqual(['slow']);
    await expectAllToHear(subject, ['slow', 'afterwards']);
  });

  it('is told to the clients of its own server, too, if that never hears of the commit', async (context) => {
    const subject = await startWatched(context);
    const { app, clients } = subject;
    const published = app.channel('card');
    let breakOff = (): void => undefined;
    const broken = new Promise<never>((_, reject) => (breakOff = () => reject(new Error('The connection broke.'))));
    broken.catch(() => undefined);

    await inTransaction({ ...subject, app: subject.other }, (client) =>
      published.publishUpdate(1, { title: 'unheard' }, { outbox: client, transaction: broken }),
    );
    // It was told by another server while this one waited still for the end of the transaction.
    for (const client of clients) await expect.poll(() => titles(client)).toEqual(['unheard']);
    breakOff();
    await leaveBehind(subject, (client) => published.publishUpdate(1, { title: 'too late' }, { outbox: client }));

    // It had given up by then.
    for (const client of clients) {
      await expect.poll(() => titles(client)).toEqual(['unheard', 'too late']);
    }
    await expectAllToHear(subject, ['unheard', 'too late', 'afterwards']);
  });

  it('is told to nobody if only its savepoint is rolled back, by hand', async (context) => {
    const subject = await startWatched(context);
    const { app, clients } = subject;
    const cards = app.channel('card');

    await inTransaction(subject, async (client) => {
      await cards.publishUpdate(1, { title: 'first' }, { outbox: client });
      await client.query('SAVEPOINT here');
      await cards.publishUpdate(1, { title: 'never' }, { outbox: client });
      await cards.publishDestroy(1, { outbox: client });
      await client.query('ROLLBACK TO here');
      await cards.publishUpdate(1, { title: 'second' }, { outbox: client });
    });

    for (const client of clients) await expect.poll(() => titles(client)).toEqual(['first', 'second']);
    // Nor has the end of the record ended the subscriptions to it.
    await expectAllToHear(subject, ['first', 'second', 'afterwards']);
  });

  it('is told by another server although one before it cannot be told', async (context) => {
    const subject = await startWatched(context);
    const { app, pool, clients } = subject;
    const leave = (title: string): Promise<void> =>
      leaveBehind(subject, (client) => app.channel('card').publishUpdate(1, { title }, { outbox: client }));
    await leave('broken');
    // More than one notification takes.
    await pool.query("UPDATE nestjs_sockets_outbox SET data = repeat('€', 8000)");
    await leave('whole');

    await expect.poll(() => titles(clients[1])).toEqual(['whole']);
    expect(await rowsOf(subject)).toBe(1);
    await pool.query('DELETE FROM nestjs_sockets_outbox');
  });

  it('is written although another server has begun a new epoch', async (context) => {
    const subject = await startWatched(context);
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
    const subject = await startWatched(context);
    const dataSource = new DataSource({ type: 'postgres', url: found.server?.url });
    await dataSource.initialize();
    onTestFinished(() => dataSource.destroy());
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
    const { app, pool } = await startWatched(context);
    await expect(app.channel('card').publishUpdate(1, {}, { outbox: pool })).rejects.toMatchObject({
      code: 'OUTBOX',
      message: expect.stringContaining('no transaction is known'),
    });
  });

  it('is refused where there is no outbox', async (context) => {
    const subject = await startWatched(context, { outbox: false });
    const work = inTransaction(subject, (client) =>
      subject.app.channel('card').publishUpdate(1, {}, { outbox: client }),
    );
    await expect(work).rejects.toMatchObject({
      code: 'OUTBOX',
      message: expect.stringContaining('postgres({ pool, outbox: true })'),
    });
  });

  it('is refused by a connection to another database', async (context) => {
    const subject = await startWatched(context);
    await subject.pool.query(`CREATE DATABASE "${subject.prefix}"`);
    const { server } = found;
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
