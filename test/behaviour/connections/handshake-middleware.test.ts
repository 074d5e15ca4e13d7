import type { INestApplication } from '@nestjs/common';
import session, { MemoryStore } from 'express-session';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type HandshakeMiddleware, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { handshake, pollingUrl, request } from '../server/support/http.js';
import { listenTo, type Logs } from '../../support/logs.js';
import { refusal, refusalOf, rejectWith, TRANSPORTS } from './support/refused.js';

interface Noted extends IncomingMessage {
  notes?: string[];
}

const noting =
  (note: string): HandshakeMiddleware =>
  (handshakeRequest: Noted, _response, next) => {
    handshakeRequest.notes = [...(handshakeRequest.notes ?? []), note];
    next();
  };

const notesOf = ({ request: handshakeRequest }: Socket): unknown => (handshakeRequest as Noted).notes;

describe('handshakeMiddleware', () => {
  const startWith = (options: SocketsModuleOptions, main?: (app: INestApplication) => void) =>
    start({ imports: [SocketsModule.forRoot(options)], main });

  it.each(TRANSPORTS)('sees the request by which each connection begins, and no other, by %s', async (transports) => {
    let requests = 0;
    const count: HandshakeMiddleware = (_request, _response, next) => {
      requests++;
      next();
    };
    const app = await startWith({ handshakeMiddleware: count });
    const client = await app.connect({ transports });
    client.socket.emit('one');
    app.sockets.server.emit('hello');
    await client.next('hello');
    expect(requests).toBe(1);

    await app.connect({ transports });
    expect(requests).toBe(2);
  });

  it('is there before authenticate, in the order of the list', async () => {
    let notes: unknown;
    const app = await startWith({
      handshakeMiddleware: [noting('a'), noting('b')],
      authenticate: (_handshake, socket) => {
        notes = notesOf(socket);
        return true;
      },
    });

    await app.connect();
    expect(notes).toEqual(['a', 'b']);
  });

  it('gives sessions of express-session to authenticate', async () => {
    const store = new MemoryStore();
    const sessions = session({ secret: 'x', store, resave: false, saveUninitialized: true });
    const app = await startWith({
      handshakeMiddleware: sessions,
      authenticate: (_handshake, socket) => {
        const { session: mine } = socket.request as { session?: { user?: string } };
        return mine?.user ?? false;
      },
    });
    const opened = await handshake(app.url);
    const cookie = String(opened.headers['set-cookie']?.[0]).split(';')[0];
    expect(cookie).toMatch(/^connect\.sid=/);
    expect(await refusalOf(app.connect({ extraHeaders: { cookie } }))).toEqual(
      refusal(401, 'UNAUTHORIZED', 'Unauthorized'),
    );

    const [[id, stored]] = Object.entries(store as unknown as { sessions: Record<string, string> }).flatMap(
      ([key, value]) => (key === 'sessions' ? Object.entries(value) : []),
    );
    await new Promise((resolve) => store.set(id, { ...JSON.parse(stored), user: 'ada' } as never, resolve));
    const client = await app.connect({ extraHeaders: { cookie } });
    expect(app.sockets.server.sockets.sockets.get(client.id)?.data).toEqual({ user: 'ada' });
  });

  const failures: Array<[how: string, middleware: HandshakeMiddleware]> = [
    ['hands an error to next', (_request, _response, next) => next(new Error('out of order'))],
    ['hands a string to next', (_request, _response, next) => next('route')],
    [
      'throws',
      () => {
        throw new Error('out of order');
      },
    ],
    ['rejects', () => Promise.reject(new Error('out of order'))],
    ['rejects with nothing', () => rejectWith(null)],
  ];

  it.each(failures)('refuses the connection when it %s, and goes on', async (_how, fail) => {
    let logs: Logs | undefined;
    let broken = true;
    const app = await startWith(
      {
        handshakeMiddleware: [(...given) => (broken ? fail(...given) : given[2]()), noting('reached')],
      },
      (nest) => (logs = listenTo(nest)),
    );

    const { status, text } = await handshake(app.url);
    expect({ status, text }).toEqual({ status: 400, text: '{"code":3,"message":"Bad request"}' });
    for (const [transports] of TRANSPORTS) {
      expect((await refusalOf(app.connect({ transports }))).message).not.toBe('The client was let in.');
    }
    const words = 'The option "handshakeMiddleware" failed; the connection is refused.';
    // Repetitions are counted.
    expect(logs?.naming(words).errors).toHaveLength(1);

    broken = false;
    await app.connect();
  });

  it('takes its first answer for its last', async () => {
    let logs: Logs | undefined;
    const handshakeMiddleware: HandshakeMiddleware = (_request, _response, next) => {
      next();
      next(new Error('too late'));
      throw new Error('too late');
    };
    const app = await startWith({ handshakeMiddleware }, (nest) => (logs = listenTo(nest)));

    await app.connect();
    await app.connect({ transports: ['polling'] });
    expect(logs?.naming('"handshakeMiddleware"').errors).toEqual([]);
  });

  it('cannot be gone round by naming a session that there is not', async () => {
    const app = await startWith({ handshakeMiddleware: (_request, _response, next) => next(new Error('closed')) });

    for (const sid of ['', 'unknown', '&sid=']) {
      const { status } = await request(`${pollingUrl(app.url)}&sid=${sid}`);
      expect(status, sid).toBe(400);
    }
    expect(app.sockets.server.engine.clientsCount).toBe(0);
  });
});
