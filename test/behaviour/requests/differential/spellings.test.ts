import { describe, expect, it } from 'vitest';
import type { Asked } from '../support/ask.js';
import { shared } from '../../../support/lifetime.js';
import { Both } from './support/differential.js';

/** A path of each kind of route, and some without a route. */
const paths = [
  '/api/v1/cats',
  '/api/v2/cats',
  '/api/v3/cats',
  '/api/cats',
  '/api/v1/cats/7',
  '/api/v1/cats/seven',
  '/api/v1/cats/free',
  '/api/v1/cats/guarded',
  '/api/v1/cats/uuid/0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b',
  '/api/v1/paths/fixed/deep/down',
  '/api/v1/paths/one/ada',
  '/api/v1/paths/two/x/and/y',
  '/api/v1/paths/wild/a/b/c',
  '/api/v1/paths/wild',
  '/api/v1/paths/secret/inner',
  '/api/v1/paths/all',
  '/api/v1/scoped',
  '/api/v1/tenants',
  '/health',
  '/api/health',
  '/api',
  '/nowhere/at/all',
];

/** Other spellings of a path, each of which some software takes for the same path. */
const spellings: Array<[name: string, spell: (path: string) => string]> = [
  ['as it is', (path) => path],
  ['with a slash at the end', (path) => `${path}/`],
  ['with two slashes at the end', (path) => `${path}//`],
  ['with a double slash inside', (path) => path.replace(/\/([^/]*)$/, '//$1').replace(/^\/\//, '/')],
  ['with every inner slash doubled', (path) => `/${path.slice(1).replaceAll('/', '//')}`],
  ['in capitals', (path) => path.toUpperCase()],
  [
    'in mixed case',
    (path) => path.replace(/[a-z]/g, (letter, index: number) => (index % 2 ? letter.toUpperCase() : letter)),
  ],
  ['with a matrix parameter', (path) => `${path};x=1`],
  ['with a matrix parameter inside', (path) => path.replace(/(.)\/([^/]*)$/, '$1;x=1/$2')],
  ['with a semicolon and nothing', (path) => `${path};`],
  ['with the last letter percent-encoded', (path) => path.replace(/[a-z0-9]$/i, percent)],
  ['with the first letter percent-encoded', (path) => path.replace(/[a-z0-9]/i, percent)],
  ['with all letters percent-encoded', (path) => path.replace(/[a-z0-9]/gi, percent)],
  ['with lower-case percent-encoding', (path) => path.replace(/[a-z]/gi, (letter) => percent(letter).toLowerCase())],
  ['encoded twice', (path) => path.replace(/[a-z0-9]$/i, (letter) => encodeURIComponent(percent(letter)))],
  ['with the last slash percent-encoded', (path) => path.replace(/(.)\/([^/]*)$/, '$1%2F$2')],
  ['with the last slash percent-encoded in lower case', (path) => path.replace(/(.)\/([^/]*)$/, '$1%2f$2')],
  ['with a percent-encoded slash at the end', (path) => `${path}%2F`],
  ['with a backslash, percent-encoded', (path) => path.replace(/(.)\/([^/]*)$/, '$1%5C$2')],
  ['with a percent-encoded question mark', (path) => `${path}%3Fx=1`],
  ['with a percent-encoded number sign', (path) => `${path}%23x`],
  ['with a space at the end, percent-encoded', (path) => `${path}%20`],
  ['with a tab, percent-encoded', (path) => `${path}%09`],
  ['with a line feed, percent-encoded', (path) => `${path}%0A`],
  ['with a plus', (path) => `${path}+`],
  ['with a dot at the end', (path) => `${path}.`],
  ['with an extension', (path) => `${path}.json`],
  ['with a percent sign and nothing', (path) => `${path}%`],
  ['with a percent sign and no number', (path) => `${path}%zz`],
  ['with half of a UTF-8 character', (path) => `${path}%C3`],
  ['with an overlong UTF-8 slash', (path) => `${path}%C0%AF`],
  ['with unicode, percent-encoded', (path) => `${path}/%C3%BC%E7%8C%AB`],
  ['with a full-width slash', (path) => `${path}%EF%BC%8Fx`],
  ['with unusual signs', (path) => `${path}/!$&'()*+,=:@~_-`],
  ['with brackets and quotes', (path) => `${path}/[a]{b}|"<>^\``],
  ['with "__proto__"', (path) => `${path}/__proto__`],
  ['with "constructor"', (path) => `${path}/constructor`],
  ['with a colon', (path) => `${path}/:id`],
  ['with an asterisk', (path) => `${path}/*`],
  ['with a question mark and nothing', (path) => `${path}?`],
  ['with two question marks', (path) => `${path}??x=1`],
  ['with an ampersand only', (path) => `${path}?&&&`],
  ['with a slash in the query', (path) => `${path}?x=/../y`],
  ['with a dot segment in the query', (path) => `${path}?/../../etc`],
  ['with a long last segment', (path) => `${path}/${'x'.repeat(200)}`],
  ['with a very long path', (path) => `${path}/${'y'.repeat(7_000)}`],
  ['with very many segments', (path) => `${path}${'/z'.repeat(2_000)}`],
  ['with three dots', (path) => `${path}/...`],
  ['with a name that begins with a dot', (path) => `${path}/.hidden`],
];

const METHODS = ['GET', 'POST'];

describe('A path over the socket (bad-input row 27)', () => {
  const both = shared(() => Both.start());

  it.each(spellings)('leads where it leads over HTTP, %s', async (_, spell) => {
    const urls = paths.map(spell);
    await both().expectSame(urls.flatMap((url) => METHODS.map((method): Asked => ({ method, url }))));
  });

  it('leads where it leads over HTTP, at the root', async () => {
    const urls = ['/', '/?', '/?x=1', '/;', '/%2F', '/%', '/*', '/:', '/...'];
    await both().expectSame(urls.flatMap((url) => METHODS.map((method): Asked => ({ method, url }))));
  });

  it('passes the guards and the middleware of its route', async () => {
    const { status, headers, journal } = await both().overSocket({ method: 'GET', url: '/api/v1/cats/guarded' });
    expect(status).toBe(401);
    expect(headers['x-middleware']).toBe('middleware app.use, middleware every route, middleware cats');
    expect(journal).toEqual([
      'app guard: true at CatsController.guarded',
      'guard cats',
      'password guard: false at CatsController.guarded',
      'app filter: 401',
    ]);
  });

  it('passes the same guards where a password is given, however it is spelled', async () => {
    const headers = { 'x-password': 'meow' };
    const guarded = ['/api/v1/cats/guarded', '/api/v1/paths/secret/inner'];
    await both().expectSame(
      spellings.flatMap(([, spell]) => guarded.map((path): Asked => ({ method: 'GET', url: spell(path), headers }))),
    );
  });

  it('is sent as browsers send it, where it holds what has no place in a request line', async () => {
    const urls = [
      '/api/v1/paths/one/ü',
      '/api/v1/paths/one/猫 😀',
      '/api/v1/paths/wild/a b/ c',
      '/api/v1/paths/query?a=ü b',
    ];
    await both().expectSame(
      urls.map((url) => ({ method: 'GET', url })),
      ({ url, ...rest }) => ({ ...rest, url: encodeURI(url) }),
    );
  });

  it('ends where the fragment begins', async () => {
    const urls = ['/api/v1/cats/7#tail', '/api/v1/paths/query?a=1#?a=2'];
    await both().expectSame(
      urls.map((url) => ({ method: 'GET', url })),
      ({ url, ...rest }) => ({ ...rest, url: url.split('#', 1)[0] }),
    );
  });

  it('leads to the host of the handshake', async () => {
    const atTenant = await Both.start({ extraHeaders: { host: 'acme.example.com' } });
    const asked = { method: 'GET', url: '/api/v1/tenants' };
    expect(await atTenant.overSocket(asked)).toMatchObject({ status: 200, body: { tenant: 'acme' } });
    await atTenant.expectSame([asked], (same) => ({ ...same, headers: { host: 'acme.example.com' } }));
  });
});

/**
 * Spellings that are refused before the application sees them: what a proxy or a file system reads differently than a
 * router is not a path of an application.
 */
const refused = [
  '/api/v1/../v1/cats',
  '/api/v1/./cats',
  '/api/v1/cats/..',
  '/api/v1/cats/.',
  '/..',
  '/.',
  '/../etc/passwd',
  '/api/v1/%2e%2e/v1/cats',
  '/api/v1/%2E/cats',
  '/api/v1/.%2e/cats',
  '/api/v1/paths/wild/..%2f..%2fetc',
  '/api/v1/paths/wild%2f..%2f',
  '/api/v1/paths/wild/..%5c',
  '/api/v1/paths/one/%00',
  '/api/v1/cats%00',
  '/api/v1/cats\\7',
  '/\\evil.example',
  '/api/v1/cats\u0000',
  '/api/v1/cats\r\nX-Evil: 1',
  '/api/v1/cats\u007f',
  '//api/v1/cats',
  '///api/v1/cats',
  '//evil.example/api/v1/cats',
];

describe('A path that is refused before it is routed', () => {
  const both = shared(() => Both.start());

  it.each(refused.map((url) => [JSON.stringify(url), url]))('is %s', async (_, url) => {
    for (const method of ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS']) {
      expect(await both().overSocket({ method, url }), method).toEqual({
        status: 400,
        body: { statusCode: 400, code: 'BAD_REQUEST', message: expect.stringMatching(/^The (?:path of the )?url/) },
        headers: {},
        journal: [],
      });
    }
  });
});

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
}
