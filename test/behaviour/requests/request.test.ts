import { All, Controller, Get, Post, Req, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { describe, expect, it } from 'vitest';
import { differences } from '../../support/platform-differences.js';
import { express } from '../../support/platforms.js';
import { start } from '../../support/application.js';
import { ask } from './support/ask.js';

/** The part of a request that a handler reads on both platforms. */
interface AnyRequest {
  isSocket?: boolean;
  method: string;
  url: string;
  originalUrl: string;
  path?: string;
  query: unknown;
  params: unknown;
  body: unknown;
}

class SocketsOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<AnyRequest>().isSocket === true;
  }
}

@Controller('mirror')
class MirrorController {
  @All(':name')
  show(@Req() { isSocket, method, url, originalUrl, query, params, body }: AnyRequest) {
    return { isSocket: isSocket ?? null, method, url, originalUrl, query, params, body: body ?? null };
  }

  @Get('path/of')
  path(@Req() request: AnyRequest) {
    return { path: request.path ?? request.url.split('?', 1)[0] };
  }

  @Post('sockets/only')
  @UseGuards(SocketsOnly)
  socketsOnly() {
    return 'welcome';
  }
}

const controllers = [MirrorController];

describe('Sails row 47: a request over the socket', () => {
  it.each(['get', 'post', 'put', 'patch', 'delete', 'options'])(
    'reaches the route of its method: %s',
    async (method) => {
      const app = await start({ controllers });
      const client = await app.connect();
      const url = '/mirror/ada?page=2';
      const { statusCode, body } = await ask(client, method, { url });
      expect(statusCode).toBe(200);
      expect(body).toMatchObject({
        isSocket: true,
        method: method.toUpperCase(),
        url,
        originalUrl: url,
        query: { page: '2' },
        params: { name: 'ada' },
      });
    },
  );

  it('reaches the route by "head", which has no body', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const { statusCode, headers, ...rest } = await ask(client, 'head', { url: '/mirror/ada' });
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toMatch(/json/);
    expect(rest).toEqual({});
  });

  it('knows its path without the query', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const { body } = await ask(client, 'get', { url: '/mirror/path/of?page=2' });
    expect(body).toEqual({ path: '/mirror/path/of' });
  });

  it('is told from one over HTTP by "isSocket"', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    expect((await app.request('GET', '/mirror/ada')).body).toMatchObject({ isSocket: null });
    expect((await app.request('POST', '/mirror/sockets/only')).status).toBe(403);
    expect(await ask(client, 'post', { url: '/mirror/sockets/only' })).toMatchObject({
      statusCode: 201,
      body: 'welcome',
    });
  });

  it('cannot be told from a socket by anything that an HTTP caller sends', async () => {
    const app = await start({ controllers });
    const headers = { 'is-socket': 'true', issocket: 'true' };
    const { status } = await app.request('POST', '/mirror/sockets/only?isSocket=true', { isSocket: true }, headers);
    expect(status).toBe(403);
  });

  it.each(['post', 'put', 'patch', 'delete', 'options'])('has its data as the body: %s', async (method) => {
    const app = await start({ controllers });
    const client = await app.connect();
    const data = { name: 'ada', pets: [1, 2], deep: { er: null } };
    const { body } = await ask(client, method, { url: '/mirror/ada?page=2', data });
    expect(body).toMatchObject({ body: data, query: { page: '2' } });
  });

  it('takes "params" of old Sails clients for data, which wins', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const url = '/mirror/ada';
    const onlyParams = await ask(client, 'post', { url, params: { a: 1 } });
    const both = await ask(client, 'post', { url, params: { a: 1, b: 1 }, data: { b: 2 } });
    const list = await ask(client, 'post', { url, params: { a: 1 }, data: [1] });
    const read = await ask(client, 'get', { url, params: { a: 1 }, data: { b: 2 } });
    expect(onlyParams.body).toMatchObject({ body: { a: 1 } });
    expect(both.body).toMatchObject({ body: { a: 1, b: 2 } });
    expect(list.body).toMatchObject({ body: [1] });
    expect(read.body).toMatchObject({ query: { a: '1', b: '2' } });
  });

  it('leaves what it does not know in a packet alone', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const packet = { url: '/mirror/ada', method: 'delete', body: { a: 1 }, query: { a: 1 }, isSocket: false, user: 1 };
    const { body } = await ask(client, 'get', packet);
    expect(body).toMatchObject({ isSocket: true, method: 'GET', query: {}, body: null });
  });

  it('takes bytes for a body as they are', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const headers = { 'content-type': 'application/json' };
    const { body } = await ask(client, 'post', { url: '/mirror/ada', data: Buffer.from('{"a":1}'), headers });
    expect(body).toMatchObject({ body: { a: 1 } });
  });

  it('takes a text whose type is not JSON as it is', async () => {
    const app = await start({ controllers, main: differences.readTextBodies });
    const client = await app.connect();
    const headers = { 'content-type': 'text/plain' };
    const { body } = await ask(client, 'post', { url: '/mirror/ada', data: 'a text', headers });
    expect(body).toMatchObject({ body: 'a text' });
  });

  it('works in every namespace', async () => {
    const app = await start({ controllers });
    app.sockets.of('/admin');
    app.sockets.server.of('/admin');
    const client = await app.connect({ namespace: '/admin' });
    expect((await ask(client, 'get', { url: '/mirror/ada' })).body).toMatchObject({ isSocket: true });
  });

  it('works in a namespace that comes into being by a pattern', async () => {
    const app = await start({ controllers });
    app.sockets.server.of(/^\/rooms-\d+$/);
    const client = await app.connect({ namespace: '/rooms-7' });
    expect((await ask(client, 'get', { url: '/mirror/ada' })).body).toMatchObject({ isSocket: true });
  });

  it('works by polling', async () => {
    const app = await start({ controllers });
    const client = await app.connect({ transports: ['polling'] });
    expect((await ask(client, 'get', { url: '/mirror/ada' })).body).toMatchObject({ isSocket: true });
  });
});

/** The data of a `get`, and the query that a handler finds. */
const reads: Array<[name: string, url: string, data: unknown, query: Record<string, unknown>]> = [
  ['names and values', '', { a: 1, b: 'two', c: true, d: null }, { a: '1', b: 'two', c: 'true', d: '' }],
  ['what the url says wins', '?a=url', { a: 'data', b: 'data' }, { a: 'url', b: 'data' }],
  ['what the url says wins, encoded', '?%61=url', { a: 'data' }, { a: 'url' }],
  ['lists by repetition', '', { ids: [1, 2, 3] }, { ids: ['1', '2', '3'] }],
  ['a list of one', '', { ids: [1] }, { ids: '1' }],
  ['an empty list', '', { ids: [] }, {}],
  ['nothing', '', {}, {}],
  ['null', '', null, {}],
  ['signs', '', { 'a&b': 'c=d&e', f: '%20+ #?' }, { 'a&b': 'c=d&e', f: '%20+ #?' }],
  ['unicode', '', { ü: '猫 😀' }, { ü: '猫 😀' }],
  ['a url that ends with a question mark', '?', { a: 1 }, { a: '1' }],
];

describe('Sails row 47: the data of a "get"', () => {
  it.each(reads)('is the query: %s', async (_, query, data, expected) => {
    const app = await start({ controllers });
    const client = await app.connect();
    const { body } = await ask(client, 'get', { url: `/mirror/ada${query}`, data });
    expect((body as { query: object }).query).toEqual(expected);
    expect(body).toMatchObject({ body: null });
  });

  it('is the query of "head" too', async () => {
    const seen: unknown[] = [];
    @Controller('heard')
    class HeardController {
      @Get()
      hear(@Req() { query }: AnyRequest) {
        seen.push({ ...(query as object) });
      }
    }
    const app = await start({ controllers: [HeardController] });
    const client = await app.connect();
    await ask(client, 'head', { url: '/heard', data: { a: 1 } });
    expect(seen).toEqual([{ a: '1' }]);
  });

  it('is read as HTTP would read brackets, where it nests', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const data = { where: { name: 'ada', age: { gt: 3 } }, cats: [{ id: 1 }, { id: 2 }] };
    const url = '/mirror/ada';
    const brackets = '?where[name]=ada&where[age][gt]=3&cats[0][id]=1&cats[1][id]=2';
    const overHttp = (await app.request('GET', url + brackets)).body as { query: unknown };
    const overSocket = (await ask(client, 'get', { url, data })).body as { query: unknown };
    expect(overSocket.query).toEqual(overHttp.query);
  });

  it('does not add to a nested name of the url', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const url = '/mirror/ada?where[name]=url';
    const { body } = await ask(client, 'get', { url, data: { where: { name: 'data', age: 3 }, page: 1 } });
    expect((body as { query: object }).query).toEqual({ 'where[name]': 'url', page: '1' });
  });
});

describe('Sails row 47: the data of a "get", on Express with the query parser "extended"', () => {
  it('becomes objects and lists, where it nests', async () => {
    const app = await start({
      platform: express,
      controllers,
      main: (nest) => (nest as NestExpressApplication).set('query parser', 'extended'),
    });
    const client = await app.connect();
    const data = { where: { name: 'ada', age: { gt: 3 } }, cats: [{ id: 1 }, { id: 2 }], ids: [1, 2] };
    const { body } = await ask(client, 'get', { url: '/mirror/ada', data });
    expect((body as { query: object }).query).toEqual({
      where: { name: 'ada', age: { gt: '3' } },
      cats: [{ id: '1' }, { id: '2' }],
      ids: ['1', '2'],
    });
  });
});
