import { describe, expect, it } from 'vitest';
import type { Asked } from '../support/ask.js';
import { shared } from '../../../support/lifetime.js';
import { Both } from './support/differential.js';
import { BODY_LIMIT } from './support/rich-application.js';

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const urls = [
  '/api/v1/answers/echo',
  '/api/v1/answers/size',
  '/api/v1/cats',
  '/api/v1/cats/7',
  '/api/v1/cats/7/toys',
  '/api/v1/cats/names',
  '/api/v1/cats/guarded',
  '/nowhere',
];

const bodies: Array<[name: string, data: unknown]> = [
  ['no body', undefined],
  ['null', null],
  ['true', true],
  ['false', false],
  ['0', 0],
  ['a number', -12.5e300],
  ['an empty text', ''],
  ['a text', 'meow'],
  ['a text that is JSON', '{"name":"tom"}'],
  ['an empty object', {}],
  ['an empty array', []],
  ['an array', [1, 'two', null, { three: [3] }]],
  ['an array of cats', [{ name: 'tom' }, { name: 'ada' }]],
  ['a cat', { name: 'tom', age: 3 }],
  ['a cat and more', { name: 'tom', isAdmin: true, owner: { name: 'ada', isAdmin: true } }],
  ['a cat whose age is a text', { name: 'tom', age: '3' }],
  ['a cat without a name', { age: 3 }],
  ['a cat whose name is an object', { name: { toString: '' } }],
  ['a cat whose name is too long', { name: 'x'.repeat(21) }],
  ['a cat whose owner is none', { name: 'tom', owner: 'ada' }],
  ['a cat with sitters', { name: 'tom', sitters: [{ name: 'ada' }, { name: 7 }, null] }],
  ['unicode', { name: 'ünï 猫 😀', '😀': '\u202e\ufeff' }],
  ['half a character', { name: '\ud800' }],
  ['control characters', { name: '\u0000\r\n\u0008' }],
  ['null in fields', { name: null, age: null }],
  ['a field with an empty name', { '': 1, ' ': 2 }],
  ['names with dots and brackets', { 'a.b': 1, 'c[d]': 2, 'e[]': 3 }],
  ['"__proto__"', JSON.parse('{"__proto__":{"polluted":true},"name":"tom"}')],
  ['"__proto__" inside', JSON.parse('{"name":"tom","owner":{"__proto__":{"polluted":true},"name":"ada"}}')],
  ['"constructor"', { name: 'tom', constructor: { prototype: { polluted: true } } }],
  ['"toString" and "hasOwnProperty"', { name: 'tom', toString: 1, hasOwnProperty: 2, valueOf: null }],
  ['"toJSON", "then" and "length"', { name: 'tom', toJSON: 'x', then: 1, length: 5 }],
  ['32 levels', nested(32)],
  ['many fields', Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, index]))],
  ['a body just within the limit', { name: 'tom', big: 'x'.repeat(BODY_LIMIT - 30) }],
  ['a body beyond the limit', { name: 'tom', big: 'x'.repeat(BODY_LIMIT) }],
];

describe('A body over the socket', () => {
  const both = shared(() => Both.start());

  it.each(bodies)('reaches the application as over HTTP: %s', async (_, data) => {
    await both().expectSame(urls.flatMap((url) => METHODS.map((method): Asked => ({ method, url, data }))));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('is read by its type, where the packet says one', async () => {
    const types = [
      'application/json',
      'application/json; charset=utf-8',
      'application/JSON',
      'application/vnd.cats+json',
      'application/json; charset=latin1',
      'text/plain',
      'application/xml',
      'application/octet-stream',
      'multipart/form-data; boundary=x',
      'nonsense',
      '',
    ];
    await both().expectSame(
      types.map((type) => ({
        method: 'POST',
        url: '/api/v1/answers/echo',
        data: { name: 'tom' },
        headers: { 'content-type': type },
      })),
    );
  });

  it('has no length and no encoding but its own, whatever the packet says', async () => {
    const asked = { method: 'POST', url: '/api/v1/answers/echo', data: { name: 'tom' } };
    const said: Record<string, string>[] = [
      { 'content-length': '3' },
      { 'content-length': '99999' },
      { 'transfer-encoding': 'chunked' },
      { 'content-encoding': 'gzip' },
      { expect: '100-continue' },
      { connection: 'close', trailer: 'x', te: 'trailers', upgrade: 'websocket' },
    ];
    for (const headers of said) {
      expect(await both().overSocket({ ...asked, headers }), JSON.stringify(headers)).toEqual(
        await both().overHttp(asked),
      );
    }
  });

  it('is refused beyond 32 levels before the application sees it, which HTTP leaves to the application', async () => {
    const asked = { method: 'POST', url: '/api/v1/answers/echo', data: nested(33) };
    expect((await both().overHttp(asked)).journal).not.toEqual([]);
    expect(await both().overSocket(asked)).toEqual({
      status: 400,
      body: { statusCode: 400, code: 'BAD_REQUEST', message: 'The data nests deeper than 32 levels.' },
      headers: {},
      journal: [],
    });
  });
});

function nested(levels: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < levels; level++) value = { in: value };
  return value;
}
