import type { INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type AuthenticateFunction, type SocketsModuleOptions } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { stopClock } from '../../support/clock.js';
import { listenTo, type Logs } from '../../support/logs.js';
import { refusal, refusalOf } from './support/refused.js';

const now = (): number => Date.now() / 1_000;
/** Who it says it is, for as many milliseconds as it says. */
const authenticate: AuthenticateFunction = ({ auth }) => ({
  ...(auth.user as object),
  ...(auth.life === undefined ? {} : { exp: now() + Number(auth.life) / 1_000 }),
});
const UNAUTHORIZED = refusal(401, 'UNAUTHORIZED', 'Unauthorized');
const expired = (grace: number) => ({
  statusCode: 401,
  code: 'EXPIRED',
  message: 'The credentials of this connection have expired.',
  grace,
});

/** Resolves with the reason. */
function disconnected({ socket }: TestClient): Promise<string> {
  return new Promise((resolve) => {
    if (!socket.connected) resolve('io server disconnect');
    socket.once('disconnect', resolve);
  });
}

describe('Identities that expire', () => {
  const startWith = (options: SocketsModuleOptions, main?: (app: INestApplication) => void): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate, expiryGrace: 50, ...options })],
      main,
    });

  it('row 48: a token that expires is warned of, and the connection is closed when the grace is over', async () => {
    const clock = stopClock();
    const app = await startWith({});
    const client = await app.connect({ auth: { user: { id: 5 }, life: 100 } });
    const reason = disconnected(client);

    await clock.pass(100);
    expect(await client.next('reauthenticate')).toEqual([expired(50)]);
    await app.settle();
    expect(client.socket.connected).toBe(true);
    await clock.pass(50);
    expect(await reason).toBe('io server disconnect');
    expect(client.heard('reauthenticate')).toEqual([expired(50), expired(0)]);
  });

  it('a connection that was closed for its token hears nothing more, and is in no room', async () => {
    const clock = stopClock();
    const app = await startWith({});
    const client = await app.connect({ auth: { user: { id: 5 }, life: 50 } });
    await app.sockets.join(client.id, 'lobby');
    await clock.pass(100);
    await disconnected(client);
    await app.sockets.broadcast('lobby', 'news', 1);
    expect(await app.sockets.rooms()).toEqual([]);
    expect(client.heard('news')).toEqual([]);
  });

  it.each([
    ['seconds', () => now() - 1],
    ['a date', () => new Date(Date.now() - 1_000)],
  ])('row 47: who has expired already is not let in, as %s tell', async (_, expiresAt) => {
    const app = await startWith({ expiresAt });
    expect(await refusalOf(app.connect({ auth: { user: { id: 5 } } }))).toEqual(UNAUTHORIZED);
  });

  it('row 47: nor is one by its "exp", and the process lives', async () => {
    const app = await startWith({});
    expect(await refusalOf(app.connect({ auth: { user: { id: 5, exp: 0 } } }))).toEqual(UNAUTHORIZED);
    expect((await app.connect({ auth: { user: { id: 5 } } })).socket.connected).toBe(true);
  });

  it('the option "expiresAt" is shown the identity and the socket', async () => {
    const clock = stopClock();
    const app = await startWith({
      expiresAt: ({ until }: { until: number }, socket) => {
        expect(socket.handshake.auth.user).toEqual({ id: 5, until });
        return new Date(Date.now() + until);
      },
    });
    const client = await app.connect({ auth: { user: { id: 5, until: 100 } } });
    await clock.pass(100);
    expect(await client.next('reauthenticate')).toEqual([expired(50)]);
  });

  it.each([
    ['for ever', () => undefined],
    ['for longer than a timer of Node goes', () => now() + 100 * 24 * 3_600],
    ['for a century', () => new Date(Date.now() + 100 * 365 * 24 * 3_600_000)],
  ])('who is known %s is not warned', async (_, expiresAt) => {
    const clock = stopClock();
    const app = await startWith({ expiresAt });
    const client = await app.connect({ auth: { user: { id: 5, exp: 0 } } });
    // A timer that overflows goes off at once.
    await clock.pass(50);
    await app.settle();
    expect(client.heard('reauthenticate')).toEqual([]);
    expect(client.socket.connected).toBe(true);
  });

  it.each([
    ['throws', () => fail()],
    ['gives milliseconds', () => Date.now() + 1_000],
    ['gives no valid date', () => new Date('tomorrow')],
    ['gives a text', () => '2099-01-01' as never],
    ['gives NaN', () => NaN],
  ])('an "expiresAt" that %s refuses the connection, and is logged', async (_, expiresAt) => {
    let logs: Logs | undefined;
    const app = await startWith({ expiresAt }, (nest) => (logs = listenTo(nest)));
    expect(await refusalOf(app.connect({ auth: { user: { id: 5 } } }))).toEqual(
      refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.'),
    );
    expect(logs?.errors.join()).toContain('expiresAt');
  });

  it('each namespace of one client has a time of its own', async () => {
    const clock = stopClock();
    const app = await startWith({});
    app.sockets.server.of('/admin');
    const shared = { forceNew: false, multiplex: true };
    const short = await app.connect({ ...shared, auth: { user: { id: 5 }, life: 100 } });
    const long = await app.connect({ ...shared, namespace: '/admin', auth: { user: { id: 5 } } });
    expect(short.socket.io).toBe(long.socket.io);

    await clock.pass(150);
    await disconnected(short);
    await app.settle();
    expect(long.socket.connected).toBe(true);
    expect(long.heard('reauthenticate')).toEqual([]);
  });

  it('a user whom a middleware of the application found out expires as well', async () => {
    const clock = stopClock();
    const app = await startWith({ authenticate: undefined });
    app.sockets.server.use((socket, next) => {
      (socket.data as { user?: unknown }).user = authenticate(socket.handshake, socket);
      next();
    });
    const soon = await app.connect({ auth: { user: { id: 5 }, life: 100 } });
    await clock.pass(100);
    expect(await soon.next('reauthenticate')).toEqual([expired(50)]);

    const late = await app.connect({ auth: { user: { id: 5, exp: 0 } } });
    expect(await disconnected(late)).toBe('io server disconnect');
    expect(late.heard('reauthenticate')).toEqual([expired(0)]);
  });
});

function fail(): never {
  throw new Error('The application could not say when.');
}
