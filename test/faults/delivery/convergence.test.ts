import { describe, inject, it, type TestContext } from 'vitest';
import { seeds } from './support/attempts.js';
import { keep, keepKnockOut } from './support/keep.js';
import { withServers } from './support/servers.js';
import { joinedBy, REDIS, socketIo, type Subject } from './support/subject.js';
import { type Convergence, tryConvergence } from './trials/convergence.js';

const isFull = inject('full');
const ROUNDS = 60;
const what = `two servers write one record at the same time, ${ROUNDS} times`;

const subjects = isFull ? [...REDIS, joinedBy('postgres'), socketIo] : REDIS;

/** @returns the worst of all seeds */
async function attempt(subject: Subject, context: TestContext): Promise<Convergence> {
  const all: Convergence[] = [];
  for (const seed of seeds) {
    all.push(await withServers(subject, context, (servers) => tryConvergence(servers, subject, ROUNDS, seed)));
  }
  return all.toSorted((one, other) => one.equal - other.equal || other.older - one.older)[0];
}

function faultsOf({ rounds, equal, older }: Convergence): string[] {
  return [
    ...(equal < rounds ? [`clients showed what the database has in ${equal} of ${rounds} rounds`] : []),
    ...(older > 0 ? ['an older version followed a newer one'] : []),
  ];
}

describe('Clients of two servers that write one record at the same time', () => {
  it.for(subjects)('show what the database has: $name', async (subject, context) => {
    const convergence = await attempt(subject, context);
    const { equal, agreed, rounds, older } = convergence;
    const result = `${equal} of ${rounds} equal to the database, ${agreed} to each other, ${older} older ones shown`;
    keep(what, subject, faultsOf(convergence), result);
  });

  it('do not without a version, so that the suite would see it', async (context) => {
    const convergence = await attempt({ ...REDIS[0], env: { WITHOUT_VERSION: 'true' } }, context);
    keepKnockOut('the newest state is shown last', 'without a version', faultsOf(convergence));
  });
});
