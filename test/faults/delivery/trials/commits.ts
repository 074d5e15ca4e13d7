import { inject } from 'vitest';
import { eventually } from '../../../support/eventually.js';
import { PostgresServer } from '../../../support/postgres.js';
import { Child } from '../../support/child.js';
import { Follower } from '../support/followers.js';
import type { Servers } from '../support/servers.js';
import type { Subject } from '../support/subject.js';

export interface Commits {
  /** How many transactions are begun, by how many writers at the same time. */
  transactions: number;
  writers: number;
  /** How often their server is killed, each time right at a commit. */
  kills: number;
  /** Whether the transactions write what they publish, too. */
  isInOutbox: boolean;
}

/** What all clients together were shown, of what the table of the application has in the end. */
export interface CommitsOutcome {
  committed: number;
  clients: number;
  shown: number;
  twice: number;
  /** How many messages of transactions were shown that have not committed. */
  ghosts: number;
  /** How many clients were told of a loss. */
  told: number;
}

/** Kills a server in the middle of its transactions, and starts it again, while clients follow at two others. */
export async function tryCommits(
  { all, bus, setting }: Servers,
  subject: Subject,
  { transactions, writers, kills, isInOutbox }: Commits,
): Promise<CommitsOutcome> {
  if (!(bus instanceof PostgresServer)) throw new Error('Only Postgres has an outbox.');
  const pool = bus.pool({ max: 1 });
  const followers = await Promise.all(all.map(({ url }) => Follower.to(url, subject)));
  try {
    await pool.query('CREATE TABLE commits (number int PRIMARY KEY); CREATE SEQUENCE commits_numbers');
    for (let life = 1; life <= kills + 1; life++) {
      const publisher = await Child.start(inject('faultPrograms')[12], 'committing-server', {
        SETTING: JSON.stringify(setting),
      });
      // The last one goes on to the end.
      const end = life > kills ? transactions + 1 : Math.ceil((transactions * life) / (kills + 1));
      await publisher.ask('commit', writers, transactions, isInOutbox, end);
      const { death } = publisher;
      await publisher.end();
      const isAsMeant = life > kills ? !death : death?.signal === 'SIGKILL';
      if (!isAsMeant) throw new Error(`The writers' server has not ended as it should:\n${publisher.output}`);
    }
    await eventually(async () => {
      const { rows } = await pool.query('SELECT count(*)::int AS count FROM nestjs_sockets_outbox');
      if ((rows[0] as { count: number }).count > 0) throw new Error('There is something in the outbox.');
    });
    // What is shown after everything else that was published.
    await all[0].ask('publish', 'mark', 1);
    await Promise.all(
      followers.map((follower) => follower.until(({ ticks }) => ticks.some(({ source }) => source === 'mark'))),
    );
    const { rows } = await pool.query('SELECT number FROM commits');
    return outcomeOf(followers, new Set(rows.map(({ number }: { number: number }) => number)));
  } finally {
    for (const follower of followers) follower.close();
    await pool.end();
  }
}

function outcomeOf(followers: readonly Follower[], committed: ReadonlySet<number>): CommitsOutcome {
  const outcome = { committed: committed.size, clients: followers.length, shown: 0, twice: 0, ghosts: 0, told: 0 };
  for (const { ticks, losses } of followers) {
    const numbers = ticks.filter(({ source }) => source === 'writers').map(({ number }) => number);
    const different = new Set(numbers);
    const known = [...different].filter((number) => committed.has(number)).length;
    outcome.shown += known;
    outcome.twice += numbers.length - different.size;
    outcome.ghosts += different.size - known;
    if (losses.includes('tick')) outcome.told++;
  }
  return outcome;
}
