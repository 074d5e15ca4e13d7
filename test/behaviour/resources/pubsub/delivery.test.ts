import { describe, expect, it, vi } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';

interface User {
  id: number;
  name?: string;
}

/** What the server hands to its adapter: one entry for each emit, and the rooms it goes to. */
function emitsOf(app: TestApplication): string[][] {
  const { adapter } = app.sockets.server.of('/');
  const emits: string[][] = [];
  const broadcast = adapter.broadcast.bind(adapter);
  vi.spyOn(adapter, 'broadcast').mockImplementation((packet, options) => {
    emits.push([...options.rooms]);
    broadcast(packet, options);
  });
  return emits;
}

describe('the way of a publication', () => {
  it('row 23: a watcher is in one room for the collection, however many records there are', async () => {
    const app = await start();
    const watcher = await app.connect();
    const users = app.channel<User>('user');
    await users.watch(watcher.id);

    for (let id = 1; id <= 300; id++) {
      void users.publishCreate({ id });
      void users.publishUpdate(id, { name: 'ada' });
    }
    await app.settle();

    expect(watcher.heard('user')).toHaveLength(600);
    expect((await app.sockets.socketRooms(watcher.id)).toSorted()).toEqual([watcher.id, 'resource:user'].toSorted());
    expect((await app.sockets.rooms()).toSorted()).toEqual([watcher.id, 'resource:user'].toSorted());
  });

  it('is one emit to the record and the collection, heard once by who is in both', async () => {
    const app = await start();
    const [both, subscriber, watcher] = await Promise.all([app.connect(), app.connect(), app.connect()]);
    const users = app.channel<User>('user');
    await users.subscribe([both.id, subscriber.id], 1);
    await users.subscribe(both.id, 1, { verbs: ['updated'] });
    await users.watch([both.id, watcher.id]);
    await users.watch(both.id, undefined, { verbs: ['updated'] });
    const emits = emitsOf(app);

    await users.publishUpdate(1, { name: 'ada' }, { to: both.id });
    expect(emits).toHaveLength(1);
    await app.settle();

    for (const client of [both, subscriber, watcher]) expect(client.heard('user')).toHaveLength(1);
  });

  it('is emitted to rooms that somebody is in, and not at all where nobody hears it', async () => {
    const app = await start();
    const client = await app.connect();
    const users = app.channel<User>('user');
    await users.subscribe(client.id, 1);
    const emits = emitsOf(app);

    await users.publishUpdate(2, { name: 'unheard' });
    await users.publishUpdate(1, { name: 'ada' });

    expect(emits).toEqual([['resource:user/1']]);
  });

  it('addresses no record room for `created`, which only watchers can know of', async () => {
    const app = await start();
    const [watcher, subscriber] = [await app.connect(), await app.connect()];
    const users = app.channel<User>('user');
    await users.watch(watcher.id);
    await users.subscribe(subscriber.id, 1);
    const emits = emitsOf(app);

    await users.publishCreate({ id: 1 });

    expect(emits).toEqual([['resource:user']]);
  });

  it('shows plain data to listeners to what a socket is sent', async () => {
    const app = await start();
    const [client, other] = [await app.connect(), await app.connect()];
    const users = app.channel<User>('user');
    await users.subscribe([client.id, other.id], 1);
    const seen: unknown[][] = [];
    app.sockets.server.sockets.sockets.get(client.id)?.onAnyOutgoing((...event: unknown[]) => seen.push(event));

    await users.publishUpdate(1, { name: 'ada' });
    await app.settle();

    const message = { verb: 'updated', id: 1, data: { name: 'ada' } };
    expect(seen[0]).toEqual(['user', message, expect.objectContaining({ id: expect.any(String) as string })]);
    for (const one of [client, other]) expect(one.heard('user')).toEqual([message]);
  });

  it('reads the record once and encodes once, whether 2 or 20 sockets hear it', async () => {
    const app = await start();
    const users = app.channel<User>('user');
    let read = 0;
    const record = { id: 1, toJSON: () => ({ id: 1, read: ++read }) };

    for (const count of [2, 20]) {
      const clients = await Promise.all(Array.from({ length: count }, () => app.connect()));
      await users.subscribe(
        clients.map(({ id }) => id),
        count,
      );
      const { encoder } = app.sockets.server.of('/').adapter as unknown as { encoder: { encode: () => unknown } };
      const encode = vi.spyOn(encoder, 'encode');
      read = 0;

      await users.publishUpdate(count, record);

      expect(read).toBe(1);
      expect(encode).toHaveBeenCalledTimes(1);
      encode.mockRestore();
      await app.settle();
      for (const client of clients)
        expect(client.heard('user')).toEqual([{ verb: 'updated', id: count, data: { id: 1, read: 1 } }]);
    }
  });

  it('row 26: a destroyed record has no subscribers left, watching or not, to all verbs or to some', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { user: { verbs: ['archived'] } } })],
    });
    const [plain, some, own, watcher] = await Promise.all([app.connect(), app.connect(), app.connect(), app.connect()]);
    const users = app.channel<User>('user');
    await users.subscribe([plain.id, watcher.id], [1, 2]);
    await users.subscribe(some.id, 1, { verbs: ['destroyed', 'updated'] });
    await users.subscribe(own.id, 1, { verbs: ['archived'] });
    await users.watch(watcher.id);

    await users.publishDestroy(1);

    expect(await users.subscribers(1)).toEqual([]);
    const rooms = await app.sockets.rooms();
    expect(rooms.filter((room) => room.startsWith('resource:')).toSorted()).toEqual([
      'resource:user',
      'resource:user/2',
    ]);

    // An id that is given anew is another record.
    await users.publishUpdate(1, { name: 'somebody else' });
    await users.publishUpdate(2, { name: 'ada' });
    await app.settle();
    expect(plain.heard('user').map((message) => (message as { id: number }).id)).toEqual([1, 2]);
    expect(some.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
    expect(own.heard('user')).toEqual([]);
    expect(watcher.heard('user')).toHaveLength(3);
  });

  it('is in the order of the calls, awaited or not, over all resources and kinds of message', async () => {
    const app = await start();
    const watcher = await app.connect();
    const [users, pets] = [app.channel<User>('user'), app.channel<User>('pet')];
    void users.watch(watcher.id);
    void pets.watch(watcher.id);

    for (let round = 0; round < 50; round++) {
      void users.publishCreate({ id: round });
      void pets.publishUpdate(round, {});
      void users.message(round, 'x');
      void app.sockets.broadcast(watcher.id, 'between', round);
      void users.publish(round, { id: round, verb: 'raw' });
      void pets.publishDestroy(round);
    }
    await app.settle();

    const heard = watcher.received.filter(([event]) => event !== 'marker');
    const said = heard.map(([event, data]) => {
      const { verb, id } = (typeof data === 'object' ? data : { verb: 'x', id: data }) as { verb: string; id: number };
      return `${event} ${verb} ${id}`;
    });
    const round = (n: number): string[] => [
      `user created ${n}`,
      `pet updated ${n}`,
      `user messaged ${n}`,
      `between x ${n}`,
      `user raw ${n}`,
      `pet destroyed ${n}`,
    ];
    expect(said).toEqual(Array.from({ length: 50 }, (_, n) => round(n)).flat());
  });

  it('takes subscriptions and publications in turn: nothing from before, nothing after', async () => {
    const app = await start();
    const client = await app.connect();
    const users = app.channel<User>('user');

    void users.publishUpdate(1, { name: 'before' });
    void users.subscribe(client.id, 1);
    void users.publishUpdate(1, { name: 'between' });
    void users.unsubscribe(client.id, 1);
    void users.publishUpdate(1, { name: 'after' });
    await app.settle();

    expect(client.heard('user')).toEqual([{ verb: 'updated', id: 1, data: { name: 'between' } }]);
  });

  it('takes the data as they are at the call', async () => {
    const app = await start();
    const client = await app.connect();
    const users = app.channel<User>('user');
    void users.watch(client.id);
    const record = { id: 1, name: 'before' };

    void users.publishCreate(record);
    record.name = 'after';
    await app.settle();

    expect(client.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1, name: 'before' } }]);
  });
});
