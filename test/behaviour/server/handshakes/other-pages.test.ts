import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule, SocketsService, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { pollingUrl, request } from '../support/http.js';
import { PollingSession } from '../support/polling-session.js';

const STRANGER = 'https://stranger.example';
const FRIEND = 'https://friend.example';

/** What browsers say of a request that a page of another origin makes. */
const FROM_ELSEWHERE: Array<[what: string, headers: Record<string, string>]> = [
  ['another origin', { origin: STRANGER }],
  ['another origin, of a page on the same site', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
  ['an origin that is kept back', { origin: 'null' }],
  ['no origin, but another site', { 'sec-fetch-site': 'cross-site' }],
  ['no origin, but another origin of the site', { 'sec-fetch-site': 'same-site' }],
  ['no origin, but the page itself', { referer: `${STRANGER}/page?is=bad` }],
];

const events: string[] = [];

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('spoil')
  spoil(): void {
    events.push('spoil');
  }

  @SubscribeMessage('echo')
  echo(): string {
    return 'echo';
  }
}

@WebSocketGateway({ path: '/own' })
class OwnServerGateway extends EchoGateway {}

@WebSocketGateway({ cors: { origin: STRANGER } })
class FriendlyGateway {}

describe('A request of another page', () => {
  let logs: Logs | undefined;
  const startWith = (options: SocketsModuleOptions = {}) =>
    start({
      imports: [SocketsModule.forRoot(options)],
      providers: [EchoGateway, OwnServerGateway],
      main: (nest) => (logs = listenTo(nest)),
    });

  /** Connects by bare requests, and shows at the end that the connection is what it was. */
  async function expectRefused(url: string, headersOfPage: Record<string, string>, query = 'EIO=4', path?: string) {
    const session = await PollingSession.open(url, headersOfPage, query, path);
    const packet = (text: string): string => (query === 'EIO=4' ? text : `${text.length}:${text}`);
    if (query === 'EIO=4') expect((await session.post('40', headersOfPage)).text).toBe('ok');
    events.length = 0;

    for (const [what, headers] of FROM_ELSEWHERE) {
      for (const [how, attempt] of session.attempts) {
        // A preflight, to which the option "cors" answers, does nothing, and allows the page nothing.
        const answer = await attempt(headers);
        if (answer.status === 204 && how === 'a preflight') continue;
        expect([how, what, answer.status, answer.text]).toEqual([
          how,
          what,
          how === 'an upgrade' ? 400 : 403,
          expect.stringContaining('ORIGIN_NOT_ALLOWED') as string,
        ]);
      }
    }
    for (const attempt of [session.poll({}, '&j=0'), session.post('d=x', {}, '&j=0'), session.upgrade({}, '&j=0')]) {
      expect((await attempt).text).toContain('JSONP is not supported');
    }

    expect((await session.post(packet('421["echo"]'), headersOfPage)).text).toBe('ok');
    let heard = '';
    while (!heard.includes('431["echo"]')) {
      const { status, text } = await session.poll({ ...headersOfPage, 'sec-fetch-site': 'same-origin' });
      expect(status, text).toBe(200);
      heard += text;
    }
    expect(events).toEqual([]);
  }

  const rules: Array<[rule: string, options: SocketsModuleOptions]> = [
    ['the own origin only', {}],
    ['a list', { origins: [FRIEND] }],
    ['a function', { origins: (origin) => origin === FRIEND }],
    ['an async function', { origins: async (origin) => Promise.resolve(origin === FRIEND) }],
    ['server.cors', { server: { cors: { origin: FRIEND } } }],
    ['the own, with middleware', { handshakeMiddleware: (_request, _response, next) => next() }],
  ];

  it.each(rules)(
    'cannot use the connection of a visitor, whose session goes on; the rule is: %s',
    async (_, options) => {
      const app = await startWith(options);
      await expectRefused(app.url, { cookie: 'sid=ada' });
      await expectRefused(app.url, { cookie: 'sid=ada', origin: app.url });
      if (options.origins || options.server) await expectRefused(app.url, { origin: FRIEND });
    },
  );

  it('is refused on a server that a gateway has for itself, on a further HTTP server, and for clients of Sails', async () => {
    const app = await startWith();
    const further = createServer();
    app.get(SocketsService).attach(further);
    await new Promise<void>((resolve) => further.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void further.close());

    await expectRefused(app.url, {}, 'EIO=4', '/own');
    await expectRefused(`http://127.0.0.1:${(further.address() as AddressInfo).port}`, {});
    await expectRefused(app.url, {}, 'EIO=3');
  });

  it('begins no connection, and nobody is asked who it is', async () => {
    const asked: unknown[] = [];
    const note = ({ headers }: { headers: object }): void => void asked.push(headers);
    const app = await startWith({
      authenticate: (handshake) => note(handshake) ?? true,
      handshakeMiddleware: (handshake, _response, next) => next(note(handshake)),
      server: { allowRequest: (handshake, answer) => answer(null, note(handshake) ?? true) },
    });

    for (const [what, headers] of FROM_ELSEWHERE) {
      for (const query of ['EIO=4', 'EIO=3']) {
        const url = pollingUrl(app.url).replace('EIO=4', query);
        expect([what, (await request(url, { headers })).status]).toEqual([what, 403]);
      }
    }
    expect(asked).toEqual([]);
    expect(app.sockets.metrics().refused.origin).toBe(2 * FROM_ELSEWHERE.length);
  });

  it('is let in where all pages are, but never by JSONP', async () => {
    const app = await startWith({ origins: '*' });
    const session = await PollingSession.open(app.url, { 'sec-fetch-site': 'cross-site' });
    for (const [, headers] of FROM_ELSEWHERE) expect((await session.post('40', headers)).status).toBe(200);
    expect((await session.poll({}, '&j=0')).status).toBe(403);
  });

  it('is counted, once each, and named in the log', async () => {
    const app = await startWith();
    const session = await PollingSession.open(app.url);
    const headers = { 'sec-fetch-site': 'cross-site' };
    for (const [, attempt] of session.attempts) await attempt(headers);

    expect(app.sockets.metrics().refused.origin).toBe(session.attempts.length);
    expect(logs?.naming(`to "${new URL(app.url).host}"`).warnings).toEqual([
      expect.stringContaining('a page of another origin'),
    ]);
  });

  it('is not one of a person who types the address, nor of a page of the server itself', async () => {
    const app = await startWith({ origins: () => false });
    const own: Array<Record<string, string>> = [
      {},
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin' },
      { referer: `${app.url}/index.html` },
      { referer: 'android-app://com.example' },
      { referer: 'nonsense' },
    ];
    for (const headers of own) {
      const session = await PollingSession.open(app.url, headers);
      expect((await session.post('40', { ...headers, origin: app.url })).status).toBe(200);
      expect((await session.poll(headers)).status).toBe(200);
    }
  });

  it('leaves server.allowRequest to the handshakes, as before', async () => {
    let asked = 0;
    const app = await startWith({ server: { allowRequest: (_request, answer) => answer(null, ++asked > 0) } });
    const session = await PollingSession.open(app.url);
    await session.post('40');
    await session.poll();
    expect(asked).toBe(1);
  });

  it('that a gateway allows to no effect is told so, and cannot use what others have opened', async () => {
    const app = await start({ providers: [FriendlyGateway] });
    const refused = await PollingSession.open(app.url, { origin: STRANGER });
    expect((await refused.post('40', { origin: STRANGER })).status).toBe(200);
    expect((await refused.poll({ origin: STRANGER })).text).toContain('ORIGIN_NOT_ALLOWED');

    const ofVisitor = await PollingSession.open(app.url);
    for (const [, attempt] of ofVisitor.attempts.filter(([how]) => how !== 'a preflight')) {
      expect((await attempt({ origin: STRANGER })).text).toContain('ORIGIN_NOT_ALLOWED');
    }
    expect((await ofVisitor.post('40')).status).toBe(200);
  });
});

describe('Asking about every request', () => {
  /** A stream that ends before it has begun. */
  const webTransportSession = () => {
    const asked: string[] = [];
    const read = async () => (asked.push('read'), { done: true, value: undefined });
    const session = { close: () => asked.push('close'), incomingBidirectionalStreams: { getReader: () => ({ read }) } };
    return { asked, session };
  };

  it('lets WebTransport in, which Engine.IO refuses as soon as it has a middleware', async () => {
    const app: TestApplication = await start({
      imports: [SocketsModule.forRoot({ server: { transports: ['polling', 'websocket', 'webtransport'] } })],
    });
    const { asked, session } = webTransportSession();
    await app.sockets.server.engine.onWebTransportSession(session);
    expect(asked).toEqual(['read']);
  });

  it('goes on in an engine that the server is bound to later, and by middleware in one that is not of Engine.IO', async () => {
    const app = await start();
    const { server } = app.sockets;
    const { engine } = server;
    type Middleware = (request: object, response: object, next: (error?: Error) => void) => void;
    const used: Middleware[] = [];
    const foreign = Object.assign(new EventEmitter(), { use: (one: Middleware) => used.push(one), clients: {} });
    server.bind(foreign);
    server.bind(engine);
    onTestFinished(() => void engine.removeAllListeners('connection'));

    const verdict = (headers: object, sid?: string): Promise<Error | undefined> =>
      new Promise((resolve) => used.at(-1)?.({ headers, _query: { sid } }, {}, resolve));
    expect(used).not.toEqual([]);
    expect(await verdict({}, 'x')).toBeUndefined();
    expect(await verdict({ origin: STRANGER })).toBeUndefined();
    expect(await verdict({ origin: STRANGER }, 'x')).toMatchObject({ message: 'ORIGIN_NOT_ALLOWED' });
  });
});
