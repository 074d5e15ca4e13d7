import { All, Body, Controller, Get, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { shared } from '../../support/lifetime.js';
import { ask, emitted } from './support/ask.js';
import { expectRefused } from './support/refused.js';

let calls: number;

@Controller('calls')
class CallsController {
  @Get('query')
  query(@Query() query: Record<string, unknown>) {
    calls++;
    return { count: Object.keys(query).length };
  }

  @All()
  call(@Body() body: unknown) {
    calls++;
    return { calls, body };
  }
}

interface Scene {
  app: TestApplication;
  client: TestClient;
}

const startWith = (options: SocketsModuleOptions): Promise<TestApplication> =>
  start({ controllers: [CallsController], imports: [SocketsModule.forRoot(options)] });

/** One application that survives all of it. */
const survivor = shared(() => startWith({}));

async function open(options?: SocketsModuleOptions): Promise<Scene> {
  calls = 0;
  const app = options ? await startWith(options) : survivor();
  return { app, client: await app.connect() };
}

/** Expects the client and the application to be alive, and nothing else to have been called. */
async function expectAlive({ client }: Scene): Promise<void> {
  expect(calls).toBe(0);
  expect(await ask(client, 'get', { url: '/calls' })).toMatchObject({ statusCode: 200, body: { calls: 1 } });
}

const noPackets: Array<[name: string, packet: unknown]> = [
  ['nothing', undefined],
  ['null', null],
  ['a text', '/evil'],
  ['an empty text', ''],
  ['a number', 7],
  ['true', true],
  ['a list', ['/evil']],
  ['an empty list', []],
  ['bytes', Buffer.from('/evil')],
  ['an empty object', {}],
  ['a url of null', { url: null }],
  ['an empty url', { url: '' }],
  ['a url that is a number', { url: 7 }],
  ['a url that is true', { url: true }],
  ['a url that is a list', { url: ['/calls'] }],
  ['a url that is an object', { url: { toString: '' } }],
  ['a url that is an object with more', { url: { toString: 'evil', valueOf: '', length: 3, startsWith: 1 } }],
  ['a url that is bytes', { url: Buffer.from('/calls') }],
  ['a url by another name', { path: '/calls', uri: '/calls' }],
  ['a url that nobody owns', JSON.parse('{"__proto__":{"url":"/calls"}}')],
];

const noUrls: Array<[name: string, url: string]> = [
  ['another host', '//evil.example/calls'],
  ['another host and scheme', 'http://evil.example/calls'],
  ['another scheme', 'file:///evil'],
  ['a script', 'javascript:evil()'],
  ['the form for a proxy', 'evil.example:443'],
  ['an asterisk', '*'],
  ['a relative path', 'calls'],
  ['a query only', '?evil'],
  ['a fragment only', '#/calls'],
  ['a space before the path', ' /calls'],
  ['backslashes', '\\\\evil.example\\calls'],
  ['a backslash', '\\x'],
  ['a slash and a backslash', '/\\evil.example'],
  ['a line break', '/calls HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET /evil'],
  ['a line feed', '/calls\nevil'],
  ['a carriage return', '/calls\revil'],
  ['NUL', '/calls\u0000evil'],
  ['a percent-encoded NUL', '/calls%00'],
  ['dots', '/../calls'],
  ['percent-encoded dots and slashes', '/..%2f..%2fcalls'],
  ['percent-encoded dots', '/%2e%2e/calls'],
  ['a dot', '/./calls'],
  ['DEL', '/calls\u007f'],
  ['half of a character', '/calls/\ud800'],
  ['10 kB', `/calls/${'evil'.repeat(2_500)}`],
  ['10 kB of a query', `/calls?${'evil'.repeat(2_500)}`],
  ['a million slashes', '/'.repeat(900_000)],
];

describe('Sails row 49: a bad packet', () => {
  it.each(noPackets)('row 25: is refused: %s', async (_, packet) => {
    const scene = await open();
    for (const method of ['get', 'post', 'options']) expectRefused(await ask(scene.client, method, packet), 400);
    await expectAlive(scene);
  });

  it.each(noUrls)('row 25: is refused for its url: %s', async (_, url) => {
    const scene = await open();
    for (const method of ['get', 'post', 'head']) expectRefused(await ask(scene.client, method, { url }), 400);
    await expectAlive(scene);
  });

  it('is refused where it is the acknowledgement only', async () => {
    const scene = await open();
    const [answer] = await emitted(scene.client, 'get');
    expectRefused(answer, 400);
    await expectAlive(scene);
  });

  it('is refused where there is no acknowledgement, by an event that says why', async () => {
    const scene = await open();
    const { client } = scene;
    for (const packet of [null, { url: '//evil' }, { url: '/calls', headers: 'evil' }]) {
      client.socket.emit('get', packet);
      const [told, ...others] = await client.next('sails:parseError');
      expect(told).toEqual({ statusCode: 400, code: 'BAD_REQUEST', message: expect.not.stringMatching(/evil|\n/) });
      expect(others).toEqual([]);
      client.forget();
    }
    await expectAlive(scene);
  });

  it('says by that event only what the client got wrong', async () => {
    const scene = await open();
    scene.client.socket.emit('get', { url: '/nowhere' });
    scene.client.socket.emit('get', { url: '/socket.io/' });
    await expectAlive(scene);
    await scene.app.settle();
    expect(scene.client.heard('sails:parseError')).toEqual([]);
  });

  it('row 23: without an acknowledgement, a good one is handled, and nothing is answered', async () => {
    const scene = await open();
    scene.client.socket.emit('post', { url: '/calls', data: { a: 1 } });
    await expect.poll(() => calls).toBe(1);
    await scene.app.settle();
    expect(scene.client.received.map(([event]) => event)).toEqual(['marker']);
  });

  it('has further arguments, which nobody reads', async () => {
    const { client } = await open();
    const [answer] = await emitted(client, 'get', { url: '/calls' }, { url: '//evil' }, 'more');
    expect(answer).toMatchObject({ statusCode: 200 });
  });
});

const badHeaders: Array<[name: string, headers: unknown]> = [
  ['a text', 'x-evil: 1'],
  ['a number', 7],
  ['a list', ['x-evil', '1']],
  ['a list as a value', { 'x-mine': ['evil'] }],
  ['an object as a value', { 'x-mine': { toString: 'evil' } }],
  ['bytes as a value', { 'x-mine': Buffer.from('evil') }],
  ['a line break in a value', { 'x-mine': 'a\r\nx-evil: 1' }],
  ['a line feed in a value', { 'x-mine': 'a\nx-evil: 1' }],
  ['NUL in a value', { 'x-mine': 'evil\u0000' }],
  ['a character that no header can have', { 'x-mine': 'evil 猫' }],
  ['a line break in a name', { 'x-mine\r\nx-evil': '1' }],
  ['a colon in a name', { 'x-mine: evil': '1' }],
  ['a space in a name', { 'x evil': '1' }],
  ['an empty name', { '': 'evil' }],
  ['a name that is not ASCII', { 'x-ü': 'evil' }],
  ['a line break for a header that is not taken from packets', { cookie: 'a\r\nx-evil: 1' }],
  ['1,000 of them', Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-evil-${index}`, '1']))],
  ['20 kB in one', { 'x-mine': 'evil'.repeat(5_000) }],
  ['20 kB in many', Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`x-${index}`, 'evil'.repeat(60)]))],
];

describe('Sails row 49: bad headers', () => {
  it.each(badHeaders)('row 28: are refused: %s', async (_, headers) => {
    const scene = await open();
    for (const method of ['get', 'post']) {
      expectRefused(await ask(scene.client, method, { url: '/calls', headers }), 400);
    }
    await expectAlive(scene);
  });

  it('row 28: change nothing of other objects', async () => {
    const scene = await open();
    const headers: unknown = JSON.parse('{"__proto__":{"polluted":"evil"}}');
    expectRefused(await ask(scene.client, 'get', { url: '/calls', headers }), 400);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    await expectAlive(scene);
  });
});

describe('Sails row 49: the methods that there are not', () => {
  it.each(['trace', 'TRACE', 'CONNECT', 'GET', 'Get', '__proto__'])(
    'row 26: are refused, where a client may take them for one: %s',
    async (method) => {
      const scene = await open();
      expectRefused(await ask(scene.client, method, { url: '/calls' }), 405);
      await expectAlive(scene);
    },
  );

  it.each(['connect-evil', 'propfind', 'search', 'constructor', 'toString', 'evil'.repeat(250), ''])(
    'row 26: are events like any other: "%s"',
    async (method) => {
      const scene = await open();
      expect(await scene.client.socket.emitWithAck(method, { url: '/calls' })).toMatchObject({ code: 'UNKNOWN_EVENT' });
      await expectAlive(scene);
    },
  );

  it.each(['delete', 'DELETE', 'CONNECT', '__proto__', 7, null, { toString: '' }])(
    'row 26: are not asked for by a field of the packet: %j',
    async (method) => {
      const { client } = await open();
      const answer = await ask(client, 'get', { url: '/calls', method });
      expect(answer).toMatchObject({ statusCode: 200, body: { calls: 1 } });
    },
  );
});

describe('Sails row 49: much or deep data', () => {
  it('row 29: a thousand parameters are a query as over HTTP', async () => {
    const { app, client } = await open();
    const names = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    const data = Object.fromEntries(names.map((name) => [name, 1]));
    const url = '/calls/query';
    const overHttp = await app.request('GET', `${url}?${names.map((name) => `${name}=1`).join('&')}`);
    expect(await ask(client, 'get', { url, data })).toMatchObject({ statusCode: 200, body: overHttp.body });
  });

  it('row 29: what does not fit into a query is refused', async () => {
    const scene = await open();
    const { client } = scene;
    expectRefused(await ask(client, 'get', { url: '/calls', data: { a: 'evil'.repeat(10_000) } }), 414);
    expectRefused(await ask(client, 'get', { url: '/calls', data: { ids: Array.from({ length: 9_000 }) } }), 414);
    await expectAlive(scene);
  });

  it.each([
    ['a list', ['evil']],
    ['a text', 'evil'],
    ['a number', 7],
    ['true', true],
    ['bytes', Buffer.from('evil')],
    ['bytes in a field', { a: { b: Buffer.from('evil') } }],
    ['bytes in a list', { a: [1, Buffer.from('evil')] }],
    ['half of a character', { a: '\ud800' }],
    ['half of a character in a name', { '\udc00': 'evil' }],
  ])('row 30: the data of a "get" is refused: %s', async (_, data) => {
    const scene = await open();
    for (const method of ['get', 'head']) expectRefused(await ask(scene.client, method, { url: '/calls', data }), 400);
    await expectAlive(scene);
  });

  it('row 30: a body beyond the buffer of the server ends the connection, and nothing else', async () => {
    const scene = await open();
    const ended = new Promise((resolve) => scene.client.socket.once('disconnect', resolve));
    scene.client.socket.emit('post', { url: '/calls', data: 'x'.repeat(5_000_000) });
    await ended;
    await expectAlive({ ...scene, client: await scene.app.connect() });
  });

  it('row 30: a body of 5 MB is refused by the parser of the application, where the buffer is larger', async () => {
    const scene = await open({ server: { maxHttpBufferSize: 10_000_000 } });
    const data = { big: 'x'.repeat(5_000_000) };
    const overHttp = await scene.app.request('POST', '/calls', data);
    const overSocket = await ask(scene.client, 'post', { url: '/calls', data });
    expect(overHttp.status).toBe(413);
    expect(overSocket).toMatchObject({ statusCode: 413, body: overHttp.body });
    await expectAlive(scene);
  });

  it.each([33, 5_000, 100_000, 400_000])('row 13: data of %i levels is refused', async (levels) => {
    const scene = await open();
    for (const [opening, closing] of [
      ['[', ']'],
      ['{"e":', '}'],
    ] as const) {
      const data = `${opening.repeat(levels)}0${closing.repeat(levels)}`;
      // More than a packet may be.
      if (data.length > 900_000) continue;
      for (const method of ['get', 'post', 'delete']) {
        expectRefused(await written(scene.client, method, `{"url":"/calls","data":${data}}`), 400);
        expectRefused(await written(scene.client, method, `{"url":"/calls","params":${data}}`), 400);
        expectRefused(await written(scene.client, method, `{"url":${data}}`), 400);
        expectRefused(await written(scene.client, method, `{"url":"/calls","headers":{"x-mine":${data}}}`), 400);
      }
    }
    await expectAlive(scene);
  });

  it('row 13: is refused, too, where nobody reads it', async () => {
    const scene = await open();
    const data = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expectRefused(await written(scene.client, 'get', `{"url":"/calls","more":${data}}`), 400);
    expectRefused(await written(scene.client, 'get', `{"url":"/calls"},${data}`), 400);
    await expectAlive(scene);
  });

  it('row 13: where the option allows more levels, there may be more', async () => {
    const { client } = await open({ maxNesting: 40 });
    const data = nested(40);
    expect(await ask(client, 'post', { url: '/calls', data })).toMatchObject({ body: { body: data } });
    expectRefused(await ask(client, 'post', { url: '/calls', data: nested(41) }), 400);
  });

  it('row 15: "__proto__" in data changes nothing of other objects', async () => {
    const { app, client } = await open();
    for (const text of ['{"__proto__":{"polluted":1}}', '{"a":{"__proto__":{"polluted":1}}}']) {
      const data: unknown = JSON.parse(text);
      const overHttp = await app.request('POST', '/calls', data);
      const overSocket = await ask(client, 'post', { url: '/calls', data });
      expect(overSocket.statusCode).toBe(overHttp.status);
      await ask(client, 'get', { url: '/calls', data });
      await ask(client, 'post', { url: '/calls', params: data, data: { b: 1 } });
      await ask(client, 'post', JSON.parse(`{"url":"/calls","__proto__":{"polluted":1},"data":${text}}`));
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  const fields = Object.fromEntries(Array.from({ length: 100_001 }, (_, index) => [`f${index}`, 1]));

  it('row 14: an object of 100,001 fields and a list of a million are refused', async () => {
    const scene = await open({ server: { maxHttpBufferSize: 10_000_000 } });
    for (const data of [fields, Array.from({ length: 1_000_000 }, () => 1)]) {
      for (const method of ['get', 'post'])
        expectRefused(await ask(scene.client, method, { url: '/calls', data }), 413);
    }
    await expectAlive(scene);
  });

  it('row 14: where the option allows them, they are as over HTTP', async () => {
    const limits = { maxKeys: 2_000_000 };
    const { app, client } = await open({ limits, server: { maxHttpBufferSize: 10_000_000 } });
    for (const data of [fields, Array.from({ length: 1_000_000 }, () => 1)]) {
      const overHttp = await app.request('POST', '/calls', data);
      const overSocket = await ask(client, 'post', { url: '/calls', data });
      expect(overSocket).toMatchObject({ statusCode: overHttp.status, body: overHttp.body });
    }
  });

  it.each([
    ['in a field', { a: Buffer.from('evil') }],
    ['in a list', [1, Buffer.from('evil')]],
    ['deeper', { a: [{ b: Buffer.from('evil') }] }],
  ])('row 14: bytes %s are refused, and what to send instead is said', async (_, data) => {
    const scene = await open();
    const answer = await ask(scene.client, 'post', { url: '/calls', data });
    expectRefused(answer, 400);
    expect(answer).toMatchObject({ body: { message: expect.stringContaining('base64') } });
    await expectAlive(scene);
  });
});

/** Writes a packet by hand: the client's own encoder fails at some thousand levels. */
function written(client: TestClient, method: string, json: string): Promise<unknown> {
  const { acks, io } = client.socket as unknown as {
    acks: Record<number, (answer: unknown) => void>;
    io: { engine: { write(packet: string): void } };
  };
  const id = 1_000_000 + Object.keys(acks).length;
  return new Promise((resolve) => {
    acks[id] = resolve;
    io.engine.write(`2${id}["${method}",${json}]`);
  });
}

function nested(levels: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < levels; level++) value = { evil: value };
  return value;
}
