import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { type JournalMetrics, SocketsModule } from '../../../../src/index.js';
import { postgres, postgresJournal } from '../../../../src/server/cluster/engines/postgres.js';
import { start } from '../../../support/application.js';
import { PostgresServer } from '../../../support/postgres.js';
import { CardsController } from './support/two-servers.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

async function startOne(context: TestContext, journal = {}) {
  if (!server) return context.skip('there is no Postgres');
  const pool = server.pool();
  onTestFinished(() => pool.end());
  const prefix = randomUUID();
  const imports = [SocketsModule.forRoot({ cluster: postgres({ pool, prefix }), journal })];
  const app = await start({ imports, controllers: [CardsController] });
  const metrics = (): JournalMetrics | undefined => app.sockets.metrics().journal;
  return { app, pool, prefix, metrics };
}

describe('a journal in Postgres', () => {
  it('keeps a thousand questions for a Postgres that does not answer, and no more', async (context) => {
    if (!server) return context.skip('there is no Postgres');
    const own = server;
    const pool = own.pool();
    onTestFinished(() => pool.end());
    const limits = { maxAge: 60_000, maxEntries: 100, maxBytes: 100_000, maxTotalBytes: 1_000_000, timeout: 150 };
    const { journal, connected, close } = postgresJournal({ pool, prefix: randomUUID() }).open(limits);
    onTestFinished(close);
    onTestFinished(() => own.thaw());
    await connected;
    await journal.positionsOf(['card']);

    own.freeze();
    const refused: string[] = [];
    const asked = Array.from({ length: 1_100 }, () =>
      journal.positionsOf(['card']).catch((error: unknown) => void refused.push((error as Error).message)),
    );
    await asked[1_099];
    expect(refused).toEqual(Array<string>(100).fill('Postgres does not answer, and no more questions are kept.'));
    own.thaw();

    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1_000);
  });

  it('counts publications of one resource while another one, which comes later, is cleaned', async (context) => {
    const { app, pool, prefix, metrics } = await startOne(context, { maxAge: 200 });
    const names = ['first', 'second'];
    const kept = async (): Promise<number> => {
      const { rows } = await pool.query(
        `SELECT count(*) FROM nestjs_sockets_entries e JOIN nestjs_sockets_streams s ON s.id = e.stream
          JOIN nestjs_sockets_clusters c ON c.id = s.cluster WHERE c.name = $1`,
        [prefix],
      );
      return Number((rows as Array<{ count: string }>)[0]?.count);
    };
    for (const name of names) await app.channel(name).publishUpdate(1, { title: 'old' });
    await expect.poll(() => metrics()?.waiting).toBe(0);
    await expect.poll(kept).toBe(0);

    const other = await pool.connect();
    onTestFinished(() => other.release(true));
    for (const name of names) await app.channel(name).publishUpdate(1, { title: 'old' });
    await expect.poll(() => metrics()?.waiting).toBe(0);
    await other.query('BEGIN');
    await other.query(
      `SELECT s.id FROM nestjs_sockets_streams s JOIN nestjs_sockets_clusters c ON c.id = s.cluster
        WHERE c.name = $1 AND s.name = 'second' FOR UPDATE OF s`,
      [prefix],
    );
    await expect
      .poll(async () => {
        const { rows } = await pool.query(
          "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%nestjs_sockets_clean%'",
        );
        return rows.length;
      })
      .toBe(1);
    await app.channel('first').publishUpdate(1, { title: 'new' });

    await expect.poll(() => metrics()?.waiting).toBe(0);
    await other.query('ROLLBACK');
    await expect.poll(kept).toBe(0);
  });
});
