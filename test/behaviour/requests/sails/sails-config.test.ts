import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { handshake, opened, request } from '../../server/support/http.js';
import { ask, connectSails, nextOf, type Jwr } from './support/sails-client.js';
import { sailsControllers } from './support/sails-controller.js';

const startWith = (options: SocketsModuleOptions): Promise<TestApplication> =>
  start({ ...sailsControllers, imports: [SocketsModule.forRoot(options)] });

/**
 * Connects by both transports, and silences the warning of `sails.io.js` that one of them sends no headers from a
 * browser.
 */
function connectByBoth(app: TestApplication): ReturnType<typeof connectSails> {
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(() => warnings.mockRestore());
  return connectSails(app.url, { transports: ['polling', 'websocket'] });
}

describe('Sails row 58: the server option, for sails.io.js and for others', () => {
  const hello = async (app: TestApplication, settings: Parameters<typeof connectSails>[1] = {}): Promise<Jwr> =>
    ask(await connectSails(app.url, settings), { url: '/hello' });

  it.each([
    ['websocket', 'polling'],
    ['polling', 'websocket'],
  ] as const)('transports: [%j] lets nobody in by %s', async (allowed, other) => {
    const app = await startWith({ server: { transports: [allowed] } });

    expect((await hello(app, { transports: [allowed] })).statusCode).toBe(200);
    await app.connect({ transports: [allowed] });
    await expect(connectSails(app.url, { transports: [other] })).rejects.toThrow();
    await expect(app.connect({ transports: [other] })).rejects.toThrow();
  });

  it('allowUpgrades: false leaves a connection with its first transport', async () => {
    const withUpgrades = await startWith({});
    const without = await startWith({ server: { allowUpgrades: false } });

    expect((await opened(withUpgrades.url)).upgrades).toEqual(['websocket']);
    expect((await opened(without.url)).upgrades).toEqual([]);
    const socket = await connectByBoth(without);
    expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
    expect(socket._raw?.io.engine.transport.name).toBe('polling');
  });

  it('allowUpgrades, left alone, lets a client of polling change over to a websocket', async () => {
    const app = await startWith({});
    const socket = await connectByBoth(app);

    await expect.poll(() => socket._raw?.io.engine.transport.name).toBe('websocket');

    expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
  });

  it('path moves the server, and the requests with it', async () => {
    const app = await startWith({ server: { path: '/realtime' } });

    expect((await hello(app, { path: '/realtime' })).statusCode).toBe(200);
    await expect(connectSails(app.url)).rejects.toThrow();
    const socket = await connectSails(app.url, { path: '/realtime' });
    expect((await ask(socket, { url: '/realtime/' })).statusCode).toBe(501);
    expect((await ask(socket, { url: '/socket.io/' })).statusCode).toBe(404);
  });

  it('pingInterval and pingTimeout reach the client', async () => {
    const app = await startWith({ server: { pingInterval: 1_234, pingTimeout: 5_678 } });

    expect(await opened(app.url)).toMatchObject({ pingInterval: 1_234, pingTimeout: 5_678 });
  });

  it('pingTimeout ends a connection of which nothing is heard any more', async () => {
    // The server of Engine.IO keeps to the real time; the client, which would miss pings as well, to this one.
    stopClock();
    const app = await startWith({ server: { pingInterval: 20, pingTimeout: 20 } });
    await app.connect();
    const [serverSide] = app.sockets.server.sockets.sockets.values();
    const ended = new Promise((resolve) => serverSide.once('disconnect', resolve));

    // Its answers to pings no longer arrive.
    serverSide.conn.transport.removeAllListeners('packet');

    expect(await ended).toBe('ping timeout');
  });

  it('pings keep a client of Socket.IO 2, who sends them itself, connected', async () => {
    const app = await startWith({ server: { pingInterval: 20, pingTimeout: 60_000 } });
    const socket = await connectSails(app.url);

    for (let ping = 0; ping < 3; ping++) await nextOf(socket, 'pong');

    expect(socket.isConnected()).toBe(true);
    expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
  });

  it('maxHttpBufferSize ends a connection that sends more, and no other', async () => {
    const app = await startWith({ server: { maxHttpBufferSize: 2_000 } });
    const [small, large] = [await connectSails(app.url), await connectSails(app.url)];
    const ended = nextOf(large, 'disconnect');

    large.post('/echo', { text: 'x'.repeat(3_000) });

    await ended;
    const { body } = await ask(small, { method: 'post', url: '/echo', data: { text: 'x'.repeat(1_000) } });
    expect(body).toMatchObject({ body: { text: 'x'.repeat(1_000) } });
  });

  it('serveClient is whether the server hands out the client of Socket.IO', async () => {
    const serving = await startWith({ server: { serveClient: true } });
    const not = await startWith({ server: { serveClient: false } });

    const { status, headers } = await request(`${serving.url}/socket.io/socket.io.js`);
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: expect.stringContaining('javascript') as string,
    });
    expect((await request(`${not.url}/socket.io/socket.io.js`)).status).toBe(400);
  });

  it('cookie is whether, and as what, a connection gets one of Engine.IO', async () => {
    const without = await startWith({});
    const named = await startWith({ server: { cookie: { name: 'connection', httpOnly: true, path: '/' } } });

    expect((await handshake(without.url)).headers).not.toHaveProperty('set-cookie');
    expect((await handshake(named.url)).headers['set-cookie']).toEqual([
      expect.stringMatching(/^connection=.+; HttpOnly/) as string,
    ]);
    expect((await hello(named)).statusCode).toBe(200);
  });
});

describe('Sails row 58: the option of requests', () => {
  it('sendResponseHeaders: false keeps the headers of answers, and nothing else, from clients', async () => {
    const app = await startWith({ requests: { sendResponseHeaders: false } });
    const [sails, other] = [await connectSails(app.url), await app.connect()];

    expect(await ask(sails, { url: '/hello' })).toMatchObject({
      headers: {},
      statusCode: 200,
      body: { hello: 'world' },
    });
    expect(await ask(sails, { url: '/status/403' })).toMatchObject({ headers: {}, statusCode: 403 });
    expect(await other.socket.emitWithAck('get', { url: '/hello' })).toEqual({
      headers: {},
      statusCode: 200,
      body: { hello: 'world' },
    });
  });

  it('sendStatusCode: false keeps the status of answers, and nothing else, from clients', async () => {
    const app = await startWith({ requests: { sendStatusCode: false } });
    const [sails, other] = [await connectSails(app.url), await app.connect()];

    // As with Sails: the client takes everything for a success then.
    expect(await ask(sails, { url: '/status/403' })).toMatchObject({ statusCode: 200, body: { status: '403' } });
    const answer = (await other.socket.emitWithAck('get', { url: '/status/403' })) as object;
    expect(Object.keys(answer).sort()).toEqual(['body', 'headers']);
  });

  it('sendStatusCode: false holds for refused requests, too', async () => {
    const app = await startWith({ requests: { sendStatusCode: false, sendResponseHeaders: false } });
    const client = await app.connect();

    const answer: unknown = await client.socket.emitWithAck('get', { url: 7 });

    expect(answer).toEqual({
      headers: {},
      body: { statusCode: 400, code: 'BAD_REQUEST', message: expect.any(String) as string },
    });
  });
});
