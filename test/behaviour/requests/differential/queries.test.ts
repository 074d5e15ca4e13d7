import { describe, it } from 'vitest';
import { differences } from '../../../support/platform-differences.js';
import { Both } from './support/differential.js';

const queries = [
  '',
  '?',
  '?a',
  '?a=',
  '?=a',
  '?a=1',
  '?a=1&a=2',
  '?a=1&b=2&a=3',
  '?a[]=1&a[]=2',
  '?a[0]=1&a[2]=2',
  '?a[b]=1&a[c][d]=2',
  '?a[b]=1&a=2',
  '?a%5Bb%5D=1',
  '?a=1,2,3',
  '?a=b=c',
  '?a=1;b=2',
  '?a=1?b=2',
  '?a=+&b=%2B&c=%20',
  '?a=%',
  '?a=%zz',
  '?a=%C3%28',
  '?%61=1',
  '?a=%C3%BC%E7%8C%AB',
  '?a=%00',
  '?a=%0D%0A',
  '?__proto__=1',
  '?__proto__[polluted]=1',
  '?constructor[prototype][polluted]=1',
  '?hasOwnProperty=1&toString=2',
  '?a.b=1',
  '?&&a=1&&',
  '?a=<script>"\'`',
  '?a={"json":true}',
  `?a=${'x'.repeat(5_000)}`,
  `?${Array.from({ length: 1_000 }, (_, index) => `a${index}=${index % 10}`)
    .join('&')
    .slice(0, 7_900)}`,
  `?${'a=1&'.repeat(1_500)}`,
  `?a${'[b]'.repeat(50)}=1`,
];

describe('A query over the socket', () => {
  it.each(differences.queryParsers)('is read as over HTTP, by the parser "%s"', async (_name, choose) => {
    const both = await Both.start({}, choose);
    const urls = [
      '/api/v1/answers/query',
      '/api/v1/paths/query',
      '/api/v1/cats',
      '/api/v1/cats/many',
      '/api/v1/cats/paged',
    ];
    await both.expectSame(urls.flatMap((url) => queries.map((query) => ({ method: 'GET', url: `${url}${query}` }))));
  });

  it('passes the same pipes', async () => {
    const both = await Both.start();
    const urls = [
      '/api/v1/cats?name=tom&age=3&isAdmin=true',
      '/api/v1/cats?age=1.5',
      '/api/v1/cats?name=a&name=b',
      '/api/v1/cats/many?ids=1,2,3',
      '/api/v1/cats/many?ids=1&ids=2',
      '/api/v1/cats/many?ids=x',
      '/api/v1/cats/paged?page=2&wild=true',
      '/api/v1/cats/paged?page=two',
      '/api/v1/cats/paged?wild=maybe',
      '/api/v1/cats/uuid/x',
    ];
    await both.expectSame(urls.map((url) => ({ method: 'GET', url })));
  });
});
