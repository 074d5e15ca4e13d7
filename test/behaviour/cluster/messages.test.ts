import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SocketNotFoundError, SocketRequestTimeoutError } from '../../../src/index.js';
import { withCluster } from '../../support/cluster.js';
import { expectRefusal } from '../../support/refusal.js';

const startCluster = withCluster();

describe('broadcasts on two servers of a cluster', () => {
  it('rows 8, 9 and 10: members hear it once, and those omitted never, whichever the server', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there, omittedHere, omittedThere, outsider] = [
      await cluster.connect(a),
      await cluster.connect(b),
      await cluster.connect(a),
      await cluster.connect(b),
      await cluster.connect(b),
    ];
    const members = [here.id, there.id, omittedHere.id, omittedThere.id];
    await a.sockets.join(members, ['x', 'y']);
    const except = [a.sockets.get(omittedHere.id), omittedThere.id];

    await a.sockets.broadcast('x', 'hello', 1, { except });
    await a.sockets.broadcast(['x', 'y'], 'hello', 2, { except });
    await a.sockets.broadcast('x', { short: true }, { except });
    await a.sockets.broadcast([there.id, 'nobody'], 'private', 1);

    await cluster.settle();
    for (const client of [here, there]) {
      expect([client.heard('hello'), client.heard('message')]).toEqual([[1, 2], [{ short: true }]]);
    }
    for (const client of [omittedHere, omittedThere, outsider]) {
      expect([client.heard('hello'), client.heard('message')]).toEqual([[], []]);
    }
    expect([there.heard('private'), here.heard('private'), outsider.heard('private')]).toEqual([[1], [], []]);
  });

  it('row 11: blast reaches everybody on all servers but the omitted one', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there, omitted] = [await cluster.connect(a), await cluster.connect(b), await cluster.connect(b)];

    await a.sockets.blast('hello', 1, { except: omitted.id });

    await cluster.settle();
    expect([here, there, omitted].map((client) => client.heard('hello'))).toEqual([[1], [1], []]);
  });

  it('data arrives on the other server as on this one: dates, hidden fields, bytes, absent values', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    const data = {
      at: new Date(0),
      user: { password: 's3cret', toJSON: () => ({ name: 'ada' }) },
      bytes: Buffer.from([0, 255]),
      floats: new Float64Array([0.5]),
      none: undefined,
      list: [undefined, NaN],
      event: 'disconnect',
      then: 'x',
      length: 3,
      subscribe: true,
    };

    await a.sockets.blast('hello', data);
    await a.sockets.blast('json', { ...data, bytes: 0, floats: 0 });
    await a.sockets.blast('nothing');

    await cluster.settle();
    expect(there.received.filter(([event]) => event !== 'settled')).toEqual(
      here.received.filter(([event]) => event !== 'settled'),
    );
    expect(there.heard('hello')).toEqual([
      {
        at: '1970-01-01T00:00:00.000Z',
        user: { name: 'ada' },
        bytes: Buffer.from([0, 255]),
        floats: Buffer.from(new Float64Array([0.5]).buffer),
        list: [null, null],
        event: 'disconnect',
        then: 'x',
        length: 3,
        subscribe: true,
      },
    ]);
  });
});

describe('a request to a socket of the other server', () => {
  it('gives its answer', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const there = await cluster.connect(b);
    there.socket.on('ask', (data: unknown, answer: (answer: unknown) => void) => answer({ asked: data }));
    there.socket.on('ping', (answer: (answer: unknown) => void) => answer(null));

    expect(await a.sockets.request(there.id, 'ask', { n: 1 })).toEqual({ asked: { n: 1 } });
    expect(await a.sockets.request(there.id, 'ping')).toBeNull();
  });

  it('fails when there is no answer in time, and when there is no such socket', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const there = await cluster.connect(b);

    await expectRefusal(
      a.sockets.request(there.id, 'ask', 1, { timeout: 50 }),
      SocketRequestTimeoutError,
      'SOCKET_REQUEST_TIMEOUT',
      'within 50 ms',
    );
    await expectRefusal(a.sockets.request('nobody', 'ask'), SocketNotFoundError, 'SOCKET_NOT_FOUND');
    expect(there.heard('ask')).toEqual([1]);
  });
});

describe('server events on two servers of a cluster', () => {
  it('row 16: emit reaches the other server, blast this one too; clients hear none of it', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const clients = [await cluster.connect(a), await cluster.connect(b)];
    const heard: Record<string, unknown[]> = { a: [], b: [] };
    a.sockets.onServerEvent('cache', (...args) => heard.a?.push(args));
    b.sockets.onServerEvent('cache', (...args) => heard.b?.push(args));

    await a.sockets.serverSideEmit('cache', 'emit', { at: new Date(0) });
    await a.sockets.serverSideBlast('cache', 'blast', undefined);

    await cluster.settle();
    expect(heard.a).toEqual([['blast', null]]);
    expect(heard.b).toEqual([
      ['emit', { at: '1970-01-01T00:00:00.000Z' }],
      ['blast', null],
    ]);
    for (const client of clients) expect(client.heard('cache')).toEqual([]);
  });

  it('row 16: a listener that throws or rejects on the other server is logged there, without harm', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const client = await cluster.connect(b);
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    onTestFinished(() => log.mockRestore());
    b.sockets.onServerEvent('cache', () => {
      throw new Error('thrown');
    });
    b.sockets.onServerEvent('cache', () => Promise.reject(new Error('rejected')));

    await a.sockets.serverSideEmit('cache');
    await a.sockets.serverSideEmit('nobody listens');
    await a.sockets.blast('alive', 1);

    await cluster.settle();
    expect(client.heard('alive')).toEqual([1]);
    const lines = log.mock.calls.map(([message]) => message as string);
    expect(lines.filter((line) => line.includes('"cache"'))).toEqual([
      'A listener of the server event "cache" failed. thrown',
      'A listener of the server event "cache" failed. rejected',
    ]);
  });
});
