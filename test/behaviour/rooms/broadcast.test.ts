import { describe, expect, it } from 'vitest';
import { start } from '../../support/application.js';
import { caller, withRequest } from '../../support/caller.js';
describe('broadcast', () => {
  it('row 8: members hear it once; outsiders and the omitted do not', async () => {
    const app = await start();
    const [member, omitted, outsider] = [await app.connect(), await app.connect(), await app.connect()];
    await app.sockets.join([member.id, omitted.id], 'fun');

    await app.sockets.broadcast('fun', 'hello', { to: 'you' }, { except: omitted.id });

    await app.settle();
    expect(member.heard('hello')).toEqual([{ to: 'you' }]);
    expect(omitted.heard('hello')).toEqual([]);
    expect(outsider.heard('hello')).toEqual([]);
  });

  it('row 9: the short form is a "message", and omits', async () => {
    const app = await start();
    const [member, omitted] = [await app.connect(), await app.connect()];
    await app.sockets.join([member.id, omitted.id], 'fun');

    await app.sockets.broadcast('fun', { to: 'you' }, { except: app.sockets.get(omitted.id) });
    await app.sockets.broadcast('fun', ['a', 'list'], { except: omitted.id });
    await app.sockets.broadcast('fun', undefined, 'text', { except: omitted.id });
    await app.sockets.broadcast('fun', '', 'text', { except: omitted.id });

    await app.settle();
    expect(member.heard('message')).toEqual([{ to: 'you' }, ['a', 'list'], 'text', 'text']);
    expect(omitted.heard('message')).toEqual([]);
  });

  it('row 9: a single string is the name of the event, which then has no data', async () => {
    const app = await start();
    const client = await app.connect();

    await app.sockets.broadcast(client.id, 'ping');
    await app.sockets.broadcast(client.id, 'ping', undefined, {});

    await app.settle();
    expect(client.received.filter(([event]) => event === 'ping')).toEqual([['ping'], ['ping']]);
    expect(client.heard('message')).toEqual([]);
  });

  it('row 10: a socket in several of the rooms hears it exactly once', async () => {
    const app = await start();
    const [both, one, none] = [await app.connect(), await app.connect(), await app.connect()];
    await app.sockets.join(both.id, ['x', 'y']);
    await app.sockets.join(one.id, 'y');

    await app.sockets.broadcast(['x', 'y', both.id, 'x'], 'hello', 1);

    await app.settle();
    expect([both, one, none].map((client) => client.heard('hello'))).toEqual([[1], [1], []]);
  });

  it('row 7: a broadcast to a socket id reaches only that socket', async () => {
    const app = await start();
    const [a, b] = [await app.connect(), await app.connect()];

    await app.sockets.broadcast(a.id, 'hello', 1);

    await app.settle();
    expect([a.heard('hello'), b.heard('hello')]).toEqual([[1], []]);
  });

  it('row 12: a list of ids is a list of rooms; an unknown one is not an error', async () => {
    const app = await start();
    const [a, b, c] = [await app.connect(), await app.connect(), await app.connect()];

    await app.sockets.broadcast([a.id, 'nobody', b.id], 'hello', 1);
    await app.sockets.broadcast('nobody', 'hello', 2);

    await app.settle();
    expect([a, b, c].map((client) => client.heard('hello'))).toEqual([[1], [1], []]);
  });

  it('row 11: blast reaches everybody but the omitted', async () => {
    const app = await start();
    const [a, b, omitted] = [await app.connect(), await app.connect(), await app.connect()];

    await app.sockets.blast('hello', 1, { except: omitted.id });
    await app.sockets.blast({ short: true }, { except: omitted.id });
    await app.sockets.blast('ping');

    await app.settle();
    for (const client of [a, b]) {
      expect(client.received.filter(([event]) => event !== 'marker')).toEqual([
        ['hello', 1],
        ['message', { short: true }],
        ['ping'],
      ]);
    }
    expect(omitted.received.filter(([event]) => event !== 'marker')).toEqual([['ping']]);
  });

  it('rows 8 and 11: except takes sockets, ids, rooms, and a list that mixes them', async () => {
    const app = await start();
    const [a, b, c, hears] = [await app.connect(), await app.connect(), await app.connect(), await app.connect()];
    await app.sockets.join([a.id, b.id, c.id, hears.id], 'fun');
    await app.sockets.join(c.id, 'quiet');

    await app.sockets.broadcast('fun', 'hello', 1, { except: [app.sockets.get(a.id), b.id, 'quiet'] });
    await app.sockets.blast('hello', 2, { except: 'quiet' });

    await app.settle();
    expect([a, b, c, hears].map((client) => client.heard('hello'))).toEqual([[2], [2], [], [1, 2]]);
  });

  it('hears null, false, 0 and an empty string as they are', async () => {
    const app = await start();
    const client = await app.connect();

    for (const data of [null, false, 0, '']) await app.sockets.blast('hello', data);

    await app.settle();
    expect(client.heard('hello')).toEqual([null, false, 0, '']);
  });
});

describe('a request', () => {
  it('row 8: omits the socket that it names', async () => {
    const app = await start(caller);
    const [actor, watcher] = [await app.connect(), await app.connect()];
    await app.sockets.join([actor.id, watcher.id], 'fun');

    await withRequest(app, { 'x-socket-id': actor.id }, async (request) => {
      await app.sockets.broadcast('fun', 'hello', 1, { except: request });
      await app.sockets.broadcast('fun', { n: 2 }, { except: [request] });
      await app.sockets.blast('hello', 3, { except: request });
    });

    await app.settle();
    expect([watcher.heard('hello'), watcher.heard('message')]).toEqual([[1, 3], [{ n: 2 }]]);
    expect([actor.heard('hello'), actor.heard('message')]).toEqual([[], []]);
  });
});

describe('another namespace', () => {
  it('is spoken to by of(), with or without the slash, and hears nothing else', async () => {
    const app = await start();
    const admins = app.sockets.of('/admin');
    expect(app.sockets.of('admin').namespaceName).toBe('/admin');
    await admins.blast('it comes into being');
    const [admin, other, user] = [
      await app.connect({ namespace: '/admin' }),
      await app.connect({ namespace: '/admin' }),
      await app.connect(),
    ];

    await admins.join(admin.id, 'fun');
    await app.sockets.join(user.id, 'fun');
    await admins.broadcast('fun', 'hello', 'admin');
    await app.sockets.broadcast('fun', 'hello', 'user');
    await admins.blast('all', 1, { except: other.id });

    await app.settle();
    expect([admin, other, user].map((client) => client.heard('hello'))).toEqual([['admin'], [], ['user']]);
    expect([admin, other, user].map((client) => client.heard('all'))).toEqual([[1], [], []]);
    expect(await admins.subscribers('fun')).toEqual([admin.id]);
    expect((await admins.rooms()).toSorted()).toEqual([admin.id, other.id, 'fun'].toSorted());
    expect(admins.get(admin.id).nsp.name).toBe('/admin');
  });
});
