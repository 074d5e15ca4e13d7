import { describe, inject, it } from 'vitest';
import { attemptAll, inAttempts, seeds } from './support/attempts.js';
import { keep, keepKnockOut } from './support/keep.js';
import { faultsOf, inWords, sumOf } from './support/outcome.js';
import { withServers } from './support/servers.js';
import { joinedBy, oneServer, REDIS, socketIo, type Subject } from './support/subject.js';
import { type Jitter, tryJitter } from './trials/jitter.js';

const isFull = inject('full');
const jitter: Jitter = isFull
  ? { clients: 100, messages: 400, away: 40, cuts: 2 }
  : {
      clients: 10,
      messages: 60,
      away: 15,
      cuts: 2,
      reconnection: { reconnectionDelay: 50, reconnectionDelayMax: 100 },
    };
const { clients, away, cuts } = jitter;
const what = `${clients} clients, 20 messages per second; each client is cut off ${cuts} times for ${away / 20} s`;

const subjects = isFull ? [oneServer, ...REDIS, joinedBy('postgres'), socketIo] : [oneServer, REDIS[0]];

const KNOCK_OUTS: Array<[off: string, subject: Subject]> = [
  ['without the journal', { ...REDIS[0], options: { journal: false } }],
  ['with a client that ignores positions', { ...REDIS[0], isPlain: true }],
];

describe('Clients that lose their connections, and come back to other servers', () => {
  it.for(subjects)('are shown everything once and in order: $name', async (subject, context) => {
    const tried = await attemptAll(subject, context, (...given) => tryJitter(subject, jitter, ...given));
    const outcome = sumOf(tried.outcomes);
    keep(what, subject, faultsOf(outcome), inWords(outcome) + inAttempts(tried));
  });

  it.for(KNOCK_OUTS)('miss some %s, so that the suite would see it', async ([off, subject], context) => {
    const few = { ...jitter, clients: 5 };
    const outcome = await withServers(subject, context, (servers) => tryJitter(subject, few, servers, seeds[0]));
    keepKnockOut('messages of the time away are sent again', off, faultsOf(outcome));
  });
});
