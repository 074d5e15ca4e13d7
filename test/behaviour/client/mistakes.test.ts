import { describe, expect, it } from 'vitest';
import { connect } from '../../../src/front-ends/client/index.js';
import { client } from './support/client.js';

/** The client as JavaScript, without types, lets one call it. */
type Anyhow = (...args: unknown[]) => unknown;

const connectAnyhow = connect as Anyhow;

describe('connect teaches', () => {
  it.each([
    ['no server outside a page', []],
    ['options only outside a page', [{ auth: {} }]],
    ['an empty text', ['']],
    ['a path outside a page', ['/admin']],
    ['a server without a scheme', ['localhost:3000']],
    ['another scheme', ['ftp://localhost']],
    ['a number', [3000]],
    ['null', [null]],
    ['a URL object', [new URL('http://localhost')]],
  ])('that %s is not a server', (_, args) => {
    expect(() => connectAnyhow(...args)).toThrow(
      new TypeError(
        'connect: the url must be that of the server, such as "http://localhost:3000", or with a namespace ' +
          '"http://localhost:3000/admin". It may be left out only on a page',
      ),
    );
  });

  it.each([
    [
      { requestTimout: 5 },
      TypeError,
      'connect: there is no option "requestTimout". There are headers, requestTimeout, ',
    ],
    [{ requestTimeout: '5' }, TypeError, 'connect: the option "requestTimeout" must be a number of milliseconds'],
    [
      { requestTimeout: 0 },
      RangeError,
      'connect: the option "requestTimeout" must be more than 0 and at most 2147483647',
    ],
    [{ requestTimeout: Infinity }, RangeError, 'must be more than 0 and at most'],
    [{ requestTimeout: NaN }, RangeError, 'must be more than 0 and at most'],
    [{ headers: new Headers() }, TypeError, 'connect: the headers must be a plain object'],
    [{ headers: { 'x-a': 5 } }, TypeError, 'connect: the header "x-a" must be a string'],
    [{ retries: 3 }, TypeError, 'connect: leave out the option "retries": Socket.IO would send requests again'],
    [{ ackTimeout: 3 }, TypeError, 'connect: leave out the option "ackTimeout"'],
    ['options', TypeError, 'connect: the options must be an object, such as { auth: { token } }'],
    [null, TypeError, 'connect: the options must be an object'],
  ])('what is wrong with the options %j', (options, kind, message) => {
    const attempt = () => connectAnyhow('http://localhost:1', options);

    expect(attempt).toThrow(kind);
    expect(attempt).toThrow(message);
  });
});

describe('A request teaches', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  it.each([
    ['get', ['http://localhost:3000/users']],
    ['get', ['users']],
    ['post', [undefined]],
    ['delete', [7]],
  ])('that a url is a path: %s%j', async (method, args) => {
    await expect(call(method, ...args)).rejects.toThrow(
      new TypeError(
        `${method}: the url must be a path of the application, such as "/users/1". ` +
          'The server is the one that connect() was given',
      ),
    );
  });

  it.each([
    [
      'get',
      '/a',
      { signal: AbortSignal.abort() },
      undefined,
      'GET /a: the data contains AbortSignal in "signal", which cannot be sent. ' +
        'Options are the argument after the data',
    ],
    ['get', '/a', { repeat: () => undefined }, undefined, 'GET /a: the data contains Function in "repeat"'],
    [
      'post',
      '/a',
      { file: new Blob([]) },
      undefined,
      'POST /a: the data contains Blob in "file", which cannot be sent. Data must be JSON, or bytes alone',
    ],
    ['post', '/a', { bytes: Buffer.from('x') }, undefined, 'POST /a: the data contains Uint8Array in "bytes"'],
    ['post', '/a', new Map(), undefined, 'POST /a: the data contains Map, which cannot be sent'],
    ['post', '/a', Promise.resolve(), undefined, 'POST /a: the data contains a promise that nobody awaited'],
    ['post', '/a', circular, undefined, 'circular'],
    ['post', '/a', { n: 1n }, undefined, 'BigInt'],
    ['post', '/a', {}, { repeat: () => undefined }, 'post: the option "repeat" is for get and head'],
    ['get', '/a', {}, { repeat: true }, 'get: the option "repeat" must be a function that takes each repetition'],
    [
      'get',
      '/a',
      {},
      { timout: 5 },
      'get: there is no option "timout". There are headers, params, repeat, signal, timeout',
    ],
    ['get', '/a', {}, { timeout: '5' }, 'get: the option "timeout" must be a number of milliseconds'],
    ['get', '/a', {}, { signal: new AbortController() }, 'get: the option "signal" must be an AbortSignal'],
    ['get', '/a', {}, { headers: [] }, 'get: the headers must be a plain object'],
    ['get', '/a', {}, 'options', 'get: the options must be an object'],
    ['get', '/a', {}, null, 'get: the options must be an object'],
  ])('what is wrong with %s%j', async (method, url, data, options, message) => {
    const attempt = call(method, url, data, options);

    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('that a time is in range', async () => {
    await expect(call('get', '/a', {}, { timeout: -1 })).rejects.toThrow(RangeError);
  });

  it('which methods there are', async () => {
    await expect(call('request', { method: 'trace', url: '/a' })).rejects.toThrow(
      new TypeError('request: the method must be one of get, post, put, patch, delete, head, options'),
    );
    await expect(call('request')).rejects.toThrow(TypeError);
  });

  it('that only reads are repeated, however they are written', async () => {
    await expect(call('request', { method: 'PUT', url: '/a', repeat: () => undefined })).rejects.toThrow(
      'put: the option "repeat" is for get and head. Anything else might be done twice',
    );
  });
});

describe('A listener teaches', () => {
  it.each(['on', 'once', 'off'])('%s that a resource has a name', (method) => {
    const attempt = (resource: unknown) => () => callNow(method, resource, () => undefined);

    expect(attempt('')).toThrow(`${method}: the resource must be a name, such as "card"`);
    expect(attempt(undefined)).toThrow(TypeError);
    expect(attempt('connect')).toThrow(`${method}: "connect" is not a resource. See onState()`);
  });

  it('that it is a function', () => {
    expect(() => callNow('on', 'card')).toThrow(new TypeError('on: the listener to "card" must be a function'));
    expect(() => callNow('onState')).toThrow(new TypeError('onState: the listener must be a function'));
  });

  it('what unsubscribe takes', async () => {
    await expect(call('unsubscribe')).rejects.toThrow('unsubscribe: the resource must be a name');
    await expect(call('unsubscribe', 'card', [{ id: 1 }])).rejects.toThrow(
      new TypeError('unsubscribe: the ids must be strings or numbers, one or an array of them'),
    );
    await expect(call('unsubscribe', 'card', 1, { repeat: 1 })).rejects.toThrow(
      'unsubscribe: there is no option "repeat". There are signal, timeout',
    );
  });
});

function callNow(method: string, ...args: unknown[]): unknown {
  const sockets: object = client('http://127.0.0.1:9', { autoConnect: false });
  return (sockets as Record<string, Anyhow>)[method](...args);
}

const call = async (method: string, ...args: unknown[]): Promise<unknown> => callNow(method, ...args);
