import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { redis, type RedisMode } from '../../../src/server/cluster/engines/redis.js';
import { start } from '../../support/application.js';
import { RedisServer } from '../../support/redis.js';
import { record } from '../support/record.js';
import { type Jitter, type Outcome, TicksController, tryJitter } from './jitter.js';

const isFull = inject('full');
const jitter: Jitter = isFull
  ? { clients: 100, messages: 600, away: 40, cuts: 2 }
  : { clients: 10, messages: 80, away: 15, cuts: 2 };
const what = `${jitter.clients} clients, 20 messages per second, each client is cut off ${jitter.cuts} times`;

let server: RedisServer | undefined;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server?.stop());

const startOne = (options: SocketsModuleOptions = {}) =>
  start({ controllers: [TicksController], imports: [SocketsModule.forRoot(options)] });

function faultsOf({ expected, heard, outOfOrder, twice, unrecovered }: Outcome): string[] {
  const faults: Array<[number, string]> = [
    [expected - heard, 'messages were lost'],
    [twice, 'messages came twice'],
    [outOfOrder, 'messages were out of order'],
    [unrecovered, 'gaps were not recovered'],
  ];
  return faults.filter(([count]) => count > 0).map(([count, fault]) => `${count} ${fault}`);
}

function keep(subject: string, outcome: Outcome): void {
  const faults = faultsOf(outcome);
  const { expected, heard, twice, outOfOrder } = outcome;
  const share = ((heard / expected) * 100).toFixed(2);
  record({
    suite: 'Delivery',
    what,
    subject,
    faults,
    result: `${share} %, ${twice} twice, ${outOfOrder} out of order`,
  });
  expect(faults).toEqual([]);
}

const modes: RedisMode[] = isFull ? ['pubsub', 'sharded', 'streams'] : ['pubsub'];

describe('Clients that lose their connections, and come back', () => {
  it('to the same server, hear everything once and in order', async () => {
    keep('one server', await tryJitter([await startOne()], jitter));
  });

  it.each(modes)('to another server each time, hear everything once and in order: redis(), mode %s', async (mode) => {
    const { url } = server ?? expect.unreachable('There is no redis-server.');
    const prefix = randomUUID();
    const options = (): SocketsModuleOptions => ({ cluster: redis({ url, mode, prefix }) });
    const servers = [await startOne(options()), await startOne(options())];
    keep(`two servers, redis(), ${mode}`, await tryJitter(servers, jitter));
  });

  it('miss messages without the journal, so that the suite would see it', async () => {
    const faults = faultsOf(await tryJitter([await startOne({ journal: false })], { ...jitter, clients: 5 }));
    record({
      suite: 'Knock-outs',
      what: 'messages of the time away are sent again, tried without a journal',
      subject: 'nestjs-sockets',
      faults: faults.length > 0 ? [] : ['nothing was lost'],
      result: faults.map((fault) => fault.replace(/^\d+ /, '')).join(', '),
    });
    expect(faults.join()).toContain('messages were lost');
  });
});
