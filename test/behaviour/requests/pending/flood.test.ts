import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';
import { ask, type Jwr } from '../support/ask.js';
import { expectRefused } from '../support/refused.js';

let running: number;
let most: number;
let order: number[];
let gate: Gate;

@Controller('jobs')
class JobsController {
  @Get('now')
  now() {
    return 'now';
  }

  @Get(':number')
  async work(@Param('number') number: string) {
    order.push(Number(number));
    most = Math.max(most, ++running);
    await gate.opened;
    running--;
    return { number };
  }
}

/** Where packets are not limited, requests are. */
const limits = { packetBurst: 100_000 };

async function open(
  requests: SocketsModuleOptions['requests'] = {},
  options: SocketsModuleOptions = { limits },
): Promise<TestApplication> {
  [running, most, order, gate] = [0, 0, [], new Gate()];
  return start({ controllers: [JobsController], imports: [SocketsModule.forRoot({ ...options, requests })] });
}

/** Sends many requests at once; their answers come later. */
function flood(client: TestClient, count: number): { answered: Jwr[]; all: Promise<Jwr[]>; acks: () => number } {
  const answered: Jwr[] = [];
  let acks = 0;
  client.socket.io.engine.on('message', (packet: unknown) => (acks += /^3\d+\[/.test(String(packet)) ? 1 : 0));
  const requests = Array.from(
    { length: count },
    (_, number) =>
      new Promise<Jwr>((resolve) => {
        client.socket.emit('get', { url: `/jobs/${number}` }, (answer: Jwr) => {
          answered.push(answer);
          resolve(answer);
        });
      }),
  );
  return { answered, all: Promise.all(requests), acks: () => acks };
}

const refusedOf = (answers: Jwr[]): Jwr[] => answers.filter(({ statusCode }) => statusCode === 429);

describe('row 33: many requests at once', () => {
  it('are 16 that run, 64 that wait, and the rest that are refused at once: of 10,000', async () => {
    const app = await open();
    const [client, other] = [await app.connect(), await app.connect()];
    const { answered, all, acks } = flood(client, 10_000);
    await expect.poll(() => answered.length).toBe(9_920);
    expect(refusedOf(answered)).toHaveLength(9_920);
    expectRefused(answered[0], 429);
    expect(running).toBe(16);

    // Nobody else waits for them.
    expect(await ask(other, 'get', { url: '/jobs/now' })).toMatchObject({ statusCode: 200 });
    expect((await app.request('GET', '/jobs/now')).status).toBe(200);

    gate.open();
    const answers = await all;
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(80);
    expect({ most, order }).toEqual({ most: 16, order: Array.from({ length: 80 }, (_, number) => number) });
    expect(await ask(client, 'get', { url: '/jobs/now' })).toMatchObject({ statusCode: 200, body: 'now' });
    expect(acks()).toBe(10_001);
  });

  it('are answered until the limit of packets, then refused with 429, and then end the connection', async () => {
    const app = await open({}, {});
    const [client, other] = [await app.connect(), await app.connect()];
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
    const { answered } = flood(client, 10_000);
    await gone;

    // Those that the queue has no room for, and those that are too many in any case.
    expect(answered.length).toBeGreaterThan(1_000);
    expect(answered.length).toBeLessThan(9_000);
    expect(refusedOf(answered)).toHaveLength(answered.length);
    expect(answered.filter(({ headers }) => /^\d+$/.test(String(headers['retry-after'])))).not.toHaveLength(0);
    expect(running).toBe(16);
    const { refused } = app.sockets.metrics();
    expect(refused.requestQueue).toBeGreaterThan(0);
    expect(refused.packetRate).toBeGreaterThan(0);

    expect(await ask(other, 'get', { url: '/jobs/now' })).toMatchObject({ statusCode: 200 });
    gate.open();
  });

  it('do not keep others waiting while they come in', async () => {
    const app = await open();
    const [client, other] = [await app.connect(), await app.connect()];
    const { answered, all } = flood(client, 10_000);
    // Sent after the flood, and answered while most of that is still to be read.
    expect(await ask(other, 'get', { url: '/jobs/now' })).toMatchObject({ statusCode: 200 });
    expect(answered.length).toBeLessThan(5_000);
    gate.open();
    await all;
  });

  it('take turns with everybody else where each is answered at once', async () => {
    const app = await open({ queue: 1_000 });
    gate.open();
    const turn = { begun: 0, most: 0, isOver: false };
    const count = (): void => {
      turn.most = Math.max(turn.most, order.length - turn.begun);
      turn.begun = order.length;
      if (!turn.isOver) setImmediate(count);
    };
    const client = await app.connect();
    count();
    const answers = await flood(client, 900).all;
    turn.isOver = true;

    expect(refusedOf(answers)).toEqual([]);
    expect(order).toEqual(Array.from({ length: 900 }, (_, number) => number));
    // 16 that run at once, and as many that have waited for them.
    expect(turn.most).toBeLessThanOrEqual(32);
  });

  it('are counted for the connection, in all of its namespaces', async () => {
    const app = await open({ concurrency: 2, queue: 1 });
    app.sockets.server.of('/admin');
    const client = await app.connect();
    const admin = client.socket.io.socket('/admin');
    await new Promise((resolve) => admin.once('connect', () => resolve(undefined)));
    const { all } = flood(client, 3);
    await expect.poll(() => running).toBe(2);
    expectRefused(await admin.emitWithAck('get', { url: '/jobs/now' }), 429);
    gate.open();
    expect((await all).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  });

  it('are as many as the options say', async () => {
    const app = await open({ concurrency: 3, queue: 2 });
    const client = await app.connect();
    const { answered, all } = flood(client, 10);
    await expect.poll(() => answered.length).toBe(5);
    expect({ running, refused: refusedOf(answered).length }).toEqual({ running: 3, refused: 5 });
    gate.open();
    await all;
    expect(most).toBe(3);
  });

  it('do not wait where the option says so', async () => {
    const app = await open({ concurrency: 1, queue: 0 });
    const client = await app.connect();
    const { answered, all } = flood(client, 3);
    await expect.poll(() => answered.length).toBe(2);
    expect(refusedOf(answered)).toHaveLength(2);
    gate.open();
    await all;
  });

  it('run in the order in which they came', async () => {
    const app = await open({ concurrency: 1, queue: 100 });
    const client = await app.connect();
    const { all } = flood(client, 50);
    gate.open();
    await all;
    expect(order).toEqual(Array.from({ length: 50 }, (_, number) => number));
  });
});
