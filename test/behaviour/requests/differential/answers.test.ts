import { describe, expect, it } from 'vitest';
import type { Asked } from '../support/ask.js';
import { shared } from '../../../support/lifetime.js';
import { Both } from './support/differential.js';

const answers = [
  'array',
  'null',
  'undefined',
  'zero',
  'number',
  'true',
  'false',
  'string',
  'json-text',
  'json-string',
  'no-json',
  'problem',
  'empty-string',
  'empty-object',
  'date',
  'html',
  'observable',
  'promise',
  'file',
  'text-file',
  'bytes',
  'headers',
  'teapot',
  'no-content',
  'redirect',
  'redirect-by-value',
  'redirect-by-value?to=https://elsewhere.example/x',
  'passthrough',
  'by-hand',
  'raw',
  'raw-array',
  'raw-nothing',
  'not-modified',
  'ip',
];

describe('An answer over the socket', () => {
  const both = shared(() => Both.start());

  it.each(answers)('is the one over HTTP: %s', async (answer) => {
    const url = `/api/v1/answers/${answer}`;
    await both().expectSame([
      { method: 'GET', url },
      { method: 'HEAD', url },
      { method: 'GET', url, headers: { accept: 'text/html' } },
      { method: 'GET', url, headers: { 'accept-encoding': 'gzip' } },
      { method: 'GET', url, headers: { 'if-none-match': '*' } },
      { method: 'GET', url, headers: { 'cache-control': 'no-cache', 'if-none-match': '*' } },
      { method: 'GET', url, headers: { range: 'bytes=0-1' } },
    ]);
  });

  it('says that nothing changed, as over HTTP', async () => {
    const url = '/api/v1/answers/array';
    const { etag } = (await both().overHttp({ method: 'GET', url })).headers;
    await both().expectSame([{ method: 'GET', url, headers: { 'if-none-match': String(etag) } }]);
  });

  it('comes from an instance of its own, where the provider is request-scoped', async () => {
    const asked = { method: 'GET', url: '/api/v1/scoped' };
    await both().expectSame([asked, asked]);
    expect(await both().overSocket(asked)).toMatchObject({ status: 200, body: { calls: 1, isFresh: true } });
  });

  it('tells a page of which origin it may be read, by the origin of the handshake', async () => {
    const origin = 'http://page.example';
    const fromPage = await Both.start({ extraHeaders: { origin } });
    const urls = ['/api/v1/cats', '/api/v1/cats/broken', '/api/v1/answers/headers', '/nowhere'];
    await fromPage.expectSame(
      urls.flatMap((url): Asked[] => [
        { method: 'GET', url },
        { method: 'OPTIONS', url, headers: { 'access-control-request-method': 'PUT' } },
        {
          method: 'OPTIONS',
          url,
          headers: { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'x-mine' },
        },
      ]),
      (asked) => ({ ...asked, headers: { ...asked.headers, origin } }),
    );
    const { headers } = await fromPage.overSocket({ method: 'GET', url: '/api/v1/cats' });
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-total',
    });
  });

  it('depends on the headers that the packet may say', async () => {
    const url = '/api/v1/answers/given';
    await both().expectSame([
      { method: 'GET', url },
      { method: 'GET', url, headers: { 'x-mine': 'one' } },
      { method: 'GET', url, headers: { 'X-Mine': 'two' } },
      { method: 'GET', url, headers: { 'x-mine': '' } },
      { method: 'GET', url, headers: { 'x-mine': 'tab\tand "quotes"; a=b, c' } },
      { method: 'GET', url, headers: { accept: 'text/*' } },
    ]);
  });
});
