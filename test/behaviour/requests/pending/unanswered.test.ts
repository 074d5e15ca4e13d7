import { Body, Controller, Get, Post, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'socket.io';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RequestingSocket, SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { ask } from '../support/ask.js';
import { expectRefused } from '../support/refused.js';

type Both<T> = T & { raw?: T };

/** What handlers saw, in order. */
let log: string[];
let gate: Gate;

/** Made from the request, as in applications that stop work that nobody waits for. */
function signalOf(request: IncomingMessage, response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  request.once('error', () => undefined);
  return controller.signal;
}

@Controller('slow')
class SlowController implements OnModuleDestroy {
  onModuleDestroy(): void {
    log.push('destroyed');
  }

  @Get('now')
  now() {
    return 'now';
  }

  @Get('never')
  never(@Req() request: Both<IncomingMessage>, @Res() response: Both<ServerResponse>) {
    log.push('began');
    const raw = { request: request.raw ?? request, response: response.raw ?? response };
    raw.request.once('close', () => log.push('request closed'));
    raw.response.once('close', () => log.push('response closed'));
    raw.request.socket.once('close', () => log.push('connection closed'));
    signalOf(raw.request, raw.response).addEventListener('abort', () => log.push('aborted'));
  }

  @Get('late')
  async late() {
    log.push('began');
    await gate.opened;
    log.push('answered');
    return 'late';
  }

  @Get('failing')
  async failing() {
    log.push('began');
    await gate.opened;
    log.push('failed');
    throw new Error('nobody is there to hear it');
  }

  @Get('by-hand')
  async byHand(@Res() response: Both<ServerResponse>) {
    log.push('began');
    await gate.opened;
    const raw = response.raw ?? response;
    log.push(`writable: ${!raw.destroyed}`);
    raw.setHeader('x-late', '1');
    raw.write('some');
    raw.end('more');
    log.push('written');
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    return body;
  }

  @Get('listening')
  listening(@Req() request: Both<IncomingMessage>) {
    const { socket } = request.raw ?? request;
    socket.once('close', () => log.push('connection closed'));
    return { listeners: socket.listenerCount('close') };
  }

  @Get('leave')
  async leave(@RequestingSocket() socket: Socket) {
    log.push('began');
    socket.disconnect();
    await gate.opened;
    return 'to nobody';
  }
}

async function open(requests: SocketsModuleOptions['requests'] = {}): Promise<TestApplication> {
  log = [];
  gate = new Gate();
  return start({ controllers: [SlowController], imports: [SocketsModule.forRoot({ requests })] });
}

async function saw(...entries: string[]): Promise<void> {
  await eventually(() => expect([...log].sort()).toEqual([...entries].sort()));
}

/** Acknowledgements as they arrive, including those that Socket.IO would not pass on. */
function acknowledgements(client: TestClient): string[] {
  const ids: string[] = [];
  client.socket.io.engine.on('message', (packet: unknown) => {
    const id = /^3(\d+)\[/.exec(String(packet))?.[1];
    if (id !== undefined) ids.push(id);
  });
  return ids;
}

describe('row 32: a request that is never answered', () => {
  it('is answered in its stead, and the handler learns that nobody waits', async () => {
    const app = await open({ timeout: 50 });
    const client = await app.connect();
    expectRefused(await ask(client, 'get', { url: '/slow/never' }), 504);
    await saw('began', 'request closed', 'response closed', 'connection closed', 'aborted');
  });

  it('leaves its slot to the next', async () => {
    const clock = stopClock();
    const app = await open({ timeout: 50, concurrency: 1, queue: 0 });
    const client = await app.connect();
    for (let round = 0; round < 3; round++) {
      expectRefused(await clock.passUntil(ask(client, 'get', { url: '/slow/never' })), 504);
    }
    expect(await ask(client, 'get', { url: '/slow/now' })).toMatchObject({ statusCode: 200, body: 'now' });
  });

  it('keeps those waiting that come after it, and their own time runs', async () => {
    const clock = stopClock();
    const app = await open({ timeout: 100, concurrency: 1 });
    const client = await app.connect();
    const answers = await clock.passUntil(Promise.all([1, 2, 3].map(() => ask(client, 'get', { url: '/slow/never' }))));
    for (const answer of answers) expectRefused(answer, 504);
    expect(await ask(client, 'get', { url: '/slow/now' })).toMatchObject({ statusCode: 200 });
  });

  it.each(['late', 'failing', 'by-hand'])('has one answer only, whatever the handler does later: %s', async (name) => {
    const clock = stopClock();
    const app = await open({ timeout: 50 });
    const client = await app.connect();
    const acks = acknowledgements(client);
    expectRefused(await clock.passUntil(ask(client, 'get', { url: `/slow/${name}` })), 504);
    gate.open();
    const done = { late: 'answered', failing: 'failed', 'by-hand': 'written' }[name];
    await eventually(() => expect(log).toContain(done));
    if (name === 'by-hand') expect(log).toContain('writable: false');
    await app.settle();
    expect(await ask(client, 'get', { url: '/slow/now' })).toMatchObject({ statusCode: 200, body: 'now' });
    expect(acks).toHaveLength(2);
  });

  it('has half a minute, unless the option says otherwise', async () => {
    const app = await open();
    const client = await app.connect();
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => timers.mockRestore());
    const answer = ask(client, 'get', { url: '/slow/late' });
    await saw('began');
    // The test does not wait for it.
    expect(timers.mock.calls.map(([, delay]) => delay)).toContain(30_000);
    gate.open();
    expect(await answer).toMatchObject({ statusCode: 200, body: 'late' });
  });
});

describe('The connection of a request', () => {
  it('is closed for the one that it belongs to, and for no other', async () => {
    const clock = stopClock();
    const app = await open({ timeout: 100 });
    const client = await app.connect();
    const hanging = ask(client, 'get', { url: '/slow/never' });
    expect(await ask(client, 'get', { url: '/slow/now' })).toMatchObject({ statusCode: 200 });
    await clock.pass(100);
    expectRefused(await hanging, 504);
    const answers = await Promise.all([1, 2, 3].map((n) => ask(client, 'post', { url: '/slow/echo', data: { n } })));
    expect(answers.map(({ body }) => body)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('gathers no listeners, however long the client stays', async () => {
    const app = await open();
    const client = await app.connect();
    for (let round = 0; round < 30; round++) await ask(client, 'get', { url: '/slow/listening' });
    const { body } = await ask(client, 'get', { url: '/slow/listening' });
    expect(body).toEqual({ listeners: 2 });
    await expect.poll(() => log.filter((entry) => entry === 'connection closed')).toHaveLength(31);
  });
});

describe('row 34: a client that leaves while its request is handled', () => {
  it('is seen to leave by the handler', async () => {
    const app = await open();
    const client = await app.connect();
    client.socket.emit('get', { url: '/slow/never' }, () => undefined);
    await saw('began');
    client.socket.disconnect();
    await saw('began', 'request closed', 'response closed', 'connection closed', 'aborted');
  });

  it('is seen to leave by the handler when its connection breaks', async () => {
    const app = await open();
    const client = await app.connect();
    client.socket.emit('get', { url: '/slow/never' }, () => undefined);
    await saw('began');
    client.socket.io.engine.close();
    await saw('began', 'request closed', 'response closed', 'connection closed', 'aborted');
  });

  it.each(['late', 'failing', 'by-hand', 'leave'])(
    'harms nothing, whatever the handler does then: %s',
    async (name) => {
      const app = await open();
      const [client, other] = [await app.connect(), await app.connect()];
      client.socket.emit('get', { url: `/slow/${name}` }, () => log.push('acknowledged'));
      await saw('began');
      client.socket.disconnect();
      await expect.poll(() => app.sockets.server.sockets.sockets.size).toBe(1);
      gate.open();
      const done = { late: 'answered', failing: 'failed', 'by-hand': 'written', leave: 'began' }[name];
      await expect.poll(() => log).toContain(done);
      await app.settle();
      expect(await ask(other, 'get', { url: '/slow/now' })).toMatchObject({ statusCode: 200, body: 'now' });
      expect(log).not.toContain('acknowledged');
    },
  );

  it('takes those along that wait for their turn', async () => {
    const app = await open({ concurrency: 1 });
    const [client, other] = [await app.connect(), await app.connect()];
    for (let count = 0; count < 10; count++) client.socket.emit('get', { url: '/slow/late' }, () => undefined);
    await saw('began');
    client.socket.disconnect();
    await expect.poll(() => app.sockets.server.sockets.sockets.size).toBe(1);
    gate.open();
    await saw('began', 'answered');
    expect(await ask(other, 'get', { url: '/slow/now' })).toMatchObject({ statusCode: 200 });
    expect(log).toEqual(['began', 'answered']);
  });

  it('leaves one namespace, and is served in the other', async () => {
    const app = await open({ concurrency: 1 });
    app.sockets.server.of('/admin');
    const client = await app.connect();
    const admin = client.socket.io.socket('/admin');
    await new Promise((resolve) => admin.once('connect', () => resolve(undefined)));
    admin.emit('get', { url: '/slow/never' }, () => undefined);
    await saw('began');
    const next = ask(client, 'get', { url: '/slow/now' });
    admin.disconnect();
    expect(await next).toMatchObject({ statusCode: 200, body: 'now' });
  });
});

describe('A request while the application shuts down', () => {
  it('is answered, if it came before', async () => {
    const app = await open();
    const client = await app.connect();
    const answer = ask(client, 'get', { url: '/slow/late' });
    await saw('began');
    const closed = app.nest.close();
    await saw('began', 'destroyed');
    gate.open();
    expect(await answer).toMatchObject({ statusCode: 200, body: 'late' });
    await closed;
  });

  it('is refused, if it comes then', async () => {
    const app = await open();
    const client = await app.connect();
    const before = ask(client, 'get', { url: '/slow/late' });
    await saw('began');
    const closed = app.nest.close();
    await saw('began', 'destroyed');
    expectRefused(await ask(client, 'get', { url: '/slow/now' }), 503);
    gate.open();
    expect(await before).toMatchObject({ statusCode: 200 });
    await closed;
  });

  it('is refused, if its answer takes too long', async () => {
    const clock = stopClock();
    const app = await open();
    const client = await app.connect();
    const answer = ask(client, 'get', { url: '/slow/never' });
    await saw('began');
    const closed = app.nest.close();
    expectRefused(await clock.passUntil(answer), 503);
    await clock.passUntil(closed);
    expect(log).toContain('aborted');
  });
});
