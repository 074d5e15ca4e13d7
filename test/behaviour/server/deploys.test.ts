import { type EventEmitter, once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect as connectClient, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { nextMessage, startProgram } from '../../support/child-process.js';
import { start } from '../../support/application.js';
import { platform } from '../../support/platforms.js';
import { pollingUrl, request } from './support/http.js';

const CLIENTS = 200;
const REQUESTS = 50;

async function connected(url: string): Promise<SocketsClient> {
  const client = connectClient(url, { transports: ['websocket'], forceNew: true });
  onTestFinished(() => client.close());
  await once(client.socket as never, 'connect');
  return client;
}

describe('A deploy, which ends an application by SIGTERM', () => {
  it('answers what is under way, refuses what is new, tells clients when to come back, and exits with 0', async () => {
    const child = startProgram('deploy', { PLATFORM: platform.name, REQUESTS: String(REQUESTS) });
    const exit = once(child, 'exit');
    const url = `http://127.0.0.1:${String(await nextMessage(child))}`;
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connected(url)));
    const told = clients.map(({ socket }) => once(socket as never, 'sockets:closing'));
    const lost = clients.map(({ socket }) => once(socket as never, 'disconnect'));
    const answers = clients.slice(0, REQUESTS).map((client) => client.get('/reports'));
    expect(await nextMessage(child)).toBe('all are under way');

    child.kill('SIGTERM');
    const closings = (await Promise.all(told)).map(([closing]) => closing as { reconnectIn: number });
    const late = await clients[REQUESTS]?.socket.emitWithAck('get', { url: '/reports' });
    const handshake = await request(pollingUrl(url));
    child.send('finish');

    expect(late).toMatchObject({ statusCode: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(handshake).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(
      Array.from({ length: REQUESTS }, () => ({ isDone: true })),
    );
    expect((await Promise.all(lost)).map(([reason]) => reason as string)).toEqual(
      Array.from({ length: CLIENTS }, () => 'transport close'),
    );
    expect(await exit).toEqual([0, null]);
    // Two hundred clients are to be back after two seconds.
    const times = closings.map(({ reconnectIn }) => reconnectIn);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(2_000);
    expect(new Set(times).size).toBeGreaterThan(CLIENTS / 4);
  });
});

describe('A client that is told when to come back', () => {
  it.for([30, 60_000])('waits so long once, and after that as it would have waited: %i ms', async (reconnectIn) => {
    const application = await start();
    const client = await connected(application.url);
    const { io: manager } = client.socket;
    const usual = [manager.reconnectionDelay(), manager.reconnectionDelayMax()];
    // Twice, as clients of one connection hear it that share it.
    for (let times = 0; times < 2; times++) application.sockets.server.emit('sockets:closing', { reconnectIn });
    application.sockets.server.emit('after');
    await once(client.socket as never, 'after');

    expect(manager.reconnectionDelay()).toBe(reconnectIn);
    expect(manager.reconnectionDelayMax()).toBeGreaterThanOrEqual(reconnectIn);
    // Nobody waits for the long one.
    if (reconnectIn > 1_000) (manager as unknown as EventEmitter).emit('reconnect_attempt');
    else {
      manager.engine.close();
      await once(manager as never, 'reconnect_attempt');
    }

    expect([manager.reconnectionDelay(), manager.reconnectionDelayMax()]).toEqual(usual);
  });

  it('waits as usual where that is no time', async () => {
    const application = await start();
    const client = await connected(application.url);
    const { io: manager } = client.socket;
    const usual = manager.reconnectionDelay();
    for (const said of [undefined, null, {}, { reconnectIn: '7000' }, { reconnectIn: null }]) {
      application.sockets.server.emit('sockets:closing', said);
    }
    application.sockets.server.emit('after');
    await once(client.socket as never, 'after');

    expect(manager.reconnectionDelay()).toBe(usual);
  });
});
