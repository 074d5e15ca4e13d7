import { describe, inject, it, type TestContext } from 'vitest';
import { keep, keepKnockOut } from './support/keep.js';
import { faultsOf, inWords, type Outcome, sumOf } from './support/outcome.js';
import { seeds } from './support/seeds.js';
import { withServers } from './support/servers.js';
import { joinedBy, REDIS, socketIo, type Subject } from './support/subject.js';
import { type HandOver, tryHandOver } from './trials/hand-over.js';

const isFull = inject('full');
const handOver: HandOver = isFull
  ? { perSecond: 2_000, messages: 20_000, drops: 25 }
  : { perSecond: 500, messages: 1_500, drops: 6 };
const { perSecond, messages, drops } = handOver;
const what = `a client goes to the other of two servers ${drops} times, while ${messages} messages are published`;

const subjects = isFull ? [...REDIS, joinedBy('postgres'), socketIo] : REDIS;

const KNOCK_OUTS: Array<[off: string, subject: Subject]> = [
  ['without the journal', { ...REDIS[0], options: { journal: false } }],
  ['with a client that ignores positions', { ...REDIS[0], isPlain: true }],
];

/** @returns what came of all seeds together, and the lowest rate that was reached */
async function attempt(subject: Subject, context: TestContext): Promise<[outcome: Outcome, rate: number]> {
  const outcomes: Outcome[] = [];
  let slowest = Infinity;
  for (const seed of seeds) {
    const { rate, ...outcome } = await withServers(subject, context, (servers) =>
      tryHandOver(servers, subject, handOver, seed),
    );
    outcomes.push(outcome);
    slowest = Math.min(slowest, rate);
  }
  return [sumOf(outcomes), slowest];
}

describe('A client that is handed over from server to server', () => {
  it.for(subjects)('is shown everything once and in order: $name', async (subject, context) => {
    const [outcome, rate] = await attempt(subject, context);
    keep(what, subject, faultsOf(outcome, subject), `${inWords(outcome)}, at ${rate} of ${perSecond} per second`);
  });

  it.for(KNOCK_OUTS)('misses some %s, so that the suite would see it', async ([off, subject], context) => {
    const [outcome] = await attempt(subject, context);
    keepKnockOut('messages of a hand-over are sent again', off, faultsOf(outcome, subject));
  });
});
