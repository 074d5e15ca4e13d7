import { describe, expect, it } from 'vitest';
import { start } from '../../../support/application.js';
import { shared } from '../../../support/lifetime.js';
import { answerTo, ask, connectSails, nextOf, settle, type SailsSocket } from './support/sails-client.js';
import { sailsControllers } from './support/sails-controller.js';

const transports = ['websocket', 'polling'];
const application = shared(() => start(sailsControllers));

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
const verbs: Verb[] = ['get', 'post', 'put', 'patch', 'delete'];

describe.each(transports)('Sails row 51: the unmodified sails.io.js by %s', (transport) => {
  const connect = async (): Promise<SailsSocket> => connectSails(application().url, { transports: [transport] });

  it('connects to an application that did nothing but import the module, in the protocol of its time', async () => {
    const app = application();

    const socket = await connectSails(app.url, { transports: [transport] });

    expect(socket.isConnected()).toBe(true);
    const conn = app.sockets.server.sockets.sockets.get(socket._raw?.id ?? '')?.conn;
    expect({ protocol: conn?.protocol, transport: conn?.transport.name }).toEqual({ protocol: 3, transport });
  });

  it.each(verbs)('sends a request by %s, with data and without, and gets its answer', async (verb) => {
    const socket = await connect();

    const bare = await answerTo((callback) => socket[verb]('/echo', callback));
    const full = await answerTo((callback) => socket[verb]('/echo?a=1', { name: 'ada', tags: ['x', 'y'] }, callback));

    const asked = { method: verb.toUpperCase(), isSocket: true };
    expect(bare).toMatchObject({ statusCode: 200, body: { ...asked, url: '/echo', query: {} } });
    expect(full.body).toMatchObject(
      verb === 'get'
        ? { ...asked, query: { a: '1', name: 'ada', tags: ['x', 'y'] } }
        : { ...asked, url: '/echo?a=1', query: { a: '1' }, body: { name: 'ada', tags: ['x', 'y'] } },
    );
    expect(full.error).toBeUndefined();
  });

  it('asks for anything by request(), with headers of its own', async () => {
    const socket = await connect();

    const { body } = await ask(socket, { method: 'PATCH', url: '/echo', data: { a: 1 }, headers: { 'X-One': 'one' } });
    const byParams = await ask(socket, { method: 'put', url: '/echo', params: { a: 2 } });
    const byDefault = await ask(socket, { url: '/hello' });

    expect(body).toMatchObject({ method: 'PATCH', body: { a: 1 }, headers: { 'x-one': 'one' } });
    expect(byParams.body).toMatchObject({ method: 'PUT', body: { a: 2 } });
    expect(byDefault.body).toEqual({ hello: 'world' });
  });

  it('may ask without a callback, and without data', async () => {
    const socket = await connect();

    socket.get('/hello');
    socket.post('/echo', { a: 1 });
    socket.delete('/nothing-here');

    expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
  });

  it.each([
    ['object', { name: 'ada' }],
    ['null', null],
    ['zero', 0],
    ['false', false],
    ['string', 'ada'],
    ['array', [1, { two: 2 }]],
  ])('gets the body %s as what it is', async (name, body) => {
    const socket = await connect();

    expect(await ask(socket, { url: `/body/${name}` })).toMatchObject({ body, statusCode: 200 });
  });

  it('keeps a list that it sends a list', async () => {
    const socket = await connect();

    const { body } = await answerTo((callback) => socket.put('/array', [1, { two: 2 }], callback));

    expect(body).toEqual({ isArray: true, body: [1, { two: 2 }] });
  });

  it('gets headers, but no cookies', async () => {
    const socket = await connect();

    const { headers } = await ask(socket, { url: '/echo' });

    expect(headers).toMatchObject({
      'x-echo': 'yes',
      'content-type': expect.stringContaining('application/json') as string,
    });
  });

  it.each([400, 401, 403, 404, 409, 422, 500, 501, 503])(
    'is told of a %i, with the body, in jwr.error',
    async (code) => {
      const socket = await connect();

      const jwr = await ask(socket, { url: `/status/${code}` });

      expect(jwr).toMatchObject({ statusCode: code, body: { status: String(code) } });
      expect(jwr.error?.message).toContain(`Server responded with a ${code} status code`);
    },
  );

  it('is told of a route that is not there, and of a handler that fails, without its secrets', async () => {
    const socket = await connect();

    const missing = await ask(socket, { url: '/nothing-here' });
    const failed = await ask(socket, { url: '/failure' });

    expect(missing).toMatchObject({ statusCode: 404, error: expect.any(Error) as Error });
    expect(failed).toMatchObject({ statusCode: 500, body: { statusCode: 500, message: 'Internal server error' } });
  });

  it('is told what is wrong with a request that is none', async () => {
    const socket = await connect();

    const jwr = await ask(socket, { url: 'http://elsewhere.example/x' });

    expect(jwr).toMatchObject({ statusCode: 400, body: { statusCode: 400, code: 'BAD_REQUEST' } });
    expect(JSON.stringify(jwr)).not.toContain('elsewhere');
    expect(jwr.error).toBeInstanceOf(Error);
  });

  it('hears publications by the name of the resource, not those of its own requests', async () => {
    const app = application();
    const [watcher, actor] = await Promise.all([1, 2].map(() => connectSails(app.url, { transports: [transport] })));
    const heardByActor: unknown[] = [];
    actor.on('user', (message) => heardByActor.push(message));
    for (const socket of [watcher, actor]) await ask(socket, { url: '/users' });
    const heard = nextOf(watcher, 'user');

    await ask(actor, { method: 'post', url: '/users', data: { name: 'ada' } });

    expect((await heard)[0]).toEqual({ verb: 'created', id: 7, data: { id: 7, name: 'ada' } });
    await settle(app, actor);
    expect(heardByActor).toEqual([]);
  });

  it('hears broadcasts, with any number of listeners, until they are taken off', async () => {
    const app = application();
    const socket = await connectSails(app.url, { transports: [transport] });
    const heard: string[] = [];
    const first = (): unknown => heard.push('first');
    socket.on('news', first).on('news', () => heard.push('second'));

    await settle(app, socket, () => app.sockets.blast('news', { n: 1 }));
    socket.off('news', first);
    await settle(app, socket, () => app.sockets.blast('news', { n: 2 }));

    expect(heard).toEqual(['first', 'second', 'second']);
  });

  it('gets every answer where it asked, with many requests at once', async () => {
    const socket = await connect();
    const numbers = Array.from({ length: 60 }, (_, number) => number);

    const answers = await Promise.all(numbers.map((n) => ask(socket, { method: 'post', url: '/echo', data: { n } })));

    expect(answers.map(({ body }) => (body as { body: { n: number } }).body.n)).toEqual(numbers);
  });
});

describe('Sails rows 50 and 51: the headers of sails.io.js', () => {
  const headersOf = async (socket: SailsSocket, headers?: Record<string, unknown>): Promise<Record<string, string>> => {
    const { body } = await ask(socket, { url: '/echo', headers });
    return (body as { headers: Record<string, string> }).headers;
  };

  it('go along with every request, and one request may say otherwise or leave one out', async () => {
    const app = application();
    const socket = await connectSails(app.url, { headers: { 'x-one': 'one', 'X-Two': 'two' } });

    expect(await headersOf(socket)).toMatchObject({ 'x-one': 'one', 'x-two': 'two' });
    expect(await headersOf(socket, { 'x-one': 'other' })).toMatchObject({ 'x-one': 'other', 'x-two': 'two' });
    expect(await headersOf(socket, { 'x-one': undefined })).not.toHaveProperty('x-one');
    socket.headers = { 'x-three': 'three' };
    expect(await headersOf(socket)).toMatchObject({ 'x-three': 'three' });
    expect(await headersOf(socket)).not.toHaveProperty('x-two');
  });

  it('of the connection go along too, and cannot be replaced where they say who asks', async () => {
    const app = application();
    const initialConnectionHeaders = { 'x-app': 'mine', cookie: 'who=ada', authorization: 'Bearer ada' };
    const socket = await connectSails(app.url, { initialConnectionHeaders });

    const headers = await headersOf(socket, {
      cookie: 'who=eve',
      authorization: 'Bearer eve',
      origin: 'http://evil.example',
    });

    expect(headers).toMatchObject(initialConnectionHeaders);
    expect(headers).not.toHaveProperty('origin');
    expect(headers.host).toBe(new URL(app.url).host);
  });

  it('say in the query of the handshake what the application wants to know', async () => {
    const app = application();

    const socket = await connectSails(app.url, { query: '?board=7&who=ada' });

    const { query } = app.sockets.server.sockets.sockets.get(socket._raw?.id ?? '')?.handshake ?? {};
    expect(query).toMatchObject({
      board: '7',
      who: 'ada',
      __sails_io_sdk_version: '1.2.1',
      __sails_io_sdk_platform: 'node',
      __sails_io_sdk_language: 'javascript',
    });
    expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
  });
});

describe('Sails row 49: what a client of that time sends amiss', () => {
  const packets: Array<[string, unknown[]]> = [
    ['nothing', []],
    ['null', [null]],
    ['no url', [{ method: 'get' }]],
    ['a url that is not a text', [{ url: 7 }]],
    ['a list', [[]]],
  ];

  it.each(packets)('%s is answered with 400, once', async (_what, args) => {
    const { _raw: raw } = await connectSails(application().url);
    const answers: unknown[][] = [];

    await new Promise<void>((resolve) => {
      raw?.emit('get', ...args, (...answer: unknown[]) => {
        answers.push(answer);
        resolve();
      });
    });

    expect(answers).toEqual([
      [
        {
          statusCode: 400,
          headers: {},
          body: { statusCode: 400, code: 'BAD_REQUEST', message: expect.any(String) as string },
        },
      ],
    ]);
  });

  it('without an acknowledgement it is told by sails:parseError, without a stack', async () => {
    const app = application();
    const socket = await connectSails(app.url);
    const told = nextOf(socket, 'sails:parseError');

    socket._raw?.emit('get', { url: 7 });

    expect(await told).toEqual([{ statusCode: 400, code: 'BAD_REQUEST', message: expect.any(String) as string }]);
  });
});
