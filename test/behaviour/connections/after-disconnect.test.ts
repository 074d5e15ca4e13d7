import type { INestApplication } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import session, { MemoryStore, type SessionData } from 'express-session';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type AfterDisconnect, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';
import { Gate } from '../../support/gate.js';
import { listenTo, type Logs } from '../../support/logs.js';
import { refusalOf, rejectWith, TRANSPORTS } from './support/refused.js';

@WebSocketGateway({ namespace: 'declared' })
class DeclaredGateway {}

@WebSocketGateway({ namespace: /^\/boards\/\d+$/ })
class BoardsGateway {}

@WebSocketGateway({ namespace: 'hasty' })
class HastyGateway {
  handleConnection(client: Socket): void {
    client.disconnect();
  }
}

/** What the tests keep in a session. */
type Kept = SessionData & { visits?: number; by?: string[] };
type SessionRequest = IncomingMessage & { session?: Kept & { destroy(done: () => void): void } };

const requestOf = (socket: Socket): SessionRequest => socket.request;

/** The sessions of an application in which there is one, named `known`. */
class Sessions {
  readonly store = new MemoryStore();
  readonly middleware = session({
    secret: 'x',
    store: this.store,
    resave: false,
    saveUninitialized: true,
    genid: () => 'known',
  });

  async read(): Promise<Kept | undefined> {
    return new Promise((resolve) => this.store.get('known', (_error, found) => resolve((found as Kept) ?? undefined)));
  }

  async change(changes: Partial<Kept>): Promise<void> {
    const found = (await this.read()) ?? { cookie: { originalMaxAge: null } };
    await new Promise((resolve) => this.store.set('known', { ...found, ...changes }, resolve));
  }

  async end(): Promise<void> {
    await new Promise((resolve) => this.store.destroy('known', resolve));
  }
}

describe('Sails row 57: afterDisconnect', () => {
  const startWith = (options: SocketsModuleOptions, main?: (app: INestApplication) => void) =>
    start({
      imports: [SocketsModule.forRoot(options)],
      providers: [DeclaredGateway, BoardsGateway, HastyGateway],
      main,
    });

  it.each(TRANSPORTS)('is called once for each socket, with the reason, by %s', async (transports) => {
    const calls: unknown[] = [];
    const app = await startWith({
      afterDisconnect: (socket, reason) => void calls.push([socket.nsp.name, socket.id, reason, [...socket.rooms]]),
    });
    const [polite, rude, expelled] = [
      await app.connect({ transports }),
      await app.connect({ transports, namespace: '/declared' }),
      await app.connect({ transports, namespace: '/boards/7' }),
    ];
    const ids = [polite.id, rude.id, expelled.id];

    polite.socket.disconnect();
    await expect.poll(() => calls).toEqual([['/', ids[0], 'client namespace disconnect', []]]);
    rude.socket.io.engine.close();
    await expect.poll(() => calls).toHaveLength(2);
    expect(calls[1]).toEqual(['/declared', ids[1], expect.stringMatching(/^transport/), []]);
    await app.sockets.of('/boards/7').disconnect(expelled.id);
    await expect.poll(() => calls).toHaveLength(3);
    expect(calls[2]).toEqual(['/boards/7', ids[2], 'server namespace disconnect', []]);
  });

  it('is called for each namespace of a client that is gone', async () => {
    const calls: string[] = [];
    const app = await startWith({ afterDisconnect: ({ nsp }) => void calls.push(nsp.name) });
    const client = await app.connect();
    for (const namespace of ['/declared', '/boards/1']) {
      const other = client.socket.io.socket(namespace);
      await new Promise<void>((resolve, reject) => void other.once('connect', resolve).once('connect_error', reject));
    }

    client.socket.io.engine.close();
    await expect.poll(() => calls.toSorted()).toEqual(['/', '/boards/1', '/declared']);
  });

  it('is called when a gateway sends the client away at once, and not for who was never connected', async () => {
    const calls: string[] = [];
    const app = await startWith({
      authenticate: ({ auth }) => auth.token !== 'wrong',
      afterDisconnect: ({ nsp }) => void calls.push(nsp.name),
    });
    app.sockets.server.of('/declared').use((_socket, next) => next(new Error('no')));

    await refusalOf(app.connect({ auth: { token: 'wrong' } }));
    await refusalOf(app.connect({ namespace: '/declared' }));
    await app.connect({ namespace: '/hasty' });
    await expect.poll(() => calls).toEqual(['/hasty']);
  });

  it('knows who it was', async () => {
    const users: unknown[] = [];
    const app = await startWith({
      authenticate: ({ auth }) => auth.token as string,
      afterDisconnect: ({ data }) => void users.push(data),
    });

    (await app.connect({ auth: { token: 'ada' } })).socket.disconnect();
    await expect.poll(() => users).toEqual([{ user: 'ada' }]);
  });

  const failures: Array<[how: string, fail: AfterDisconnect]> = [
    [
      'throws',
      () => {
        throw new Error('out of order');
      },
    ],
    ['rejects', () => Promise.reject(new Error('out of order'))],
    ['rejects with nothing', () => rejectWith(null)],
  ];

  it.each(failures)('is logged when it %s, with a session and without, and the process lives', async (_how, fail) => {
    let logs: Logs | undefined;
    const sessions = new Sessions();
    for (const handshakeMiddleware of [undefined, sessions.middleware]) {
      const app = await startWith({ afterDisconnect: fail, handshakeMiddleware }, (nest) => (logs = listenTo(nest)));
      (await app.connect({ transports: ['polling'] })).socket.disconnect();

      await expect.poll(() => logs?.naming('The option "afterDisconnect" failed.').errors).toHaveLength(1);
      await app.connect();
    }
  });

  it.each(TRANSPORTS)('has the session as it is now, and what it changes is saved, by %s', async (transports) => {
    const sessions = new Sessions();
    const seen: unknown[] = [];
    const app = await startWith({
      handshakeMiddleware: sessions.middleware,
      afterDisconnect: async (socket) => {
        const { session: mine } = requestOf(socket);
        seen.push(mine?.visits);
        await Promise.resolve();
        if (mine) mine.visits = (mine.visits ?? 0) + 1;
      },
    });
    const client = await app.connect({ transports });
    // By another request, since.
    await sessions.change({ visits: 41 });

    client.socket.disconnect();
    await expect.poll(async () => (await sessions.read())?.visits).toBe(42);
    expect(seen).toEqual([41]);
  });

  it('has one session for all namespaces of a connection, and none of their changes is lost', async () => {
    const sessions = new Sessions();
    await sessions.change({ by: [] });
    const app = await startWith({
      handshakeMiddleware: sessions.middleware,
      afterDisconnect: async (socket) => {
        const { session: mine } = requestOf(socket);
        const by = mine?.by ?? [];
        await new Promise((resolve) => setImmediate(resolve));
        if (mine) mine.by = [...by, socket.nsp.name];
      },
    });
    const client = await app.connect();
    await sessions.change({ by: [] });
    const other = client.socket.io.socket('/declared');
    await new Promise<void>((resolve, reject) => void other.once('connect', resolve).once('connect_error', reject));

    client.socket.io.engine.close();
    await expect.poll(async () => (await sessions.read())?.by?.toSorted()).toEqual(['/', '/declared']);
  });

  it('is called without a session when that has ended, which is not brought back', async () => {
    const sessions = new Sessions();
    const seen: unknown[] = [];
    let logs: Logs | undefined;
    const app = await startWith(
      {
        handshakeMiddleware: sessions.middleware,
        afterDisconnect: (socket) => void seen.push(requestOf(socket).session),
      },
      (nest) => (logs = listenTo(nest)),
    );
    const client = await app.connect({ transports: ['polling'] });
    await sessions.end();

    client.socket.disconnect();
    await expect.poll(() => seen).toEqual([undefined]);
    await app.nest.close();
    expect(await sessions.read()).toBeUndefined();
    expect(logs?.naming('session').errors).toEqual([]);
  });

  it('leaves a session alone that it does not change', async () => {
    const sessions = new Sessions();
    let called = 0;
    const app = await startWith({
      handshakeMiddleware: sessions.middleware,
      afterDisconnect: async () => {
        called++;
        // Meanwhile somebody signs in.
        await sessions.change({ visits: 1 });
      },
    });
    (await app.connect({ transports: ['polling'] })).socket.disconnect();

    await expect.poll(() => called).toBe(1);
    await app.nest.close();
    expect((await sessions.read())?.visits).toBe(1);
  });

  it('may end the session', async () => {
    const sessions = new Sessions();
    const app = await startWith({
      handshakeMiddleware: sessions.middleware,
      afterDisconnect: (socket) => new Promise<void>((resolve) => requestOf(socket).session?.destroy(resolve)),
    });
    const client = await app.connect({ transports: ['polling'] });
    expect(await sessions.read()).toBeDefined();

    client.socket.disconnect();
    await expect.poll(() => sessions.read()).toBeUndefined();
  });

  it('is called when the session cannot be read, which is logged', async () => {
    const sessions = new Sessions();
    const seen: unknown[] = [];
    let logs: Logs | undefined;
    const app = await startWith(
      {
        handshakeMiddleware: sessions.middleware,
        afterDisconnect: (socket) => void seen.push(requestOf(socket).session),
      },
      (nest) => (logs = listenTo(nest)),
    );
    const client = await app.connect({ transports: ['polling'] });
    sessions.store.get = (_id, done) => done(new Error('the store is down'));

    client.socket.disconnect();
    await expect.poll(() => logs?.errors.join()).toContain('the store is down');
    expect(seen).toEqual([undefined]);
  });

  it('is waited for by a closing application', async () => {
    const done: string[] = [];
    const app = await startWith({
      afterDisconnect: async (_socket, reason) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        done.push(reason);
      },
    });
    await app.connect();
    await app.connect({ transports: ['polling'] });

    await app.nest.close();
    expect(done).toHaveLength(2);
  });

  it('does not keep an application from closing for ever', async () => {
    const clock = stopClock();
    let logs: Logs | undefined;
    const gate = new Gate();
    const app = await startWith({ afterDisconnect: () => gate.opened }, (nest) => {
      logs = listenTo(nest);
    });
    await app.connect();

    await clock.passUntil(app.nest.close());
    gate.open();
    expect(logs?.errors.join()).toContain('The application is closed without waiting any longer.');
  });
});
