import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { INestApplication } from '@nestjs/common';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { connect as connectOurs } from '../../../../src/front-ends/client/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { refusalOf } from '../../connections/support/refused.js';
import { handshake, pollingUrl, request } from '../support/http.js';

const FRIEND = 'https://friend.example';
const STRANGER = 'https://stranger.example';

/** What a page is told whose origin a gateway allows, but the server does not. */
const REFUSED = {
  message: expect.stringContaining('The option "origins" of SocketsModule') as string,
  data: {
    statusCode: 403,
    code: 'ORIGIN_NOT_ALLOWED',
    message: expect.stringContaining('"cors" of a gateway has no effect') as string,
  },
};

type Cors =
  NonNullable<Parameters<typeof WebSocketGateway>[0]> extends infer Options
    ? Options extends { cors?: infer Given }
      ? Given
      : unknown
    : never;

/** A gateway as it was before the module came: whoever speaks to it would hear an echo. */
function gatewayWith(options: { cors?: unknown; namespace?: string | RegExp; path?: string }) {
  @WebSocketGateway(options as { cors?: Cors })
  class EchoGateway {
    @SubscribeMessage('echo')
    echo(): string {
      return 'echo';
    }
  }
  return EchoGateway;
}

describe('A gateway that says by "cors" who may connect', () => {
  let logs: Logs | undefined;
  const startWith = (gateway: ReturnType<typeof gatewayWith>, options: SocketsModuleOptions = {}) =>
    start({
      imports: [SocketsModule.forRoot(options)],
      providers: [gateway],
      main: (nest: INestApplication) => (logs = listenTo(nest)),
    });
  const warnings = (): string[] => logs?.naming('EchoGateway').warnings ?? [];
  const from = (app: TestApplication, origin: string, transports: string[], namespace = '') =>
    refusalOf(app.connect({ transports, namespace, extraHeaders: { origin } }));

  const kinds: Array<[how: string, cors: unknown]> = [
    ['"*"', { origin: '*' }],
    ['true, as its origin', { origin: true }],
    ['true', true],
    ['a string', { origin: FRIEND }],
    ['a list', { origin: ['https://other.example', FRIEND] }],
    ['a regular expression', { origin: /friend\.example$/ }],
    [
      'a function',
      { origin: (origin: string, allow: (error: null, is: boolean) => void) => allow(null, origin === FRIEND) },
    ],
    [
      'a function of the request',
      (_request: unknown, answer: (error: null, options: object) => void) => answer(null, { origin: FRIEND }),
    ],
  ];

  it.each(kinds)('does not widen the rule by %s, and its pages are told which option does', async (_how, cors) => {
    const app = await startWith(gatewayWith({ cors }));

    for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
      expect(await from(app, FRIEND, transports), transports.join()).toEqual(REFUSED);
      const own = await app.connect({ transports, extraHeaders: { origin: app.url } });
      expect(await own.socket.emitWithAck('echo')).toBe('echo');
    }
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('the option "origins" says which other origins may connect; so far none may');
  });

  it.each(['staff', /^\/boards\/\d+$/])('says so in every namespace: %s', async (namespace) => {
    const app = await startWith(gatewayWith({ cors: { origin: FRIEND }, namespace }));

    for (const name of ['', '/staff', '/boards/7']) {
      if (name === '/staff' && namespace !== 'staff') continue;
      if (name === '/boards/7' && namespace === 'staff') continue;
      expect(await from(app, FRIEND, ['websocket'], name), name).toEqual(REFUSED);
    }
  });

  it('tells them nothing else: no request is answered, no user is asked for, nobody is connected', async () => {
    const asked: unknown[] = [];
    const app = await startWith(gatewayWith({ cors: { origin: '*', credentials: true } }), {
      authenticate: ({ headers }) => {
        asked.push(headers.origin);
        return { id: 1 };
      },
    });
    const seen: string[] = [];
    app.sockets.server.on('connection', (socket) => seen.push(socket.id));

    expect(await from(app, STRANGER, ['websocket'])).toEqual(REFUSED);
    const socket = io(app.url, { transports: ['websocket'], forceNew: true, extraHeaders: { origin: STRANGER } });
    onTestFinished(() => void socket.disconnect());
    const refused = new Promise((resolve) => socket.once('connect_error', resolve));
    // The client itself would wait for the connection.
    socket.io.once('open', () => void socket.io.engine.send('20["get",{"url":"/"}]'));
    await refused;

    const own = await app.connect();
    expect(asked).toEqual([undefined]);
    expect(seen).toEqual([own.id]);
  });

  it('leaves the refusal of all others as it is', async () => {
    const app = await startWith(gatewayWith({ cors: { origin: FRIEND } }));

    expect(await handshake(app.url, STRANGER)).toMatchObject({ status: 403 });
    expect((await handshake(app.url, STRANGER)).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await handshake(app.url, app.url)).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('lets a browser show the refusal to pages that poll, with their cookies only where the gateway does', async () => {
    for (const credentials of [true, false, undefined]) {
      const app = await startWith(gatewayWith({ cors: { origin: FRIEND, credentials } }));
      const { status, headers } = await handshake(app.url, FRIEND);
      expect([status, headers['access-control-allow-origin']]).toEqual([200, FRIEND]);
      expect(headers['access-control-allow-credentials']).toBe(credentials ? 'true' : undefined);
      const preflight = await request(pollingUrl(app.url), {
        method: 'OPTIONS',
        headers: { origin: FRIEND, 'access-control-request-method': 'POST' },
      });
      expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': FRIEND } });
    }
  });

  it('closes a client of this package for good, which says why', async () => {
    const app = await startWith(gatewayWith({ cors: { origin: '*' } }));
    for (const transports of [['websocket'], ['polling']]) {
      const sockets = connectOurs(app.url, { transports, forceNew: true, extraHeaders: { origin: FRIEND } });
      onTestFinished(() => sockets.close());
      await expect(sockets.get('/')).rejects.toMatchObject({ statusCode: 403, code: 'ORIGIN_NOT_ALLOWED' });
      expect(sockets.state).toMatchObject({ status: 'closed', reason: { code: 'ORIGIN_NOT_ALLOWED' } });
    }
  });

  it('asks server.allowRequest about them, too, which may refuse before', async () => {
    const app = await startWith(gatewayWith({ cors: { origin: '*' } }), {
      server: { allowRequest: (_request, answer) => answer('NOT_TODAY', false) },
    });
    expect(await handshake(app.url, FRIEND)).toMatchObject({ status: 403, text: expect.stringContaining('NOT_TODAY') });
  });

  it('refuses those whom its function cannot judge', async () => {
    const fail = (): never => {
      throw new Error('out of order');
    };
    const app = await startWith(gatewayWith({ cors: { origin: fail } }));
    expect((await handshake(app.url, FRIEND)).status).toBe(403);
    await app.connect();
  });

  const configured: Array<[SocketsModuleOptions, warning: string, isIn: boolean]> = [
    [{}, "so far none may, and their pages are refused. Name them: SocketsModule.forRoot({ origins: ['https://", false],
    [{ origins: [STRANGER] }, 'pages of any other than those are refused.', false],
    [{ origins: [FRIEND] }, 'pages of any other than those are refused.', true],
    [{ origins: '*' }, 'at present all may.', true],
    [{ server: { cors: { origin: '*' } } }, 'at present all may.', true],
    [{ server: { cors: { origin: FRIEND } } }, 'pages of any other than those are refused.', true],
  ];

  it.each(configured)('is told at boot what counts instead, with %o', async (options, warning, isIn) => {
    const app = await startWith(gatewayWith({ cors: { origin: [FRIEND] } }), options);

    expect(warnings()).toEqual([expect.stringContaining(warning)]);
    const outcome = await from(app, FRIEND, ['websocket']);
    expect(outcome.message).toEqual(isIn ? 'The client was let in.' : REFUSED.message);
  });

  it('keeps its word on a server of its own', async () => {
    const app = await startWith(gatewayWith({ cors: { origin: FRIEND }, path: '/own' }));

    const client = await app.connect({ path: '/own', extraHeaders: { origin: FRIEND } });
    expect(await client.socket.emitWithAck('echo')).toBe('echo');
    expect(warnings()).toEqual([]);
    expect((await handshake(app.url, FRIEND)).status).toBe(403);
  });
});

describe('The option "origins"', () => {
  const warningsWith = async (options: SocketsModuleOptions): Promise<string[]> => {
    let logs: Logs | undefined;
    await start({ imports: [SocketsModule.forRoot(options)], main: (nest) => (logs = listenTo(nest)) });
    return logs?.naming('server.cors.origin').warnings ?? [];
  };

  it.each<SocketsModuleOptions['origins']>(['*', [FRIEND], () => true])(
    'beside server.cors.origin is the one that counts, which a warning says: %o',
    async (origins) => {
      expect(await warningsWith({ origins, server: { cors: { origin: STRANGER } } })).toEqual([
        expect.stringContaining('has no effect beside the option "origins"'),
      ]);
      expect(await warningsWith({ origins, server: { cors: { exposedHeaders: 'X-Kept' } } })).toEqual([]);
      expect(await warningsWith({ origins })).toEqual([]);
    },
  );
});
