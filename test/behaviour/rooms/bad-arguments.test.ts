import { describe, expect, it } from 'vitest';
import {
  ForeignNamespaceError,
  InvalidEmitOptionsError,
  InvalidEventError,
  InvalidRoomError,
  InvalidTargetError,
  type SocketsService,
} from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { expectRefusal } from '../../support/refusal.js';
class Account {}

/** What is neither a target nor a room, and the words that say so. */
const WRONG: Array<[value: unknown, words: string]> = [
  [undefined, 'undefined'],
  [null, 'null'],
  ['', 'an empty string'],
  [5, 'the number 5'],
  [true, 'a boolean'],
  [Symbol('s'), 'a symbol'],
  [() => 1, 'a function'],
  [{}, 'an object'],
  [{ id: 'socket-like' }, 'an object'],
  [new Account(), 'an instance of Account'],
];

/** Nothing may have been heard, and nobody moved, when all of these were refused. */
async function expectNothingHappened(app: TestApplication, client: TestClient): Promise<void> {
  await app.settle();
  expect(client.received.filter(([event]) => event !== 'marker')).toEqual([]);
  expect(await app.sockets.socketRooms(client.id)).toEqual([client.id]);
  expect(client.socket.connected).toBe(true);
}

async function startWithClient(): Promise<[TestApplication, TestClient, SocketsService]> {
  const app = await start();
  return [app, await app.connect(), app.sockets];
}

describe('a wrong argument is refused with a typed error before anything is done:', () => {
  it('targets that are none, alone and in an array', async () => {
    const [app, client, sockets] = await startWithClient();

    for (const [value, words] of WRONG) {
      for (const target of [value, [client.id, value]] as never[]) {
        const attempts: Record<string, () => Promise<unknown>> = {
          join: () => sockets.join(target, 'room'),
          leave: () => sockets.leave(target, client.id),
          socketRooms: () => sockets.socketRooms(target),
          disconnect: () => sockets.disconnect(target),
          request: () => sockets.request(target, 'ask'),
          broadcast: () => sockets.broadcast(client.id, 'hello', 1, { except: target }),
          blast: () => sockets.blast('hello', 1, { except: target }),
        };
        for (const [method, attempt] of Object.entries(attempts)) {
          // No value is no omission.
          if (target === undefined && method.endsWith('ast')) continue;
          await expectRefusal(
            attempt,
            InvalidTargetError,
            'INVALID_TARGET',
            `${method}: ${words} is not a target`,
            'Give a',
          );
        }
      }
    }
    await expectNothingHappened(app, client);
  });

  it('rooms that are none, alone and in an array', async () => {
    const [app, client, sockets] = await startWithClient();

    for (const [value, words] of WRONG) {
      const several = [[client.id, value], value] as never[];
      for (const rooms of several) {
        const attempts: Record<string, () => Promise<unknown>> = {
          join: () => sockets.join(client.id, rooms),
          leave: () => sockets.leave(client.id, rooms),
          addRoomMembersToRooms: () => sockets.addRoomMembersToRooms(client.id, rooms),
          removeRoomMembersFromRooms: () => sockets.removeRoomMembersFromRooms(client.id, rooms),
          broadcast: () => sockets.broadcast(rooms, 'hello', 1),
        };
        for (const [method, attempt] of Object.entries(attempts)) {
          await expectRefusal(
            attempt,
            InvalidRoomError,
            'INVALID_ROOM',
            `${method}: ${words} is not a room`,
            'non-empty string',
          );
        }
      }
    }
    await expectNothingHappened(app, client);
  });

  it('a source room that is none, or several, of which an empty list would be everybody', async () => {
    const [app, client, sockets] = await startWithClient();

    for (const source of [...WRONG.map(([value]) => value), [], ['a', 'b']] as never[]) {
      const attempts = [
        () => sockets.leaveAll(source, { includeSocketRooms: true }),
        () => sockets.addRoomMembersToRooms(source, 'room'),
        () => sockets.removeRoomMembersFromRooms(source, 'room'),
        () => sockets.subscribers(source),
      ];
      for (const attempt of attempts) await expectRefusal(attempt, InvalidRoomError, 'INVALID_ROOM', ' is not a room');
    }
    await expectNothingHappened(app, client);
  });

  it('events that are no string', async () => {
    const [app, client, sockets] = await startWithClient();

    for (const [event, words] of [
      [5, 'the number 5'],
      [null, 'null'],
      [true, 'a boolean'],
      [Symbol('s'), 'a symbol'],
      [() => 1, 'a function'],
    ] as Array<[never, string]>) {
      const attempts: Record<string, () => Promise<unknown>> = {
        broadcast: () => sockets.broadcast(client.id, event, 1),
        blast: () => sockets.blast(event, 1),
        request: () => sockets.request(client.id, event, 1),
      };
      for (const [method, attempt] of Object.entries(attempts)) {
        await expectRefusal(attempt, InvalidEventError, 'INVALID_EVENT', `${method}: ${words} is not an event name`);
      }
    }
    await expectNothingHappened(app, client);
  });

  it('events that are reserved', async () => {
    const [app, client, sockets] = await startWithClient();
    const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

    for (const event of reserved) {
      const attempts: Record<string, () => Promise<unknown>> = {
        broadcast: () => sockets.broadcast(client.id, event, 1),
        blast: () => sockets.blast(event, 1),
        request: () => sockets.request(client.id, event, 1),
      };
      for (const [method, attempt] of Object.entries(attempts)) {
        await expectRefusal(
          attempt,
          InvalidEventError,
          'INVALID_EVENT',
          `${method}: "${event}" is an event of Socket.IO itself`,
        );
      }
    }
    await expectNothingHappened(app, client);
  });

  it('options that are none, or hold what is not an option', async () => {
    const [app, client, sockets] = await startWithClient();
    const socket = sockets.get(client.id);

    for (const [options, words] of [
      [null, 'null is not an option here'],
      ['room', 'a string is not an option here'],
      [[client.id], 'an array is not an option here'],
      // The request or the socket itself, as in Sails.
      [socket, 'an instance of Socket is not an option here'],
      [{ omit: client.id }, '"omit" is not an option here'],
    ] as Array<[never, string]>) {
      const attempts: Record<string, () => Promise<unknown>> = {
        broadcast: () => sockets.broadcast(client.id, 'hello', 1, options),
        blast: () => sockets.blast('hello', 1, options),
      };
      for (const [method, attempt] of Object.entries(attempts)) {
        await expectRefusal(
          attempt,
          InvalidEmitOptionsError,
          'INVALID_EMIT_OPTIONS',
          `${method}: ${words}`,
          '{ except, transaction, immediately }',
        );
      }
      await expectRefusal(
        sockets.broadcast(client.id, {}, options),
        InvalidEmitOptionsError,
        'INVALID_EMIT_OPTIONS',
        words,
      );
      await expectRefusal(sockets.blast({}, options), InvalidEmitOptionsError, 'INVALID_EMIT_OPTIONS', words);
      await expectRefusal(sockets.leaveAll(client.id, options), InvalidEmitOptionsError, 'INVALID_EMIT_OPTIONS', words);
      await expectRefusal(
        sockets.request(client.id, 'ask', 1, options),
        InvalidEmitOptionsError,
        'INVALID_EMIT_OPTIONS',
        words,
        '{ timeout }',
      );
    }
    await expectNothingHappened(app, client);
  });

  it('options whose value cannot be', async () => {
    const [app, client, sockets] = await startWithClient();

    for (const timeout of [0, -1, 1.5, NaN, Infinity, 2 ** 31, '5', null] as never[]) {
      await expectRefusal(
        sockets.request(client.id, 'ask', 1, { timeout }),
        InvalidEmitOptionsError,
        'INVALID_EMIT_OPTIONS',
        'request: "timeout" must be a whole number of milliseconds',
      );
    }
    for (const flag of ['includeSocketRooms', 'includeSourceRoom']) {
      await expectRefusal(
        sockets.leaveAll(client.id, { [flag]: 'no' }),
        InvalidEmitOptionsError,
        'INVALID_EMIT_OPTIONS',
        `leaveAll: "${flag}" must be true or false`,
      );
    }
    await expectNothingHappened(app, client);
  });

  it('all of that for an empty list of rooms too, which reaches nobody', async () => {
    const [, , sockets] = await startWithClient();

    await expectRefusal(sockets.broadcast([], 'disconnect'), InvalidEventError, 'INVALID_EVENT');
    await expectRefusal(sockets.broadcast([], 'hello', 1, { except: '' }), InvalidTargetError, 'INVALID_TARGET');
  });

  it('a socket of another namespace, with words on where it belongs', async () => {
    const app = await start();
    app.sockets.of('/admin').namespaceName satisfies string;
    await app.sockets.of('/admin').rooms();
    const admin = await app.connect({ namespace: '/admin' });
    const user = await app.connect();
    const foreign = app.sockets.of('/admin').get(admin.id);

    const attempts: Record<string, () => Promise<unknown>> = {
      join: () => app.sockets.join([user.id, foreign], 'room'),
      leave: () => app.sockets.leave(foreign, user.id),
      broadcast: () => app.sockets.broadcast(user.id, 'hello', 1, { except: foreign }),
      blast: () => app.sockets.blast('hello', 1, { except: [foreign] }),
      disconnect: () => app.sockets.disconnect(foreign),
      request: () => app.sockets.request(foreign, 'ask'),
      socketRooms: () => app.sockets.socketRooms(foreign),
    };
    for (const [method, attempt] of Object.entries(attempts)) {
      await expectRefusal(
        attempt,
        ForeignNamespaceError,
        'FOREIGN_NAMESPACE',
        `${method}: the socket is connected to the namespace "/admin", and this call speaks to "/"`,
        "SocketsService.of('/admin')",
      );
    }
    await app.sockets.of('/admin').join(foreign, 'room');
    await expectNothingHappened(app, user);
    expect(await app.sockets.of('/admin').subscribers('room')).toEqual([admin.id]);
  });
});
