import type { Socket as ServerSocket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { connect as connectClient } from '../../../src/front-ends/client/index.js';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { onceDone } from '../../support/lifetime.js';

const startWith = (options: SocketsModuleOptions = {}): Promise<TestApplication> =>
  start({
    imports: [
      SocketsModule.forRoot({
        limits: { connectionsPerUser: 2 },
        authenticate: ({ auth }) => (auth.name ? { id: String(auth.name) } : null),
        ...options,
      }),
    ],
  });

const as = (app: TestApplication, name?: string): Promise<TestClient> => app.connect({ auth: { name } });

const TOO_MANY = {
  statusCode: 429,
  code: 'TOO_MANY_CONNECTIONS',
  message: 'This user has 2 connections already. Close one of them, and try again.',
};

const refusalOf = (connecting: Promise<unknown>): Promise<unknown> =>
  connecting.then(
    () => 'connected',
    (error: unknown) => (error as { data?: unknown }).data,
  );

const refusals = (app: TestApplication): number => app.sockets.metrics().refused.connectionsPerUser;

describe('The connections of a user', () => {
  it('are limited: further ones are refused by a typed connect_error, and other users are not affected', async () => {
    const app = await startWith();
    const [one] = [await as(app, 'ada'), await as(app, 'ada')];
    expect(await refusalOf(as(app, 'ada'))).toEqual(TOO_MANY);
    expect(await refusalOf(as(app, 'ada'))).toEqual(TOO_MANY);
    await as(app, 'grace');
    expect(refusals(app)).toBe(2);

    one.socket.disconnect();
    await eventually(async () => expect(await refusalOf(as(app, 'ada'))).toBe('connected'));
    expect(await refusalOf(as(app, 'ada'))).toEqual(TOO_MANY);
  });

  it('are not those of nobody in particular', async () => {
    const app = await startWith();
    for (let count = 0; count < 5; count++) await as(app);
    expect(refusals(app)).toBe(0);
  });

  it('count once, in however many namespaces, until the last socket is gone', async () => {
    const app = await startWith();
    app.sockets.server.of('/a');
    app.sockets.server.of('/b');
    const shared = { forceNew: false, multiplex: true, auth: { name: 'ada' } };
    const sockets = [
      await app.connect(shared),
      await app.connect({ ...shared, namespace: '/a' }),
      await app.connect({ ...shared, namespace: '/b' }),
    ];
    expect(new Set(sockets.map(({ socket }) => socket.io)).size).toBe(1);
    await as(app, 'ada');
    expect(await refusalOf(as(app, 'ada'))).toEqual(TOO_MANY);
    sockets[0].socket.disconnect();
    sockets[1].socket.disconnect();
    await eventually(() => expect(app.sockets.metrics().sockets).toBe(2));
    expect(await refusalOf(as(app, 'ada'))).toEqual(TOO_MANY);
    sockets[2].socket.disconnect();
    await eventually(async () => expect(await refusalOf(as(app, 'ada'))).toBe('connected'));
  });

  it('follow who signs in and out', async () => {
    const app = await startWith();
    const first = await as(app);
    const second = await as(app);
    const signIn = (client: TestClient, name?: string): Promise<unknown> =>
      client.socket.emitWithAck('reauthenticate', { name });
    expect(await signIn(first, 'ada')).toMatchObject({ statusCode: 204 });
    expect(await signIn(first, 'ada')).toMatchObject({ statusCode: 204 });
    await as(app, 'ada');
    expect(await signIn(second, 'ada')).toEqual({ body: TOO_MANY, headers: {}, statusCode: 429 });
    expect(await signIn(first)).toMatchObject({ statusCode: 204 });
    expect(await signIn(second, 'ada')).toMatchObject({ statusCode: 204 });
    expect(await refusalOf(as(app, 'ada'))).toEqual(TOO_MANY);
    second.socket.disconnect();
    await eventually(async () => expect(await refusalOf(as(app, 'ada'))).toBe('connected'));
  });

  it('are limited where a middleware of the application says who somebody is, by disconnecting them', async () => {
    const app = await startWith({ authenticate: undefined });
    app.sockets.server.use((socket: ServerSocket, next) => {
      socket.data = { user: { id: 5 } };
      next();
    });
    const clients = [await as(app), await as(app)];
    const third = await as(app);
    await eventually(() => expect(third.socket.connected).toBe(false));
    expect(clients.map(({ socket }) => socket.connected)).toEqual([true, true]);
    expect(refusals(app)).toBe(1);
  });

  it('are waited for by the client of this package, which tries again', async () => {
    const app = await startWith({ limits: { connectionsPerUser: 1 } });
    const tab = await as(app, 'ada');
    const states: unknown[] = [];
    const sockets = connectClient(app.url, {
      auth: { name: 'ada' },
      transports: ['websocket'],
      reconnectionDelay: 10,
      reconnectionDelayMax: 20,
      forceNew: true,
    });
    onceDone(() => sockets.close());
    sockets.onState(({ status, reason }) => states.push([status, reason?.statusCode]));
    await eventually(() => expect(states).toContainEqual(['connecting', 429]));
    tab.socket.disconnect();
    await eventually(() => expect(sockets.state.status).toBe('connected'));
  });
});
