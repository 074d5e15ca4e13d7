import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it, type TestContext } from 'vitest';
import { RedisServer } from '../../support/redis.js';
import { Child } from '../support/child.js';
import { attempt } from './support/attempts.js';
import { keep, keepKnockOut } from './support/keep.js';
import { withServers } from './support/servers.js';
import { joinedBy, REDIS, socketIo, type Subject } from './support/subject.js';
import { type Closing, type ClosingOutcome, tryClosing } from './trials/closing.js';
import { type KilledServer, type KilledServerOutcome, tryKilledServer } from './trials/killed-server.js';

const isFull = inject('full');

/** How long the promised may take, in milliseconds: longer where other programs are busy, too. */
const [BACK, CLOSED] = isFull ? [3_000, 5_000] : [20_000, 20_000];

const killed: KilledServer = isFull
  ? { clients: 10, perSecond: 25, before: 2, after: 4 }
  : { clients: 3, perSecond: 50, before: 1, after: 3 };

const closing: Omit<Closing, 'by'> = isFull ? { clients: 200, requests: 50 } : { clients: 40, requests: 20 };

const subjects = isFull ? [...REDIS, joinedBy('ioredis'), joinedBy('postgres'), socketIo] : [REDIS[0]];

const KNOCK_OUTS: Array<[off: string, subject: Subject]> = [
  ['without the journal', { ...REDIS[0], options: { journal: false } }],
  ['with a client that ignores positions', { ...REDIS[0], isPlain: true }],
];

const tryKilled = (subject: Subject, context: TestContext) =>
  withServers(subject, context, (servers) => tryKilledServer(servers, subject, killed));

function faultsOfKilled(outcome: KilledServerOutcome): string[] {
  const { expected, shown, twice, outOfOrder, told, untold, back } = outcome;
  return [
    ...(shown < expected ? [`${expected - shown} messages were lost`] : []),
    ...(twice > 0 ? [`${twice} messages came twice`] : []),
    ...(outOfOrder > 0 ? [`${outOfOrder} messages were out of order`] : []),
    ...(untold > 0 ? [`${untold} clients were not told of their loss`] : []),
    ...(told > 0 ? [`${told} clients were told of a loss`] : []),
    ...(back > BACK ? [`the last client was back after ${Math.round(back)} ms`] : []),
  ];
}

async function tryToClose(by: Closing['by'], env: Record<string, string> = {}): Promise<ClosingOutcome> {
  const bus = await RedisServer.start();
  const setting = bus ? { engine: 'pubsub', url: bus.url, prefix: randomUUID() } : {};
  const server = await Child.start(inject('faultPrograms')[12], 'closing-server', {
    SETTING: JSON.stringify(setting),
    ...env,
  });
  try {
    return await tryClosing(server, { ...closing, by });
  } finally {
    await server.end();
    await bus?.stop();
  }
}

function faultsOfClosing({ requests, answered, clients, told, exit, took }: ClosingOutcome): string[] {
  return [
    ...(answered < requests ? [`${requests - answered} requests were not answered`] : []),
    ...(told < clients ? [`${clients - told} clients were not told`] : []),
    ...(exit === 0 ? [] : [`the process ended with ${exit}`]),
    ...(took > CLOSED ? [`it took ${Math.round(took)} ms`] : []),
  ];
}

describe('When one of two servers is killed', () => {
  it.for(subjects)('its clients miss nothing at the other: $name', async (subject, context) => {
    const { outcome, attempts } = await attempt(
      () => tryKilled(subject, context),
      (one) => (subject.server === 'library' ? faultsOfKilled(one) : []),
    );
    const { shown, expected, twice, told, clients, back } = outcome;
    const after = `the last client back after ${(back / 1_000).toFixed(1)} s`;
    const share = (Math.floor((shown / expected) * 10_000) / 100).toFixed(2);
    keep(
      `one of two servers is killed while both publish; its ${killed.clients} clients go to the other`,
      subject,
      faultsOfKilled(outcome),
      `${share} %, ${twice} twice,${told > 0 ? ` ${told} of ${clients} told,` : ''} ${after}` +
        (attempts > 1 ? `, in ${attempts} attempts` : ''),
    );
  });

  it.for(KNOCK_OUTS)('they miss some %s, so that the suite would see it', async ([off, subject], context) => {
    const faults = faultsOfKilled(await tryKilled(subject, context));
    keepKnockOut('messages of a killed server’s clients are sent again', off, faults);
    expect(faults.join()).toContain('messages were lost');
  });
});

describe('When a server is closed', () => {
  it.for(['SIGTERM', 'app.close()'] as const)('what is under way is answered, and it ends: by %s', async (by) => {
    const outcome = await tryToClose(by);
    const { answered, requests, exit, took } = outcome;
    const what = `${by} with ${closing.clients} clients, and ${requests} requests of a second under way`;
    const result = `${answered} of ${requests} answered, exit code ${exit} after ${(took / 1_000).toFixed(1)} s`;
    keep(what, REDIS[0], faultsOfClosing(outcome), result);
  });

  it('it is not without shutdown hooks, so that the suite would see it', async () => {
    const faults = faultsOfClosing(await tryToClose('SIGTERM', { WITHOUT_SHUTDOWN_HOOKS: 'true' }));
    keepKnockOut('requests are answered when a server is closed', 'without shutdown hooks', faults);
    expect(faults.join()).toContain('requests were not answered');
  });
});
