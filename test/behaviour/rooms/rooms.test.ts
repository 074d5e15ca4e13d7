import { describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io';
import { InvalidTargetError, SocketNotFoundError, SocketsService } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { caller, withRequest } from '../../support/caller.js';
import type { TestClient } from '../../support/client.js';
import { expectRefusal } from '../../support/refusal.js';
/** Rooms of a socket but the one of its own id. */
function roomsOf(app: TestApplication, client: TestClient): string[] {
  return [...app.sockets.get(client.id).rooms].filter((room) => room !== client.id).toSorted();
}

function liveSocket(app: TestApplication, client: TestClient): Socket {
  return app.sockets.get(client.id);
}

describe('joining and leaving rooms', () => {
  it('row 1: each shape of target joins the room: socket, id, request, an array that mixes them, a room', async () => {
    const app = await start(caller);
    const [bySocket, byId, byRequest, mixedA, mixedB, byRoom] = await Promise.all(
      Array.from({ length: 6 }, () => app.connect()),
    );
    const bystander = await app.connect();

    await app.sockets.join(liveSocket(app, bySocket), 'fun');
    await app.sockets.join(byId.id, 'fun');
    await withRequest(app, { 'x-socket-id': byRequest.id }, (request) => app.sockets.join(request, 'fun'));
    await withRequest(app, { 'x-socket-id': mixedA.id }, (request) =>
      app.sockets.join([request, liveSocket(app, mixedB), mixedB.id], 'fun'),
    );
    await app.sockets.join(byRoom.id, 'elsewhere');
    await app.sockets.join('elsewhere', 'fun');

    const members = [bySocket, byId, byRequest, mixedA, mixedB, byRoom].map((client) => client.id);
    expect((await app.sockets.subscribers('fun')).toSorted()).toEqual(members.toSorted());
    await app.sockets.broadcast('fun', 'hello', 1);
    await app.settle();
    expect(bystander.heard('hello')).toEqual([]);
  });

  it('row 2: each shape of a target takes the socket out of the room', async () => {
    const app = await start(caller);
    const clients = await Promise.all(Array.from({ length: 5 }, () => app.connect()));
    const [bySocket, byId, byRequest, mixed, stays] = clients as [
      TestClient,
      TestClient,
      TestClient,
      TestClient,
      TestClient,
    ];
    await app.sockets.join(
      clients.map(({ id }) => id),
      'fun',
    );

    await app.sockets.leave(liveSocket(app, bySocket), 'fun');
    await app.sockets.leave(byId.id, 'fun');
    await withRequest(app, { 'x-socket-id': byRequest.id }, (request) => app.sockets.leave(request, 'fun'));
    await app.sockets.leave([liveSocket(app, mixed), byId.id], 'fun');

    expect(await app.sockets.subscribers('fun')).toEqual([stays.id]);
    await app.sockets.leave('fun', 'fun');
    expect(await app.sockets.subscribers('fun')).toEqual([]);
  });

  it('a request without a socket is a harmless target: nobody joins, leaves, is omitted or disconnected', async () => {
    const app = await start(caller);
    const member = await app.connect();
    await app.sockets.join(member.id, 'fun');

    const headers: Array<Record<string, string>> = [{}, { 'x-socket-id': 'nobody' }];
    for (const header of headers) {
      const status = await withRequest(app, header, async (request) => {
        await app.sockets.join(request, 'secret');
        await app.sockets.leave(request, 'fun');
        await app.sockets.disconnect(request);
        await app.sockets.broadcast('fun', 'hello', 1, { except: request });
        await app.sockets.blast('hello', 2, { except: [request] });
        expect(await app.sockets.socketRooms(request)).toEqual([]);
        expect(app.sockets.getId(request)).toBeUndefined();
      });
      expect(status).toBe(201);
    }

    await app.settle();
    expect(member.heard('hello')).toEqual([1, 2, 1, 2]);
    expect(await app.sockets.subscribers('secret')).toEqual([]);
  });
});

describe('rooms', () => {
  it('row 1: several rooms are joined and left at once', async () => {
    const app = await start();
    const client = await app.connect();

    await app.sockets.join(client.id, ['a', 'b', 'c']);
    expect(roomsOf(app, client)).toEqual(['a', 'b', 'c']);
    await app.sockets.leave(client.id, ['a', 'c']);
    expect(roomsOf(app, client)).toEqual(['b']);
  });

  it('empty arrays reach nobody, never everybody', async () => {
    const app = await start();
    const client = await app.connect();
    await app.sockets.join(client.id, 'fun');

    await app.sockets.join([], 'all');
    await app.sockets.join(client.id, []);
    await app.sockets.leave([], 'fun');
    await app.sockets.leave(client.id, []);
    await app.sockets.addRoomMembersToRooms('fun', []);
    await app.sockets.removeRoomMembersFromRooms('fun', []);
    await app.sockets.broadcast([], 'hello', 1);
    await app.sockets.disconnect([]);
    expect(await app.sockets.socketRooms([])).toEqual([]);
    await app.sockets.blast('hello', 2, { except: [] });

    await app.settle();
    expect(roomsOf(app, client)).toEqual(['fun']);
    expect(client.heard('hello')).toEqual([2]);
    expect(client.socket.connected).toBe(true);
  });

  it('a room or an id that nobody has is not an error', async () => {
    const app = await start();
    const client = await app.connect();

    await app.sockets.join('nobody', 'fun');
    await app.sockets.leave('nobody', 'fun');
    await app.sockets.leaveAll('nobody');
    await app.sockets.disconnect('nobody');

    expect(await app.sockets.rooms()).toEqual([client.id]);
  });

  it('row 4: leaveAll takes all members out of every room but the one of their own id', async () => {
    const app = await start();
    const [a, b, outsider] = [await app.connect(), await app.connect(), await app.connect()];
    await app.sockets.join([a.id, b.id], ['source', 'x']);
    await app.sockets.join(a.id, 'y');
    await app.sockets.join(outsider.id, 'x');

    await app.sockets.leaveAll('source');

    expect(roomsOf(app, a)).toEqual([]);
    expect(roomsOf(app, b)).toEqual([]);
    expect(roomsOf(app, outsider)).toEqual(['x']);
    await app.sockets.broadcast([a.id, b.id], 'still there?', 1);
    await app.settle();
    expect([a.heard('still there?'), b.heard('still there?')]).toEqual([[1], [1]]);
  });

  it('row 4: leaveAll can spare the source room, and can include the room of the own id', async () => {
    const app = await start();
    const [spared, gone] = [await app.connect(), await app.connect()];
    await app.sockets.join(spared.id, ['lobby', 'x']);
    await app.sockets.join(gone.id, ['attic', 'x']);

    await app.sockets.leaveAll('lobby', { includeSourceRoom: false });
    await app.sockets.leaveAll('attic', { includeSocketRooms: true });

    expect(roomsOf(app, spared)).toEqual(['lobby']);
    expect([...liveSocket(app, gone).rooms]).toEqual([]);
  });

  it('row 4: leaveAll takes a socket id for the room that it is', async () => {
    const app = await start();
    const client = await app.connect();
    await app.sockets.join(client.id, ['a', 'b']);

    await app.sockets.leaveAll(client.id);

    expect([...liveSocket(app, client).rooms]).toEqual([client.id]);
  });

  it('row 5: addRoomMembersToRooms lets the members of a room hear others, and they stay where they are', async () => {
    const app = await start();
    const [member, outsider] = [await app.connect(), await app.connect()];
    await app.sockets.join(member.id, 'source');

    await app.sockets.addRoomMembersToRooms('source', 'x');
    await app.sockets.addRoomMembersToRooms('source', ['y', 'z']);
    for (const room of ['source', 'x', 'y', 'z']) await app.sockets.broadcast(room, 'hello', room);

    await app.settle();
    expect(member.heard('hello')).toEqual(['source', 'x', 'y', 'z']);
    expect(outsider.heard('hello')).toEqual([]);
  });

  it('row 6: removeRoomMembersFromRooms ends that, and they keep the source', async () => {
    const app = await start();
    const [member, other] = [await app.connect(), await app.connect()];
    await app.sockets.join(member.id, ['source', 'x', 'y', 'z']);
    await app.sockets.join(other.id, 'x');

    await app.sockets.removeRoomMembersFromRooms('source', 'x');
    await app.sockets.removeRoomMembersFromRooms('source', ['y', 'source-less']);

    expect(roomsOf(app, member)).toEqual(['source', 'z']);
    expect(roomsOf(app, other)).toEqual(['x']);
  });

  it('rows 5 and 6: the source may be the id of a socket', async () => {
    const app = await start();
    const client = await app.connect();

    await app.sockets.addRoomMembersToRooms(client.id, ['a', 'b']);
    await app.sockets.removeRoomMembersFromRooms(client.id, 'a');

    expect(roomsOf(app, client)).toEqual(['b']);
  });

  it('two calls take effect in the order in which they are made, without await', async () => {
    const app = await start();
    const client = await app.connect();

    void app.sockets.join(client.id, 'source');
    void app.sockets.addRoomMembersToRooms('source', 'fun');
    void app.sockets.broadcast('fun', 'hello', 'in');
    void app.sockets.removeRoomMembersFromRooms('source', 'fun');
    void app.sockets.broadcast('fun', 'hello', 'out');
    void app.sockets.leaveAll('source');
    void app.sockets.broadcast('source', 'hello', 'out');
    void app.sockets.join(client.id, 'source');
    void app.sockets.broadcast('source', 'hello', 'in again');

    await app.settle();
    expect(client.heard('hello')).toEqual(['in', 'in again']);
  });

  it('row 13: getId gives one id for a socket, its id and its fetchSockets result; nothing for all else', async () => {
    const app = await start();
    const client = await app.connect();
    const [remote] = await app.sockets.server.in(client.id).fetchSockets();

    expect(app.sockets.getId(liveSocket(app, client))).toBe(client.id);
    expect(app.sockets.getId(client.id)).toBe(client.id);
    expect(app.sockets.getId(remote)).toBe(client.id);
    for (const nothing of ['', null, undefined, 5, {}, []]) expect(app.sockets.getId(nothing as never)).toBeUndefined();
  });

  it('row 13: get gives the socket, or says that there is none, or that this is not an id', async () => {
    const app = await start();
    const client = await app.connect();

    expect(app.sockets.get(client.id)).toBe(app.sockets.server.sockets.sockets.get(client.id));
    await expectRefusal(() => app.sockets.get('nobody'), SocketNotFoundError, 'SOCKET_NOT_FOUND', 'get: no socket');
    for (const wrong of ['', 5, null, undefined, {}]) {
      await expectRefusal(() => app.sockets.get(wrong as never), InvalidTargetError, 'INVALID_TARGET', 'get: ');
    }
  });

  it('row 14: subscribers gives the ids in a room', async () => {
    const app = await start();
    const [a, b] = [await app.connect(), await app.connect()];
    await app.sockets.join([a.id, b.id], 'fun');

    expect((await app.sockets.subscribers('fun')).toSorted()).toEqual([a.id, b.id].toSorted());
    expect(await app.sockets.subscribers(a.id)).toEqual([a.id]);
    expect(await app.sockets.subscribers('nobody')).toEqual([]);
  });

  it('row 15: rooms and socketRooms match what was joined', async () => {
    const app = await start();
    const [a, b] = [await app.connect(), await app.connect()];
    await app.sockets.join(a.id, ['x', 'y']);
    await app.sockets.join(b.id, ['y', 'z']);

    expect((await app.sockets.rooms()).toSorted()).toEqual([a.id, b.id, 'x', 'y', 'z'].toSorted());
    expect((await app.sockets.socketRooms(a.id)).toSorted()).toEqual([a.id, 'x', 'y'].toSorted());
    expect((await app.sockets.socketRooms(liveSocket(app, b))).toSorted()).toEqual([b.id, 'y', 'z'].toSorted());
    expect((await app.sockets.socketRooms([a.id, b.id])).toSorted()).toEqual([a.id, b.id, 'x', 'y', 'z'].toSorted());
  });

  it('disconnect closes the connections of the target, and of nobody else', async () => {
    const app = await start();
    const [a, b, c] = [await app.connect(), await app.connect(), await app.connect()];
    await app.sockets.join(b.id, 'out');
    const left = [a, b].map(({ socket }) => new Promise((resolve) => socket.once('disconnect', resolve)));

    await app.sockets.disconnect([liveSocket(app, a), 'out']);

    await Promise.all(left);
    await app.settle();
    expect(c.socket.connected).toBe(true);
    expect(await app.sockets.rooms()).toEqual([c.id]);
  });

  it('the service is injected by its class, and leads to the server', async () => {
    const app = await start();

    expect(app.get(SocketsService)).toBe(app.sockets);
    expect(app.sockets.server.httpServer).toBe(app.nest.getHttpServer());
  });
});
