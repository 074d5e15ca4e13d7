import type { INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule, type SocketsLimits, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { connect } from '../../../support/client.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { handshake, pollingUrl, request } from '../support/http.js';
import { upgrade } from '../support/upgrade.js';

const startWith = (
  limits: SocketsLimits,
  options: SocketsModuleOptions = {},
  main?: (app: INestApplication) => void,
): Promise<TestApplication> => start({ imports: [SocketsModule.forRoot({ ...options, limits })], main });

const refusedConnections = (app: TestApplication): number => app.sockets.metrics().refused.connectionsPerAddress;

/** Waits until so many more connections fit, which are closed again at once. */
async function expectRoomFor(app: TestApplication, count: number): Promise<void> {
  await eventually(async () => {
    const answers = await Promise.all(Array.from({ length: count }, () => upgrade(app.url)));
    for (const { socket } of answers) socket?.destroy();
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 101));
  });
}

describe('The connections of one address', () => {
  it('are limited: by polling and by websocket, the answer is 429, with the time after which to try again', async () => {
    const app = await startWith({ connectionsPerAddress: 2 });
    await app.connect();
    await app.connect({ transports: ['polling'] });

    const refused = { status: 429, text: '{"code":4,"message":"TOO_MANY_CONNECTIONS"}' };
    const headers = { 'content-type': 'application/json', 'retry-after': '10' };
    expect(await handshake(app.url)).toMatchObject({ ...refused, headers });
    expect(await upgrade(app.url)).toMatchObject({ ...refused, headers });
    await expect(app.connect()).rejects.toThrow('websocket error');
    await expect(app.connect({ transports: ['polling'] })).rejects.toThrow('xhr poll error');
    expect(refusedConnections(app)).toBe(4);
    expect(app.sockets.metrics()).toMatchObject({ connections: 2, sockets: 2 });
  });

  it('are counted once, whatever their namespaces and transports', async () => {
    const app = await startWith({ connectionsPerAddress: 2 });
    app.sockets.server.of('/other');
    const client = await app.connect({ transports: ['polling', 'websocket'] });
    const other = client.socket.io.socket('/other');
    await new Promise<void>((resolve) => void other.once('connect', resolve));
    await eventually(() => expect(client.socket.io.engine.transport.name).toBe('websocket'));
    await expectRoomFor(app, 1);
    expect(client.socket.connected).toBe(true);
  });

  it('are begun by requests of sessions that do not exist, too, about which the application is asked', async () => {
    const asked: string[] = [];
    const origins = (origin: string): boolean => asked.push(origin) > 0;
    const app = await startWith({ handshakeBurst: 3, handshakesPerSecond: 1 }, { origins });
    const headers = { origin: 'https://app.example' };
    stopClock();

    const answers = Array.from({ length: 20 }, () => request(`${pollingUrl(app.url)}&sid=unknown`, { headers }));

    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect([400, 429].map((status) => statuses.filter((one) => one === status).length)).toEqual([3, 17]);
    // By CORS, and by the rule.
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it('are those that are open: however one ends, another may take its place', async () => {
    const app = await startWith({ connectionsPerAddress: 2 });
    const ends: Array<[transports: string[], end: (id: string, client: { disconnect(): unknown }) => unknown]> = [
      [['websocket'], (_id, client) => client.disconnect()],
      [['polling'], (_id, client) => client.disconnect()],
      [['polling', 'websocket'], (_id, client) => client.disconnect()],
      [['websocket'], (id) => app.sockets.server.sockets.sockets.get(id)?.disconnect(true)],
      [['polling'], (id) => app.sockets.server.sockets.sockets.get(id)?.disconnect(true)],
    ];
    for (const [transports, end] of ends) {
      const clients = [await app.connect({ transports }), await app.connect({ transports })];
      for (const client of clients) await end(client.id, client.socket);
      await expectRoomFor(app, 2);
    }
    const cut = [await upgrade(app.url), await upgrade(app.url)];
    expect((await upgrade(app.url)).status).toBe(429);
    for (const { socket } of cut) socket?.destroy();
    await expectRoomFor(app, 2);
  });

  it('do not include handshakes that are refused for another reason, or that fail', async () => {
    const app = await startWith(
      { connectionsPerAddress: 2 },
      {
        server: {
          allowRequest: ({ headers }, answer) => answer(null, headers['x-refuse'] === undefined),
        },
      },
    );
    for (let times = 0; times < 5; times++) {
      expect((await handshake(app.url, 'https://stranger.example')).status).toBe(403);
      expect((await upgrade(app.url, { 'x-refuse': 'yes' })).status).toBe(400);
      expect((await request(pollingUrl(app.url), { headers: { 'x-refuse': 'yes' } })).status).toBe(403);
      expect((await upgrade(app.url, { 'sec-websocket-key': 'none' })).status).toBe(400);
      expect((await request(`${app.url}/socket.io/?EIO=4&transport=carrier-pigeon`)).status).toBe(400);
      expect((await request(pollingUrl(app.url), { method: 'POST', body: '4' })).status).toBe(400);
      expect((await request(`${pollingUrl(app.url)}&sid=unknown`)).status).toBe(400);
    }
    await expectRoomFor(app, 2);
    expect(refusedConnections(app)).toBe(0);
  });

  it('include those that the application is still deciding about, also if their clients hang up', async () => {
    const asked: Array<{ socket: Socket; letIn: () => void }> = [];
    const app = await startWith(
      { connectionsPerAddress: 2 },
      {
        server: {
          allowRequest: ({ socket }, answer) => void asked.push({ socket, letIn: () => answer(null, true) }),
        },
      },
    );
    const abort = new AbortController();
    const gone = fetch(pollingUrl(app.url), { signal: abort.signal });
    await eventually(() => expect(asked).toHaveLength(1));
    const patient = upgrade(app.url);
    await eventually(() => expect(asked).toHaveLength(2));
    expect((await handshake(app.url)).status).toBe(429);

    const closed = once(asked[0].socket, 'close');
    abort.abort();
    await expect(gone).rejects.toThrow();
    await closed;
    // There is room for another, until the one that hung up is let in nevertheless.
    const late = upgrade(app.url);
    await eventually(() => expect(asked).toHaveLength(3));
    for (const { letIn } of asked.splice(0)) letIn();
    expect([(await patient).status, (await late).status]).toEqual([101, 101]);
    (await late).socket?.destroy();
    await eventually(() => expect(app.sockets.metrics().connections).toBe(2));
    expect((await handshake(app.url)).status).toBe(429);
  });

  it('are limited before the application is asked, whatever it would answer', async () => {
    const asked: string[] = [];
    const app = await startWith(
      { connectionsPerAddress: 1 },
      {
        authenticate: () => asked.push('authenticate'),
        handshakeMiddleware: (_request, _response, next) => {
          asked.push('handshakeMiddleware');
          next();
        },
        server: {
          allowRequest: (_request, answer) => {
            asked.push('allowRequest');
            answer(null, true);
          },
        },
      },
    );
    await app.connect();
    expect(asked).toEqual(['handshakeMiddleware', 'allowRequest', 'authenticate']);
    expect((await handshake(app.url)).status).toBe(429);
    expect((await upgrade(app.url)).status).toBe(429);
    expect(asked).toHaveLength(3);
  });

  it('are limited where WebTransport is listed, too, which allows no middleware', async () => {
    const app = await startWith(
      { connectionsPerAddress: 1 },
      { server: { transports: ['polling', 'websocket', 'webtransport'] } },
    );
    const client = await app.connect();
    expect((await handshake(app.url)).status).toBe(429);
    expect((await upgrade(app.url)).status).toBe(429);
    client.socket.disconnect();
    await expectRoomFor(app, 1);
  });

  it('are counted where the application attaches the server to a further HTTP server, too', async () => {
    const app = await startWith({ connectionsPerAddress: 2 });
    const further = createServer();
    onTestFinished(() => void further.close());
    app.sockets.server.attach(further);
    await new Promise<void>((resolve) => void further.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(further.address() as AddressInfo).port}`;
    const client = await connect(url, { transports: ['polling'] });
    await connect(url);
    expect((await handshake(url)).status).toBe(429);
    expect((await handshake(app.url)).status).toBe(429);
    expect(app.sockets.metrics()).toMatchObject({ connections: 2, sockets: 2 });
    client.socket.disconnect();
    await expectRoomFor(app, 1);
  });

  it('are limited before the application is asked about their origins', async () => {
    let asked = 0;
    const origins = (): boolean => Boolean(++asked);
    const app = await startWith({ handshakeBurst: 2, handshakesPerSecond: 1 }, { origins });
    stopClock();
    const statuses: number[] = [];
    for (let times = 0; times < 5; times++) statuses.push((await handshake(app.url, 'https://a.example')).status);
    expect(statuses).toEqual([200, 200, 429, 429, 429]);
    expect(asked).toBe(2);
  });

  it('tell who listens to the server that one was refused', async () => {
    const app = await startWith({ connectionsPerAddress: 1 });
    const errors: unknown[] = [];
    app.sockets.server.engine.on('connection_error', ({ code, context }) => errors.push({ code, context }));
    await app.connect();
    await handshake(app.url);
    expect(errors).toEqual([{ code: 4, context: { message: 'TOO_MANY_CONNECTIONS' } }]);
  });

  it('are named once in the log, with what to do if the address is that of a proxy', async () => {
    let logs: Logs | undefined;
    const app = await startWith({ connectionsPerAddress: 1 }, {}, (nest) => (logs = listenTo(nest)));
    await app.connect();
    for (let times = 0; times < 3; times++) await handshake(app.url);
    expect(logs?.naming('connectionsPerAddress').warnings).toEqual([
      'Connections of the address 127.0.0.1 are refused, since it has 1 connections already ' +
        '(limits.connectionsPerAddress). If that is the address of a proxy, all of its clients have it until the ' +
        'application trusts the proxy: by "trust proxy" of Express, "trustProxy" of Fastify, or the option ' +
        'limits.addressOf of SocketsModule. (Logged once.)',
    ]);
  });
});

describe('The handshakes of one address', () => {
  it('are limited in their rate, after a burst, whether they lead to a connection or not', async () => {
    const clock = stopClock();
    const app = await startWith({ handshakesPerSecond: 1, handshakeBurst: 3, connectionsPerAddress: 1 });
    await app.connect();
    expect((await handshake(app.url)).text).toContain('TOO_MANY_CONNECTIONS');
    expect((await upgrade(app.url)).text).toContain('TOO_MANY_CONNECTIONS');
    const refused = {
      status: 429,
      text: '{"code":4,"message":"TOO_MANY_HANDSHAKES"}',
      headers: { 'retry-after': '1' },
    };
    expect(await handshake(app.url)).toMatchObject(refused);
    expect(await upgrade(app.url)).toMatchObject(refused);
    await clock.pass(1_000);
    expect((await handshake(app.url)).text).toContain('TOO_MANY_CONNECTIONS');
    expect(await handshake(app.url)).toMatchObject(refused);
    expect(app.sockets.metrics().refused).toMatchObject({ handshakeRate: 3, connectionsPerAddress: 3 });
  });

  it('are not the requests of connections that are there', async () => {
    const app = await startWith({ handshakesPerSecond: 1, handshakeBurst: 2 });
    const client = await app.connect({ transports: ['polling'] });
    for (let times = 0; times < 10; times++) {
      expect(await client.socket.emitWithAck('get', { url: '/none' })).toMatchObject({ statusCode: 404 });
    }
  });
});
