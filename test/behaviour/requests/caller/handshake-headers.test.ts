import { Controller, Get, Req } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { shared } from '../../../support/lifetime.js';
import { Logs } from '../../../support/logs.js';
import { ask } from '../support/ask.js';

@Controller('seen')
class SeenController {
  @Get()
  headers(@Req() { headers }: { headers: IncomingHttpHeaders }) {
    return headers;
  }
}

async function seen(client: TestClient, headers?: unknown): Promise<Record<string, string>> {
  const { statusCode, body } = await ask(client, 'get', { url: '/seen', headers });
  expect(statusCode).toBe(200);
  return body as Record<string, string>;
}

const application = shared(() => start({ controllers: [SeenController] }));

/** What proxies, tracers and clients add to one request. */
const OF_ONE_REQUEST: Record<string, string> = {
  traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
  tracestate: 'vendor=1',
  baggage: 'user=1',
  b3: '1-1-1',
  'x-b3-traceid': '1',
  'x-b3-sampled': '1',
  'uber-trace-id': '1:1:0:1',
  'x-request-id': 'handshake',
  'request-id': 'handshake',
  'x-correlation-id': 'handshake',
  'correlation-id': 'handshake',
  'x-transaction-id': 'handshake',
  'x-amzn-trace-id': 'Root=1',
  'x-amzn-requestid': 'handshake',
  'x-amz-cf-id': 'handshake',
  'x-ms-client-request-id': 'handshake',
  'x-azure-ref': 'handshake',
  'x-goog-request-id': 'handshake',
  'fly-request-id': 'handshake',
  'cf-ray': 'handshake',
  'sentry-trace': '1-1-1',
  'x-datadog-trace-id': '1',
  'x-datadog-parent-id': '1',
  'x-cloud-trace-context': '1/1',
  'elastic-apm-traceparent': '00-1-1-01',
  newrelic: 'e30=',
  'x-request-start': 't=1',
  'idempotency-key': 'handshake',
  'x-idempotency-key': 'handshake',
  'mutation-id': 'handshake',
  'last-event-id': 'handshake',
};

/** What tells about the request that began the connection, and only about that. */
const OF_HANDSHAKE_ONLY: Record<string, string> = {
  'if-none-match': '"handshake"',
  'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT',
  range: 'bytes=0-1',
  'cache-control': 'no-cache',
  pragma: 'no-cache',
  'content-type': 'text/plain',
  'accept-encoding': 'gzip',
  'accept-charset': 'utf-8',
  prefer: 'return=minimal',
  priority: 'u=1',
  'x-forwarded-uri': '/socket.io/',
  'x-forwarded-method': 'GET',
  'x-original-url': '/socket.io/',
  'x-envoy-attempt-count': '3',
  'x-envoy-original-path': '/socket.io/',
  'x-http-method-override': 'DELETE',
  'x-auth-request-redirect': '/socket.io/',
  'connect-time': '1',
  'total-route-time': '1',
  'sec-fetch-mode': 'websocket',
  'sec-fetch-dest': 'websocket',
};

/** What says who the caller is, how it likes to be answered, and from where it calls. */
const OF_CALLER: Record<string, string> = {
  authorization: 'Basic handshake',
  'user-agent': 'tester',
  'accept-language': 'de',
  referer: 'http://page.example/',
  'x-api-key': 'key',
  'api-key': 'key',
  'x-user': 'ada',
  'x-user-id': '1',
  'x-tenant': 'acme',
  'x-client-version': '1.2.3',
  'x-session-token': 'token',
  'x-access-token': 'token',
  'x-auth-token': 'token',
  dnt: '1',
  'sec-gpc': '1',
  'sec-ch-ua-platform': '"Linux"',
  'sec-fetch-site': 'same-origin',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-user': 'ada',
  'x-forwarded-email': 'ada@example.com',
  'x-real-ip': '192.0.2.1',
  'x-original-forwarded-for': '192.0.2.1',
  'x-envoy-external-address': '192.0.2.1',
  'fly-client-ip': '192.0.2.1',
  'cloudfront-viewer-country': 'DE',
  'x-amzn-oidc-identity': 'ada',
  'x-goog-authenticated-user-email': 'ada',
  'x-ms-client-principal-id': 'ada',
  'x-auth-request-user': 'ada',
  'cf-access-jwt-assertion': 'ada',
  'x-consumer-username': 'ada',
  'ssl-client-subject-dn': 'CN=ada',
  'remote-user': 'ada',
};

describe('Headers of the handshake', () => {
  it('that are about one request are not those of later requests', async () => {
    const client = await application().connect({ extraHeaders: { ...OF_ONE_REQUEST, ...OF_HANDSHAKE_ONLY } });

    const headers = await seen(client);

    const inherited = Object.keys({ ...OF_ONE_REQUEST, ...OF_HANDSHAKE_ONLY }).filter((name) => name in headers);
    expect(inherited).toEqual([]);
  });

  it('that say who is asking are those of all later requests', async () => {
    const client = await application().connect({ extraHeaders: OF_CALLER });

    for (let count = 0; count < 2; count++) expect(await seen(client)).toMatchObject(OF_CALLER);
  });

  it('that nobody knows are not those of later requests, unless an option names them', async () => {
    const extraHeaders = { 'x-employee': 'ada', 'x-branch': 'north', 'x-page': 'of the handshake' };
    const requests = { handshakeHeaders: ['X-Employee'], lockedHeaders: ['X-Branch'] };
    const named = await start({ imports: [SocketsModule.forRoot({ requests })], controllers: [SeenController] });

    const headers = await seen(await named.connect({ extraHeaders }));

    expect(headers).toMatchObject({ 'x-employee': 'ada', 'x-branch': 'north' });
    expect(headers).not.toHaveProperty('x-page');
    expect(Object.keys(await seen(await application().connect({ extraHeaders })))).not.toContain('x-employee');
  });

  it('that an option names give way to what a packet says, unless they are locked', async () => {
    const requests = { handshakeHeaders: ['x-desk'], lockedHeaders: ['x-branch'] };
    const app = await start({ imports: [SocketsModule.forRoot({ requests })], controllers: [SeenController] });
    const client = await app.connect({ extraHeaders: { 'x-desk': 'one', 'x-branch': 'north' } });

    const headers = await seen(client, { 'x-desk': 'two', 'x-branch': 'south' });

    expect(headers).toMatchObject({ 'x-desk': 'two', 'x-branch': 'north' });
  });

  it.each(['traceparent', 'X-Request-Id', 'idempotency-key', 'content-type', 'connection'])(
    'cannot be named by that option if they are about one request: %s',
    async (name) => {
      const module = SocketsModule.forRoot({ requests: { handshakeHeaders: [name] } });
      await expect(start({ imports: [module] })).rejects.toThrow(/requests\.handshakeHeaders.*single request/);
    },
  );
});

describe('The ids of a request', () => {
  it('are those that its packet gives', async () => {
    const client = await application().connect({ extraHeaders: OF_ONE_REQUEST });
    const own = Object.fromEntries(Object.keys(OF_ONE_REQUEST).map((name) => [name, 'own']));

    expect(await seen(client, own)).toMatchObject(own);
    expect(Object.values(await seen(client))).not.toContain('own');
  });
});

describe('The log', () => {
  it('names a header of handshakes that requests do not have, once, without its value, and says what to do', async () => {
    const logs = new Logs();
    const app = await start({ controllers: [SeenController], main: logs.open });
    const extraHeaders = { 'x-employee': 'canary', ...OF_ONE_REQUEST, ...OF_HANDSHAKE_ONLY, ...OF_CALLER };
    for (let count = 0; count < 2; count++) await seen(await app.connect({ extraHeaders }));

    const { warnings } = logs.naming('A handshake came with the header');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("handshakeHeaders: ['x-employee']");
    expect(warnings[0]).not.toContain('canary');
  });

  it('names a header that a packet cannot set, once', async () => {
    const logs = new Logs();
    const app = await start({ controllers: [SeenController], main: logs.open });
    const client = await app.connect();
    for (let count = 0; count < 2; count++) await seen(client, { 'x-forwarded-for': '192.0.2.9', 'x-fine': 'yes' });

    const { warnings } = logs.naming('A request over the socket came with the header');
    expect(warnings).toEqual([expect.stringContaining('"x-forwarded-for"')]);
    expect(warnings[0]).not.toContain('192.0.2.9');
  });

  it('cannot be flooded with names', async () => {
    const logs = new Logs();
    const app = await start({ controllers: [SeenController], main: logs.open });
    const extraHeaders = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x-made-up-${index}`, 'x']));
    await seen(await app.connect({ extraHeaders }));

    expect(logs.naming('A handshake came with the header').warnings).toHaveLength(20);
  });
});
