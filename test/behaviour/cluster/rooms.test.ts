import { describe, expect, it } from 'vitest';
import { SocketNotFoundError } from '../../../src/index.js';
import { withCluster } from '../../support/cluster.js';
import { expectRefusal } from '../../support/refusal.js';

const startCluster = withCluster();

describe('rooms on two servers of a cluster', () => {
  it('row 3: a socket of the other server joins and leaves by id, and hears broadcasts of both', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const remote = await cluster.connect(b);
    const bystander = await cluster.connect(b);

    await a.sockets.join(remote.id, ['fun', 'games']);
    await a.sockets.broadcast('fun', 'hello', 'from a');
    await cluster.settle();
    await b.sockets.broadcast('fun', 'hello', 'from b');
    await a.sockets.leave(remote.id, 'fun');
    await a.sockets.broadcast('fun', 'hello', 'too late');

    await cluster.settle();
    expect(remote.heard('hello')).toEqual(['from a', 'from b']);
    expect(bystander.heard('hello')).toEqual([]);
    expect(await a.sockets.socketRooms(remote.id)).toEqual([remote.id, 'games']);
  });

  it('row 3: sockets of both servers join in one call, by ids, sockets or fetchSockets results', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there, alsoThere] = [await cluster.connect(a), await cluster.connect(b), await cluster.connect(b)];
    const [remote] = await a.sockets.server.in(there.id).fetchSockets();

    await a.sockets.join([a.sockets.get(here.id), remote, alsoThere.id], 'fun');

    expect(await a.sockets.subscribers('fun')).toHaveLength(3);
    await a.sockets.join('fun', 'more');
    await a.sockets.broadcast('more', 'hello', 1);
    await cluster.settle();
    expect([here, there, alsoThere].map((client) => client.heard('hello'))).toEqual([[1], [1], [1]]);
  });

  it('row 4: leaveAll empties the members of all servers, and its options hold on all', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    const both = [here.id, there.id];
    const rooms = async () => [await a.sockets.socketRooms(here.id), await a.sockets.socketRooms(there.id)];

    await a.sockets.join(both, ['source', 'x', 'y']);
    await a.sockets.leaveAll('source', { includeSourceRoom: false });
    expect(await rooms()).toEqual([
      [here.id, 'source'],
      [there.id, 'source'],
    ]);

    await a.sockets.join(both, ['x', 'y']);
    await a.sockets.leaveAll('source');
    expect(await rooms()).toEqual([[here.id], [there.id]]);

    await a.sockets.join(both, ['source', 'x']);
    await a.sockets.leaveAll('source', { includeSocketRooms: true });
    expect(await rooms()).toEqual([[], []]);
  });

  it('rows 5 and 6: the members of a room on all servers join others, and leave them', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there, bystander] = [await cluster.connect(a), await cluster.connect(b), await cluster.connect(b)];
    await a.sockets.join([here.id, there.id], 'source');

    await a.sockets.addRoomMembersToRooms('source', ['x', 'y']);
    await a.sockets.broadcast('x', 'hello', 'x');
    await a.sockets.removeRoomMembersFromRooms('source', 'x');
    await a.sockets.broadcast('x', 'hello', 'too late');
    await a.sockets.broadcast(['y', 'source'], 'hello', 'y');

    await cluster.settle();
    for (const client of [here, there]) expect(client.heard('hello')).toEqual(['x', 'y']);
    expect(bystander.heard('hello')).toEqual([]);
  });

  it('what concerns this server is done at once, and nothing that comes back by the bus undoes it', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    await a.sockets.join([here.id, there.id], 'source');

    // The members of a room join another: heard by those of this server too, without waiting.
    void a.sockets.addRoomMembersToRooms('source', 'fun');
    void a.sockets.broadcast('fun', 'hello', 'in');
    // A room is emptied, and one comes back at once.
    void a.sockets.leave('fun', 'fun');
    void a.sockets.join([here.id, there.id], 'fun');
    void a.sockets.leaveAll('source');
    void a.sockets.join([here.id, there.id], ['fun', 'source']);

    await cluster.settle();
    expect([here.heard('hello'), there.heard('hello')]).toEqual([['in'], ['in']]);
    expect([...a.sockets.get(here.id).rooms]).toEqual([here.id, 'fun', 'source']);
    expect([...b.sockets.get(there.id).rooms]).toEqual([there.id, 'fun', 'source']);
  });

  it('row 14: subscribers gives the ids of all servers; row 15: so do rooms and socketRooms', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    await a.sockets.join(here.id, ['fun', 'x']);
    await b.sockets.join(there.id, ['fun', 'y']);

    for (const { sockets } of [a, b]) {
      expect((await sockets.subscribers('fun')).toSorted()).toEqual([here.id, there.id].toSorted());
      expect((await sockets.rooms()).toSorted()).toEqual([here.id, there.id, 'fun', 'x', 'y'].toSorted());
      expect(await sockets.socketRooms(here.id)).toEqual([here.id, 'fun', 'x']);
      expect(await sockets.socketRooms(there.id)).toEqual([there.id, 'fun', 'y']);
    }
  });

  it('row 13: get gives sockets of this server only, and says how to reach others', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const there = await cluster.connect(b);

    expect(b.sockets.get(there.id).id).toBe(there.id);
    await expectRefusal(() => a.sockets.get(there.id), SocketNotFoundError, 'SOCKET_NOT_FOUND', 'another server');
  });

  it('a socket of the other server is disconnected, and nobody else', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [there, stays, here] = [await cluster.connect(b), await cluster.connect(b), await cluster.connect(a)];
    const gone = new Promise((resolve) => there.socket.once('disconnect', resolve));

    await a.sockets.disconnect(there.id);

    await gone;
    await cluster.settle();
    expect([stays.socket.connected, here.socket.connected]).toEqual([true, true]);
    expect((await a.sockets.rooms()).toSorted()).toEqual([stays.id, here.id].toSorted());
  });

  it('a namespace of its own is moved and told on all servers, and only it', async (context) => {
    const cluster = await startCluster(context, { namespaces: ['/', '/admin'] });
    const { a, b } = cluster;
    const [admin, user] = [await cluster.connect(b, { namespace: '/admin' }), await cluster.connect(b)];
    await b.sockets.join(user.id, 'fun');

    await a.sockets.of('/admin').join(admin.id, 'fun');
    await a.sockets.of('/admin').broadcast('fun', 'hello', 1);

    await cluster.settle();
    expect([admin.heard('hello'), user.heard('hello')]).toEqual([[1], []]);
    expect(await a.sockets.of('admin').subscribers('fun')).toEqual([admin.id]);
  });
});
