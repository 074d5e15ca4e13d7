import {
  Controller,
  Get,
  Header,
  Injectable,
  Ip,
  Req,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type ApplicationOptions } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { platformBehind } from '../../../support/platform-differences.js';
import { ask } from '../support/ask.js';

interface AnyRequest {
  headers: IncomingHttpHeaders;
  hostname: string;
  protocol: string;
}

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<AnyRequest>().headers.authorization === 'Bearer right';
  }
}

@Controller('seen')
class SeenController {
  @Get()
  headers(@Req() { headers }: AnyRequest) {
    return headers;
  }

  @Get('raw')
  raw(@Req() request: { rawHeaders?: string[]; raw?: { rawHeaders: string[] } }) {
    return request.raw?.rawHeaders ?? request.rawHeaders;
  }

  @Get('caller')
  caller(@Ip() ip: string, @Req() { hostname, protocol }: AnyRequest) {
    return { ip, hostname, protocol };
  }

  @Get('guarded')
  @UseGuards(TokenGuard)
  guarded() {
    return 'welcome';
  }

  @Get('cached')
  @Header('x-cached', 'yes')
  cached() {
    return { cached: true };
  }
}

const application: ApplicationOptions = {
  controllers: [SeenController],
  imports: [SocketsModule.forRoot({ origins: '*' })],
};

async function seen(client: TestClient, headers?: unknown): Promise<Record<string, string>> {
  const { statusCode, body } = await ask(client, 'get', { url: '/seen', headers });
  expect(statusCode).toBe(200);
  return body as Record<string, string>;
}

/** Headers of the handshake that no packet can change. */
const OF_HANDSHAKE = {
  cookie: 'id=handshake',
  authorization: 'Bearer handshake',
  origin: 'http://handshake.example',
  host: 'handshake.example:3000',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'handshake.example',
  'x-real-ip': '192.0.2.1',
  forwarded: 'for=192.0.2.1',
  via: '1.1 handshake',
  'sec-fetch-site': 'same-origin',
  'cf-connecting-ip': '192.0.2.1',
  'cf-connecting-ipv6': '2001:db8::1',
  'cf-ipcountry': 'NL',
  'do-connecting-ip': '192.0.2.1',
  'x-nf-client-connection-ip': '192.0.2.1',
  'x-vercel-forwarded-for': '192.0.2.1',
  'x-arr-clientcert': 'handshake',
  'x-apigateway-api-userinfo': 'handshake',
  'true-client-ip': '192.0.2.1',
};

const locked = Object.keys(OF_HANDSHAKE);

describe('Sails row 50: the headers of a request', () => {
  it('are those of the handshake that say who is asking, and those that the packet adds', async () => {
    const app = await start(application);
    const client = await app.connect({ extraHeaders: { 'user-agent': 'tester', 'x-client': 'one' } });
    expect(await seen(client, { 'X-Mine': 'yes', 'Mutation-Id': 'm1' })).toMatchObject({
      'user-agent': 'tester',
      'x-client': 'one',
      'x-mine': 'yes',
      'mutation-id': 'm1',
    });
    expect(await seen(client)).not.toHaveProperty('x-mine');
  });

  it('are the packet’s where both say one', async () => {
    const app = await start(application);
    const client = await app.connect({ extraHeaders: { 'accept-language': 'en', 'x-client': 'one' } });
    expect(await seen(client, { 'Accept-Language': 'de', 'X-CLIENT': 'two' })).toMatchObject({
      'accept-language': 'de',
      'x-client': 'two',
    });
    expect(await seen(client)).toMatchObject({ 'accept-language': 'en', 'x-client': 'one' });
  });

  it('lose what the packet takes away', async () => {
    const app = await start(application);
    const client = await app.connect({ extraHeaders: { 'accept-language': 'en', 'x-client': 'one' } });
    const headers = await seen(client, { 'X-Client': null });
    expect(headers).not.toHaveProperty('x-client');
    expect(headers['accept-language']).toBe('en');
    expect(await seen(client)).toHaveProperty('x-client', 'one');
  });

  it('are written as text, whatever plain value the packet gives', async () => {
    const app = await start(application);
    const client = await app.connect();
    expect(await seen(client, { 'x-number': 1.5, 'x-true': true, 'x-zero': 0, 'x-empty': '' })).toMatchObject({
      'x-number': '1.5',
      'x-true': 'true',
      'x-zero': '0',
      'x-empty': '',
    });
  });

  it('hold nothing of the handshake itself', async () => {
    const app = await start(application);
    const client = await app.connect();
    const names = Object.keys(await seen(client));
    expect(names.filter((name) => /^(?:connection|upgrade|sec-websocket)/.test(name))).toEqual([]);
    expect(names).toContain('host');
  });

  it.each(locked)('row 28: take "%s" from the handshake, whatever the packet says', async (name) => {
    const app = await start(application);
    const client = await app.connect({ extraHeaders: OF_HANDSHAKE });
    const before = await seen(client);
    expect(before[name]).toBe(OF_HANDSHAKE[name as keyof typeof OF_HANDSHAKE]);
    for (const value of ['evil', null, '']) {
      expect(await seen(client, { [name]: value }), String(value)).toEqual(before);
      expect(await seen(client, { [name.toUpperCase()]: value }), String(value)).toEqual(before);
    }
  });

  it.each([
    ...locked.filter((name) => name !== 'host' && name !== 'authorization'),
    'cookie2',
    'x-client-ip',
    'x-cluster-client-ip',
    'fastly-client-ip',
    'fly-client-ip',
    'x-forwarded-port',
    'proxy-authorization',
    'proxy-connection',
    'connection',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'expect',
    'content-length',
    'content-encoding',
    'accept-encoding',
    'x-socket-id',
    '__proto__',
  ])('row 28: know no "%s" of a packet', async (name) => {
    const app = await start(application);
    const client = await app.connect();
    const before = await seen(client);
    const headers: unknown = JSON.parse(`{"${name}":"evil","x-mine":"yes"}`);
    expect(await seen(client, headers)).toEqual({ ...before, 'x-mine': 'yes' });
  });

  it('are the same, written in turn', async () => {
    const app = await start(application);
    const client = await app.connect({ extraHeaders: { cookie: 'id=1' } });
    const headers = { 'X-Mine': 'yes', cookie: 'id=2' };
    const { body } = await ask(client, 'get', { url: '/seen/raw', headers });
    const raw = body as string[];
    const pairs = Object.fromEntries(raw.flatMap((name, index) => (index % 2 ? [] : [[name, raw[index + 1]]])));
    expect(pairs).toEqual(await seen(client, headers));
  });
});

describe('Sails row 50: a token in the handshake', () => {
  it.each([
    ['as auth.token', { auth: { token: 'right' } }, 200],
    ['as auth.token, with the scheme', { auth: { token: 'Bearer right' } }, 200],
    ['as a header', { extraHeaders: { authorization: 'Bearer right' } }, 200],
    ['another one', { auth: { token: 'wrong' } }, 403],
    ['no text', { auth: { token: { toString: 'right' } } }, 403],
    ['a text that no header can hold', { auth: { token: 'right\r\nx-evil: 1' } }, 403],
    ['none', {}, 403],
  ])('is read by guards where they read it over HTTP: %s', async (_, options, status) => {
    const app = await start(application);
    const client = await app.connect(options);
    expect((await ask(client, 'get', { url: '/seen/guarded' })).statusCode).toBe(status);
    expect(await seen(client)).not.toHaveProperty('x-evil');
  });
});

/** Applications that trust a proxy, and one that does not. */
const trusting: Array<[name: string, trust: boolean | string]> = [
  ['does not trust proxies', false],
  ['trusts every proxy', true],
  ['trusts the proxies of this machine', 'loopback'],
];

describe('Sails row 50: the caller’s address', () => {
  it.each(trusting)('is the one over HTTP, where the application %s', async (_, trust) => {
    const app = await start({ ...application, platform: platformBehind(trust) });
    for (const forwarded of [
      {},
      { 'x-forwarded-for': '192.0.2.7' },
      { 'x-forwarded-for': '192.0.2.7, 198.51.100.3' },
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.example' },
    ]) {
      const client = await app.connect({ extraHeaders: forwarded as Record<string, string> });
      const overHttp = await app.request('GET', '/seen/caller', undefined, forwarded as Record<string, string>);
      const overSocket = await ask(client, 'get', {
        url: '/seen/caller',
        headers: { 'x-forwarded-for': '203.0.113.66', 'x-forwarded-host': 'evil.example' },
      });
      expect(overSocket.body, JSON.stringify(forwarded)).toEqual(overHttp.body);
    }
  });
});

/** A few of each kind in docs/requests.md. */
const OF_PROXIES = [
  ...['client-cert', 'client-cert-chain', 'x-client-cert', 'x-client-cert-dn', 'ssl-client-s-dn', 'ssl-client-verify'],
  ...[
    'x-ssl-client-cert',
    'x-ssl-client-verify',
    'x-tls-client-cert',
    'x-forwarded-tls-client-cert',
    'x-amzn-mtls-clientcert',
  ],
  ...['x-forwarded-client-cert', 'x-arr-clientcert', 'x-spiffe-id', 'cf-client-cert-verified', 'x-client-certificate'],
  ...['forwarded-for', 'x-forwarded', 'x-vercel-forwarded-for', 'x-appengine-user-ip', 'x-original-forwarded-for'],
  ...['x-cluster-client-ip', 'x-remote-ip', 'akamai-client-ip', 'fly-client-ip', 'x-envoy-external-address'],
  ...['iv-user', 'oam-remote-user', 'shib-session-id', 'wl-proxy-client-cert', 'x-hasura-role', 'x-rapidapi-user'],
  ...['x-custom-ip-authorization', 'x-client-addr', 'nginx-ssl-client-cert', 'x-true-ip'],
  ...['x-webauth-user', 'x-consumer-id', 'x-consumer-username', 'tailscale-user-login', 'x-pomerium-claim-email'],
  ...['x-auth-request-email', 'x-remote-group', 'x-authentik-username', 'x-goog-authenticated-user-email', 'sm-user'],
  ...[
    'x-ms-client-principal',
    'x-ms-client-principal-id',
    'x-amzn-oidc-data',
    'oidc-claim-sub',
    'cf-access-jwt-assertion',
  ],
  ...[
    'x-rewrite-url',
    'x-original-url',
    'x-original-uri',
    'x-original-host',
    'x-envoy-original-path',
    'x-replaced-path',
  ],
];

describe('Headers by which a proxy says who is asking', () => {
  it('do not come from a packet, however they are spelled', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ requests: { lockedHeaders: ['X-Tenant'] } })],
      controllers: [SeenController],
    });
    const client = await app.connect();
    const before = await seen(client);
    const names = [...OF_PROXIES, 'x-tenant'];
    const spellings = [names, names.map((name) => name.toUpperCase()), names.map((name) => name.replaceAll('-', '_'))];
    for (const spelled of spellings) {
      const forged = Object.fromEntries(spelled.map((name) => [name, 'forged']));
      expect(await seen(client, forged)).toEqual(before);
    }
    const { statusCode } = await ask(client, 'get', { url: '/seen', headers: { 'x-forwarded-for ': 'forged' } });
    expect(statusCode).toBe(400);
  });

  it('are those of the handshake, the usual ones and those that an option names', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ requests: { lockedHeaders: ['X-Tenant'] } })],
      controllers: [SeenController],
    });
    const client = await app.connect({ extraHeaders: { 'x-auth-request-user': 'mallory', 'x-tenant': 'hers' } });
    const forged = {
      'x-auth-request-user': 'admin',
      'x-tenant': 'his',
      'cf-access-jwt-assertion': 'forged',
      'x-original-forwarded-for': '10.0.0.1',
      'client-ip': '10.0.0.1',
      'remote-user': 'admin',
      'x-own': 'own',
    };
    const { body } = await ask(client, 'get', { url: '/seen', headers: forged });

    expect(body).toMatchObject({ 'x-auth-request-user': 'mallory', 'x-tenant': 'hers', 'x-own': 'own' });
    for (const name of ['cf-access-jwt-assertion', 'x-original-forwarded-for', 'client-ip', 'remote-user']) {
      expect(body).not.toHaveProperty(name);
    }
  });
});
