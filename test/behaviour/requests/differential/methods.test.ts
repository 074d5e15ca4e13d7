import { describe, expect, it } from 'vitest';
import type { Asked } from '../support/ask.js';
import { shared } from '../../../support/lifetime.js';
import { Both } from './support/differential.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

const urls = [
  '/api/v1/cats',
  '/api/v1/cats?name=tom&age=3',
  '/api/v1/cats?age=old',
  '/api/v1/cats/7',
  '/api/v1/cats/seven',
  '/api/v1/cats/7/tail',
  '/api/v1/cats/7/toys',
  '/api/v1/cats/free',
  '/api/v1/cats/guarded',
  '/api/v1/cats/names',
  '/api/v1/cats/hungry',
  '/api/v1/cats/broken',
  '/api/v1/cats/missing',
  '/api/v1/cats/forbidden',
  '/api/v1/answers/echo',
  '/api/v1/answers/array',
  '/api/v1/answers/string',
  '/api/v1/answers/file',
  '/api/v1/answers/text-file',
  '/api/v1/answers/raw',
  '/api/v1/answers/redirect',
  '/api/v1/answers/no-content',
  '/api/v1/paths/all',
  '/api/v1/paths/secret/inner',
  '/api/v1/paths/secret/other',
  '/api/v1/scoped',
  '/health',
  '/nowhere',
];

describe('Every method over the socket', () => {
  const both = shared(() => Both.start());

  it.each(urls)('is answered as over HTTP, by %s', async (url) => {
    await both().expectSame(METHODS.map((method): Asked => ({ method, url })));
  });

  it.each(urls)('is answered as over HTTP where a guard of the application stops it, by %s', async (url) => {
    await both().expectSame(METHODS.map((method): Asked => ({ method, url, headers: { 'x-stop': 'app' } })));
  });

  it.each(urls)('is answered as over HTTP where it has a body, by %s', async (url) => {
    // Over the socket, the data of the other two is the query.
    const methods = METHODS.filter((method) => method !== 'GET' && method !== 'HEAD');
    const data = { name: 'tom', age: 3, unknown: true };
    await both().expectSame(methods.map((method): Asked => ({ method, url, data })));
  });

  it('runs the same guards for HEAD as for GET', async () => {
    const get = await both().overSocket({ method: 'GET', url: '/api/v1/cats/guarded' });
    const head = await both().overSocket({ method: 'HEAD', url: '/api/v1/cats/guarded' });
    expect(get).toMatchObject({ status: 401, body: { message: 'The password is wrong.' } });
    expect(head).toMatchObject({ status: 401, body: undefined });
    expect(head.journal).toEqual(get.journal);
  });
});
