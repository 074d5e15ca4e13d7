import { describe, inject, it } from 'vitest';
import { attemptAll, inAttempts, seeds } from './support/attempts.js';
import { keep, keepKnockOut } from './support/keep.js';
import { faultsOf, inWords, sumOf } from './support/outcome.js';
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

describe('A client that is handed over from server to server', () => {
  it.for(subjects)('is shown everything once and in order: $name', async (subject, context) => {
    const tried = await attemptAll(subject, context, (...given) => tryHandOver(subject, handOver, ...given));
    const [outcome, rate] = [sumOf(tried.outcomes), Math.min(...tried.outcomes.map((one) => one.rate))];
    const pace = `, at ${rate} of ${perSecond} per second`;
    keep(what, subject, faultsOf(outcome), inWords(outcome) + pace + inAttempts(tried));
  });

  it.for(KNOCK_OUTS)('misses some %s, so that the suite would see it', async ([off, subject], context) => {
    const outcome = await withServers(subject, context, (servers) => tryHandOver(subject, handOver, servers, seeds[0]));
    keepKnockOut('messages of a hand-over are sent again', off, faultsOf(outcome));
  });
});
