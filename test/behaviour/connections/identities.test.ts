import type { INestApplication } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, SocketsModule, userRoom, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { expectRefusal } from '../../support/refusal.js';
import { listenTo, type Logs } from '../../support/logs.js';
import { refusal, refusalOf } from './support/refused.js';

/** Writes down in which rooms a socket is when the application hears of it. */
@WebSocketGateway()
class EarlyGateway implements OnGatewayConnection {
  static readonly seen: string[][] = [];

  handleConnection(@ConnectedSocket() socket: Socket): void {
    EarlyGateway.seen.push([...socket.rooms]);
  }

  @SubscribeMessage('rooms')
  rooms(@ConnectedSocket() socket: Socket): string[] {
    return [...socket.rooms].filter((room) => room !== socket.id);
  }
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway extends EarlyGateway {}

@WebSocketGateway({ namespace: /^\/boards\/\d+$/ })
class BoardsGateway extends EarlyGateway {}

const providers = [EarlyGateway, AdminGateway, BoardsGateway];

describe('The users behind sockets', () => {
  const startWith = (options: SocketsModuleOptions, main?: (app: INestApplication) => void) =>
    start({ imports: [SocketsModule.forRoot(options)], providers, main });
  /** Whoever connects is what it says it is. */
  const asSaid: SocketsModuleOptions = { authenticate: ({ auth }) => auth.user };

  it('a user’s socket is in the user’s room before the application hears of it, in every namespace', async () => {
    const app = await startWith(asSaid);
    for (const namespace of ['/', '/admin', '/boards/7']) {
      EarlyGateway.seen.length = 0;
      const client = await app.connect({ namespace, auth: { user: { id: 5 } } });
      expect(EarlyGateway.seen).toEqual([[client.id, 'sockets:user/5']]);
    }
    expect(userRoom(5)).toBe('sockets:user/5');
  });

  it.each([
    ['its id', { id: 1, userId: 2, sub: 'x' }, '1'],
    ['its userId', { id: { no: 'id' }, userId: 2, sub: 'x' }, '2'],
    ['its sub', { id: '', sub: 'auth0|x' }, 'auth0|x'],
    ['itself, as a text', 'ada', 'ada'],
    ['itself, as a number', 7, '7'],
  ])('an identity is known by %s', async (_, user, id) => {
    const app = await startWith(asSaid);
    const client = await app.connect({ auth: { user } });
    expect(await client.socket.emitWithAck('rooms', {})).toEqual([`sockets:user/${id}`]);
  });

  it('who has an identity without an id, or none, is connected and in no such room', async () => {
    const app = await startWith({ authenticate: ({ auth }) => auth.user ?? true });
    for (const auth of [{ user: { name: 'ada' } }, {}]) {
      const client = await app.connect({ auth });
      expect(await client.socket.emitWithAck('rooms', {})).toEqual([]);
    }
  });

  it('the option "userId" says which user an identity is', async () => {
    const app = await startWith({ ...asSaid, userId: ({ email }: { email?: string }) => email });
    const client = await app.connect({ auth: { user: { id: 5, email: 'ada@example.com' } } });
    expect(await client.socket.emitWithAck('rooms', {})).toEqual(['sockets:user/ada@example.com']);
  });

  it('the whole of a user hears what is sent to the room of that user, and nobody else', async () => {
    const app = await startWith(asSaid);
    const one = await app.connect({ auth: { user: { id: 5 } } });
    const two = await app.connect({ auth: { user: { id: '5' } } });
    const other = await app.connect({ auth: { user: { id: 6 } } });
    await app.sockets.broadcast(userRoom(5), 'inbox', 'hello');
    await app.settle();
    expect([one, two, other].map((client) => client.heard('inbox'))).toEqual([['hello'], ['hello'], []]);
  });

  it.each([
    ['throws', () => rethrow()],
    ['gives no id', () => ({}) as never],
    ['gives a promise', () => Promise.resolve(1) as never],
  ])('a "userId" that %s refuses the connection, is logged, and ends nothing else', async (_, userId) => {
    let logs: Logs | undefined;
    const app = await startWith({ ...asSaid, userId }, (nest) => (logs = listenTo(nest)));
    expect(await refusalOf(app.connect({ auth: { user: { id: 5 } } }))).toEqual(
      refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.'),
    );
    expect(logs?.errors.join()).toContain('userId');
    expect((await app.request('GET', '/nowhere')).status).toBe(404);
  });

  it('a user found by a middleware of the application counts too; where its id fails, it is disconnected', async () => {
    const app = await startWith({
      userId: ({ id }: { id: number }) => {
        if (id === 0) rethrow();
        return id;
      },
    });
    app.sockets.server.use((socket, next) => {
      (socket.data as { user?: unknown }).user = socket.handshake.auth.user;
      next();
    });
    const client = await app.connect({ auth: { user: { id: 5 } } });
    expect(await client.socket.emitWithAck('rooms', {})).toEqual(['sockets:user/5']);

    const failing = await app.connect({ auth: { user: { id: 0 } } });
    const reason = new Promise((resolve) => failing.socket.once('disconnect', resolve));
    if (failing.socket.connected) expect(await reason).toBe('io server disconnect');
    expect((await app.request('GET', '/nowhere')).status).toBe(404);
  });

  it('who leaves all rooms stays in the one of the user', async () => {
    const app = await startWith(asSaid);
    const client = await app.connect({ auth: { user: { id: 5 } } });
    await app.sockets.join(client.id, ['lobby', 'game']);
    await app.sockets.leaveAll('lobby');
    expect(await client.socket.emitWithAck('rooms', {})).toEqual(['sockets:user/5']);
  });

  it('an option that is none fails at boot and says what it must be', async () => {
    await expectRefusal(
      () => startWith({ userId: 'id' as never }),
      InvalidOptionsError,
      'INVALID_OPTIONS',
      'userId',
      /function/,
    );
  });
});

function rethrow(): never {
  throw new Error('The application could not say who that is.');
}
