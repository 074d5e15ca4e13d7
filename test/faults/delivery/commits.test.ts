import { describe, expect, inject, it, type TestContext } from 'vitest';
import { keep, keepKnockOut } from './support/keep.js';
import { withServers } from './support/servers.js';
import { joinedBy, type Subject } from './support/subject.js';
import { type Commits, type CommitsOutcome, tryCommits } from './trials/commits.js';

const subject: Subject = { ...joinedBy('postgres'), hasOutbox: true };

const size = inject('full')
  ? { transactions: 1_800, writers: 6, kills: 2 }
  : { transactions: 120, writers: 6, kills: 1 };

const attempt = (isInOutbox: Commits['isInOutbox'], context: TestContext) =>
  withServers(subject, context, (servers) => tryCommits(servers, subject, { ...size, isInOutbox }));

function faultsOf({ committed, clients, shown, twice, ghosts, told }: CommitsOutcome): string[] {
  const expected = committed * clients;
  return [
    ...(shown < expected ? [`${expected - shown} messages of ${committed} commits were lost`] : []),
    ...(twice > 0 ? [`${twice} messages came twice`] : []),
    ...(ghosts > 0 ? [`${ghosts} messages came of what was rolled back`] : []),
    ...(told > 0 ? [`${told} clients were told of a loss`] : []),
  ];
}

describe('When a server is killed right at commits of transactions that publish', () => {
  it('exactly what was committed is shown at the others, once, with an outbox', async (context) => {
    const outcome = await attempt(true, context);
    const { committed, clients, shown, twice, ghosts } = outcome;
    const share = (Math.floor((shown / (committed * clients)) * 10_000) / 100).toFixed(2);
    keep(
      `${size.transactions} transactions of ${size.writers} writers, a tenth rolled back; their server is killed ` +
        `at a commit, ${size.kills === 1 ? 'once' : 'twice'}`,
      subject,
      faultsOf(outcome),
      `${share} % of ${committed} commits, ${twice} twice, ${ghosts} that were rolled back`,
    );
  });

  it('some of it is not without the outbox, so that the suite would see it', async (context) => {
    const faults = faultsOf(await attempt(false, context));
    keepKnockOut('what is committed is told though its server is killed', 'without the outbox', faults);
    expect(faults.join()).toContain('were lost');
  });
});
