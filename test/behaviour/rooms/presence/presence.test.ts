import { Logger } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InvalidRoomError, RoomNotTrackedError, SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
import { authenticate, idsIn, presences, startWithPresence, visit } from './support/visitors.js';

const lobby = { rooms: 'lobby' };
describe('presence', () => {
  it('is who is in a room, by user, in the order of their coming, however many tabs each has', async () => {
    const app = await startWithPresence(lobby);

    await visit(app, 'grace');
    await visit(app, 7);
    await visit(app, 'grace');
    await visit(app, undefined);
    await visit(app, 'elsewhere', 'another');

    expect(await app.sockets.presence('lobby')).toEqual([{ id: 'grace' }, { id: '7' }]);
  });

  it('is told to the members of the room: once when a user comes, and once when the last tab is gone', async () => {
    const app = await startWithPresence(lobby);
    const [ada, outsider] = [await visit(app, 'ada'), await visit(app, 'bob', 'another')];

    const [tab, otherTab] = [await visit(app, 'grace'), await visit(app, 'grace')];
    await app.sockets.leave(tab.id, 'lobby');
    await app.settle();
    expect(ada.heard('presence')).toEqual([{ room: 'lobby', id: 'grace', status: 'joined' }]);

    otherTab.socket.disconnect();
    await ada.next('presence', ({ status }: { status: string }) => status === 'left');

    await app.settle();
    expect(ada.heard('presence').slice(1)).toEqual([{ room: 'lobby', id: 'grace', status: 'left' }]);
    expect([outsider, tab].map(presences)).toEqual([[], []]);
    expect(await idsIn(app)).toEqual(['ada']);
  });

  it('tells who comes of the others only from then on, and nothing of themselves', async () => {
    const app = await startWithPresence(lobby);
    await visit(app, 'ada');
    const grace = await visit(app, 'grace');
    await visit(app, 'bob');
    await visit(app, 'grace');

    await app.settle();
    expect(presences(grace)).toEqual(['bob joined lobby']);
  });

  it('shows of a user what the option says, and nothing else, also when they leave', async () => {
    const show = ({ name }: { name: string }) => ({ name, at: new Date(0), hidden: undefined });
    const app = await startWithPresence({ ...lobby, show });
    const ada = await visit(app, 'ada');
    const grace = await visit(app, 'grace');
    const user = (id: string) => ({ id, user: { name: `name of ${id}`, at: '1970-01-01T00:00:00.000Z' } });

    expect(await app.sockets.presence('lobby')).toEqual([user('ada'), user('grace')]);
    grace.socket.disconnect();
    await ada.next('presence', ({ status }: { status: string }) => status === 'left');

    expect(ada.heard('presence')).toEqual([
      { room: 'lobby', status: 'joined', ...user('grace') },
      { room: 'lobby', status: 'left', ...user('grace') },
    ]);
  });

  it('row 40: rooms and users may be called what objects inherit', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const app = await startWithPresence({ rooms: names });
    for (const room of names) {
      const first = await visit(app, names[0], room);
      for (const id of names.slice(1)) await visit(app, id, room);
      await app.settle();

      expect(await idsIn(app, room)).toEqual(names);
      expect(presences(first)).toEqual(names.slice(1).map((id) => `${id} joined ${room}`));
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('presence', () => {
  it('is kept for each namespace by itself', async () => {
    const app = await startWithPresence(lobby);
    app.sockets.server.of('/admin');
    const [user, admin] = [await visit(app, 'ada'), await visit(app, 'ada', 'lobby', '/admin')];
    await visit(app, 'grace', 'lobby', '/admin');

    await app.settle();
    expect([await idsIn(app), await idsIn(app, 'lobby', '/admin')]).toEqual([['ada'], ['ada', 'grace']]);
    expect([presences(user), presences(admin)]).toEqual([[], ['grace joined lobby']]);
    expect(await idsIn(app, 'lobby', '/nobody-was-here')).toEqual([]);
  });

  it('is kept in rooms that are declared by name, template, expression or function, and in no others', async () => {
    const app = await startWithPresence({
      rooms: ['lobby', 'board:{boardId}', /^chat-\d+$/g, (room) => room.startsWith('team/')],
    });
    const tracked = ['lobby', 'board:7', 'board:a%2Fb', 'chat-1', 'chat-2', 'team/x'];
    const untracked = ['lobby2', 'board:', 'board:a/b', 'board:7:x', 'chat-x', 'team'];
    await visit(app, 'ada', [...tracked, ...untracked]);

    for (const room of tracked) expect(await idsIn(app, room)).toEqual(['ada']);
    for (const room of untracked) {
      await expectRefusal(
        app.sockets.presence(room),
        RoomNotTrackedError,
        'ROOM_NOT_TRACKED',
        /presence: \{ rooms: .*@JoinRoom/,
      );
    }
    await expectRefusal(app.sockets.presence(''), InvalidRoomError, 'INVALID_ROOM');
  });

  it('is refused where nothing is declared', async () => {
    const app = await startWithPresence(undefined);
    await expectRefusal(app.sockets.presence('lobby'), RoomNotTrackedError, 'ROOM_NOT_TRACKED');
  });

  it('is never kept in the rooms of the library, nor in those of single sockets, whatever is declared', async () => {
    const app = await startWithPresence({ rooms: () => true });
    const ada = await visit(app, 'ada');
    await app.channel('card').subscribe(ada.id, 1);
    await app.channel('card').subscribe((await visit(app, 'grace')).id, 1);

    await app.settle();
    expect(presences(ada)).toEqual(['grace joined lobby']);
    expect(await idsIn(app, ada.id)).toEqual([]);
    await expectRefusal(app.sockets.presence('sockets:user/ada'), RoomNotTrackedError, 'ROOM_NOT_TRACKED');
    await expectRefusal(app.sockets.presence('resource:card/1'), RoomNotTrackedError, 'ROOM_NOT_TRACKED');
  });

  it('counts who joined before the connection was there, and in handleConnection', async () => {
    @WebSocketGateway()
    class LobbyGateway implements OnGatewayConnection {
      async handleConnection(socket: Socket): Promise<void> {
        await socket.join('lobby');
      }
    }
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate, presence: { rooms: ['lobby', 'early'] } })],
      providers: [LobbyGateway],
    });
    app.sockets.server.use((socket, next) => {
      void socket.join('early');
      next();
    });

    const ada = await app.connect({ auth: { id: 'ada' } });
    await app.connect({ auth: { id: 'grace' } });

    await app.settle();
    expect([await idsIn(app), await idsIn(app, 'early')]).toEqual([
      ['ada', 'grace'],
      ['ada', 'grace'],
    ]);
    expect(presences(ada)).toHaveLength(2);
  });

  it('ends with every way to leave: by name, by leaveAll, by being disconnected', async () => {
    const app = await startWithPresence(lobby);
    const stays = await visit(app, 'stays');
    const leaves = await visit(app, 'leaves');
    await app.sockets.leave(leaves.id, 'lobby');
    const all = await visit(app, 'all', ['lobby', 'source']);
    await app.sockets.leaveAll('source');
    const gone = await visit(app, 'gone');
    await app.sockets.disconnect(gone.id);

    await app.settle();
    expect(presences(stays)).toEqual(
      ['leaves', 'all', 'gone'].flatMap((id) => [`${id} joined lobby`, `${id} left lobby`]),
    );
    expect(await idsIn(app)).toEqual(['stays']);
    expect(all.socket.connected).toBe(true);
  });

  it('a user of whom nothing can be shown is shown by the id, and a room that cannot be judged is none', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    onTestFinished(() => log.mockRestore());
    const shows: Record<string, () => unknown> = {
      throws: () => {
        throw new Error('no');
      },
      promise: () => Promise.resolve('late'),
      circular: () => {
        const self: Record<string, unknown> = {};
        return Object.assign(self, { self });
      },
      deep: () => Array.from({ length: 50 }).reduce((inner) => [inner], 1),
      fine: () => 'fine',
    };
    const app = await startWithPresence({
      show: ({ id }: { id: string }) => shows[id]?.(),
      rooms: [
        'lobby',
        () => {
          throw new Error('no');
        },
      ],
    });

    for (const id of Object.keys(shows)) await visit(app, id, ['lobby', 'other']);

    expect(await app.sockets.presence('lobby')).toEqual(
      Object.keys(shows).map((id) => (id === 'fine' ? { id, user: 'fine' } : { id })),
    );
    // Once each, not for everybody.
    const lines = log.mock.calls.map(([message]) => message as string);
    expect(lines.filter((line) => line.includes('"presence.'))).toEqual([
      expect.stringContaining('The option "presence.show" failed'),
      expect.stringContaining('The option "presence.rooms" failed'),
    ]);
  });

  it('shows what a user is after authenticating again, without telling anybody that they left', async () => {
    const app = await startWithPresence(
      { ...lobby, show: ({ name }: { name: string }) => name },
      { authenticate: ({ auth }) => ({ id: auth.id as unknown, name: auth.name as unknown }) },
    );
    const watcher = await app.connect({ auth: { id: 'ada' } });
    const client = await app.connect({ auth: { id: 'grace', name: 'before' } });
    await app.sockets.join([watcher.id, client.id], 'lobby');
    const before = await app.sockets.presence('lobby');

    await client.socket.emitWithAck('reauthenticate', { id: 'grace', name: 'after' });

    await app.settle();
    expect(before).toEqual([{ id: 'ada' }, { id: 'grace', user: 'before' }]);
    expect(await app.sockets.presence('lobby')).toEqual([{ id: 'ada' }, { id: 'grace', user: 'after' }]);
    expect(presences(watcher)).toEqual(['grace joined lobby']);
  });

  it('keeps on when a listener for what is sent fails', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    onTestFinished(() => log.mockRestore());
    const app = await startWithPresence(lobby);
    const ada = await visit(app, 'ada');
    app.sockets.get(ada.id).onAnyOutgoing((event) => {
      if (event === 'presence') throw new Error('no');
    });

    const grace = await visit(app, 'grace');
    grace.socket.disconnect();
    await expect.poll(() => idsIn(app)).toEqual(['ada']);

    expect(log).toHaveBeenCalledWith(expect.stringContaining('could not be told'), expect.anything());
  });
});
