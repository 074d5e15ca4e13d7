import type { INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type AllowedOrigins, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { handshake, pollingUrl, request } from '../support/http.js';
import { listenTo, type Logs } from '../../../support/logs.js';

const FRIEND = 'https://friend.example';
const STRANGER = 'https://stranger.example';

function fail(): never {
  throw new Error('out of order');
}

/**
 * Whether a page of that origin gets in: by a websocket, by polling with a real client, and by a bare request. All
 * three must agree.
 */
async function letsIn(app: TestApplication, origin: string | undefined): Promise<boolean> {
  const extraHeaders = origin === undefined ? undefined : { origin };
  const connects = async (transports: string[]): Promise<boolean> => {
    const client = await app.connect({ transports, extraHeaders }).catch(() => undefined);
    client?.socket.disconnect();
    return client !== undefined;
  };
  const { status, text } = await handshake(app.url, origin);
  if (status !== 200)
    expect({ status, text }).toEqual({ status: 403, text: expect.stringContaining('"code":4') as string });

  const verdicts = [await connects(['websocket']), await connects(['polling']), status === 200];
  expect(new Set(verdicts).size, `websocket, polling and request: ${verdicts.join(', ')}`).toBe(1);
  return verdicts[0];
}

describe('origins', () => {
  const startWith = (options: SocketsModuleOptions = {}, main?: (app: INestApplication) => void) =>
    start({ imports: [SocketsModule.forRoot(options)], main });

  it('lets in the own origin only, by default, with both transports', async () => {
    const app = await startWith();

    expect(await letsIn(app, app.url)).toBe(true);
    expect(await letsIn(app, STRANGER)).toBe(false);
    expect(await letsIn(app, app.url.replace('127.0.0.1', 'localhost'))).toBe(false);
    expect(await letsIn(app, `${app.url}0`)).toBe(false);
    expect(await letsIn(app, `${app.url}.stranger.example`)).toBe(false);
    expect(await letsIn(app, 'null')).toBe(false);
    expect(await letsIn(app, 'file://')).toBe(false);
    expect(await letsIn(app, 'no origin')).toBe(false);
  });

  it('knows its own origin behind a proxy that ends TLS, with the default port written or not', async () => {
    const app = await startWith();
    const from = async (origin: string, host: string): Promise<number> =>
      (await request(pollingUrl(app.url), { headers: { origin, host } })).status;

    expect(await from('https://app.example', 'app.example')).toBe(200);
    expect(await from('https://app.example', 'APP.example:443')).toBe(200);
    expect(await from('http://app.example', 'app.example:80')).toBe(200);
    expect(await from('https://app.example', 'app.example:8443')).toBe(403);
    expect(await from('https://app.example', 'sub.app.example')).toBe(403);
    expect(await from('null', '')).toBe(403);
    expect(await from('https://app.example', 'a b')).toBe(403);
  });

  it('lets in who sends no origin, which every browser does', async () => {
    expect(await letsIn(await startWith(), undefined)).toBe(true);
    expect(await letsIn(await startWith({ origins: [] }), undefined)).toBe(true);
    expect(await letsIn(await startWith({ origins: () => false }), undefined)).toBe(true);
  });

  const widenings: Array<[how: string, AllowedOrigins]> = [
    ['a list', [FRIEND]],
    ['a regular expression', [/^https:\/\/friend\.example$/]],
    ['a regular expression with a memory', [/^https:\/\/friend/g]],
    ['a function', (origin) => origin === FRIEND],
    ['an async function', async (origin) => Promise.resolve(origin === FRIEND)],
    ['a function of the request', (_origin, { headers }) => headers.origin === FRIEND],
  ];

  it.each(widenings)('widens it by %s, and keeps the own', async (_how, origins) => {
    const app = await startWith({ origins });

    expect(await letsIn(app, FRIEND)).toBe(true);
    expect(await letsIn(app, FRIEND)).toBe(true);
    expect(await letsIn(app, app.url)).toBe(true);
    expect(await letsIn(app, STRANGER)).toBe(false);
    expect(await letsIn(app, 'http://friend.example')).toBe(false);
  });

  it('lets everybody in with "*"', async () => {
    const app = await startWith({ origins: '*' });

    expect(await letsIn(app, STRANGER)).toBe(true);
    expect(await letsIn(app, 'null')).toBe(true);
  });

  it('lets pages without an origin in only when they are named', async () => {
    const app = await startWith({ origins: ['null', 'capacitor://localhost'] });

    expect(await letsIn(app, 'null')).toBe(true);
    expect(await letsIn(app, 'capacitor://localhost')).toBe(true);
    expect(await letsIn(app, 'file://')).toBe(false);
  });

  const refusals: Array<[how: string, AllowedOrigins]> = [
    ['throws', fail],
    ['rejects', () => Promise.reject(new Error('out of order'))],
  ];

  it.each(refusals)('lets nobody in whom a function cannot judge: it %s', async (_how, origins) => {
    let logs: Logs | undefined;
    const app = await startWith({ origins }, (nest) => (logs = listenTo(nest)));

    expect(await letsIn(app, FRIEND)).toBe(false);
    expect(await letsIn(app, app.url)).toBe(true);
    expect(logs?.errors.join()).toMatch(/The function that decides on origins threw/);
  });

  it('takes no other answer of a function for yes than true', async () => {
    const app = await startWith({ origins: (() => 'yes') as unknown as () => boolean });

    expect(await letsIn(app, FRIEND)).toBe(false);
  });

  const corsOrigins: Array<[how: string, NonNullable<SocketsModuleOptions['server']>['cors']]> = [
    ['a string', { origin: FRIEND }],
    ['a list', { origin: [FRIEND, 'https://other.example'] }],
    ['a regular expression', { origin: /^https:\/\/friend\./ }],
    ['a function', { origin: (origin, allow) => allow(null, origin === FRIEND) }],
    ['a function that names it', { origin: (_origin, allow) => allow(null, FRIEND) }],
    ['a function that gives a list', { origin: (_origin, allow) => allow(null, [/friend\.example$/]) }],
  ];

  it.each(corsOrigins)('follows server.cors.origin: %s', async (_how, cors) => {
    const app = await startWith({ server: { cors } });

    expect(await letsIn(app, FRIEND)).toBe(true);
    expect(await letsIn(app, STRANGER)).toBe(false);
    expect((await handshake(app.url, FRIEND)).headers['access-control-allow-origin']).toBe(FRIEND);
  });

  it('follows server.cors.origin "*" and true, but not other options of CORS that name nobody', async () => {
    expect(await letsIn(await startWith({ server: { cors: { origin: '*' } } }), STRANGER)).toBe(true);
    expect(await letsIn(await startWith({ server: { cors: { origin: true } } }), STRANGER)).toBe(true);
    expect(await letsIn(await startWith({ server: { cors: { origin: false } } }), STRANGER)).toBe(false);
    const app = await startWith({ server: { cors: { credentials: true } } });
    expect(await letsIn(app, STRANGER)).toBe(false);
    expect((await handshake(app.url, STRANGER)).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('lets nobody in whom server.cors.origin cannot judge', async () => {
    const cors = { origin: (_origin: unknown, allow: (error: Error) => void) => allow(new Error('out of order')) };

    expect(await letsIn(await startWith({ server: { cors } }), FRIEND)).toBe(false);
  });

  it('goes by origins when both are given, and keeps the rest of server.cors', async () => {
    const app = await startWith({
      origins: [FRIEND],
      server: { cors: { origin: STRANGER, credentials: false, exposedHeaders: ['X-Kept'] } },
    });

    expect(await letsIn(app, FRIEND)).toBe(true);
    expect(await letsIn(app, STRANGER)).toBe(false);
    const { headers } = await handshake(app.url, FRIEND);
    expect(headers).toMatchObject({ 'access-control-allow-origin': FRIEND, 'access-control-expose-headers': 'X-Kept' });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('gives polling across origins the CORS headers that it needs, preflight included', async () => {
    const app = await startWith({ origins: [FRIEND] });
    const preflight = (origin: string) =>
      request(pollingUrl(app.url), {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-custom',
        },
      });

    expect((await handshake(app.url, FRIEND)).headers).toMatchObject({
      'access-control-allow-origin': FRIEND,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    const allowed = await preflight(FRIEND);
    expect(allowed.status).toBe(204);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': FRIEND,
      'access-control-allow-methods': expect.stringContaining('POST') as string,
      'access-control-allow-headers': 'x-custom',
    });
    expect((await handshake(app.url, STRANGER)).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await preflight(STRANGER)).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('sends no credentials along with "*", and no CORS header at all by default', async () => {
    const everybody = await handshake((await startWith({ origins: '*' })).url, STRANGER);
    expect(everybody.headers['access-control-allow-origin']).toBe(STRANGER);
    expect(everybody.headers).not.toHaveProperty('access-control-allow-credentials');

    const app = await startWith();
    expect((await handshake(app.url, app.url)).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('still asks server.allowRequest, which may refuse but not widen', async () => {
    const asked: Array<string | undefined> = [];
    const app = await startWith({
      origins: [FRIEND],
      server: {
        allowRequest: ({ headers }, answer) => {
          asked.push(headers.origin);
          answer('NOT_TODAY', headers['x-ticket'] === 'valid');
        },
      },
    });

    expect((await handshake(app.url, FRIEND)).text).toContain('NOT_TODAY');
    const withTicket = { 'x-ticket': 'valid' };
    await app.connect({ extraHeaders: { origin: FRIEND, ...withTicket } });
    await expect(app.connect({ extraHeaders: { origin: STRANGER, ...withTicket } })).rejects.toThrow();
    expect(asked).toEqual([FRIEND, FRIEND]);
  });

  const failures: Array<[how: string, allowRequest: () => unknown]> = [
    ['throws', fail],
    // As a function that is async by mistake does.
    ['rejects', () => Promise.reject(new Error('out of order'))],
  ];

  it.each(failures)('lets nobody in when server.allowRequest %s, and goes on', async (_how, allowRequest) => {
    let logs: Logs | undefined;
    const app = await startWith({ server: { allowRequest } }, (nest) => (logs = listenTo(nest)));

    expect(await letsIn(app, undefined)).toBe(false);
    expect(logs?.errors.join()).toMatch(/The option "server\.allowRequest" threw/);
  });

  it('takes the first answer of server.allowRequest for its last', async () => {
    const allowRequest = (_request: unknown, answer: (error: null, success: boolean) => void): void => {
      answer(null, true);
      answer(null, false);
      throw new Error('too late');
    };

    expect(await letsIn(await startWith({ server: { allowRequest } }), undefined)).toBe(true);
  });

  it('outlives a client that breaks its connection off while it is being judged', async () => {
    let judging: (() => void) | undefined;
    let judge: ((verdict: boolean) => void) | undefined;
    const asked = new Promise<void>((resolve) => (judging = resolve));
    const app = await startWith({
      origins: (origin) => {
        if (origin === FRIEND) return true;
        judging?.();
        return new Promise((resolve) => (judge = resolve));
      },
    });
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const socket = connectTcp(port, '127.0.0.1');
    await once(socket, 'connect');
    const brokenOff = new Promise((resolve) =>
      app.nest.getHttpServer().once('upgrade', (_request: unknown, connection: NodeJS.EventEmitter) => {
        connection.once('close', resolve);
      }),
    );

    socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: app.example\r\nOrigin: ${STRANGER}\r\n` +
        `Connection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await asked;
    socket.resetAndDestroy();
    await brokenOff;
    judge?.(true);

    expect(await letsIn(app, FRIEND)).toBe(true);
  });

  it('says in the log, once each, which origins it refused and how to let them in', async () => {
    let logs: Logs | undefined;
    const app = await startWith({}, (nest) => (logs = listenTo(nest)));
    for (const origin of [STRANGER, STRANGER, FRIEND]) await handshake(app.url, origin);

    const refused = (): string[] => logs?.naming(`to "${new URL(app.url).host}"`).warnings ?? [];
    expect(refused()).toHaveLength(2);
    expect(refused()[0]).toContain(`Refused a connection of the origin "${STRANGER}"`);
    expect(refused()[0]).toContain('add it to the option "origins" of SocketsModule');

    for (let i = 0; i < 50; i++) await handshake(app.url, `https://${i}.example`);
    expect(refused()).toHaveLength(20);
  });
});
