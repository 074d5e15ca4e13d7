import { Controller, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Publish, Resourceful, SocketsModule, type ResourceOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';

interface User {
  id: number;
  name?: string;
  pets?: number[];
}
describe('a call of a channel that is not what it should be', () => {
  async function watched() {
    const app = await start();
    const watcher = await app.connect();
    const users = app.channel<User>('user');
    await users.watch(watcher.id);
    return { app, watcher, users, socket: app.sockets.get(watcher.id) };
  }

  it('the request or socket where Sails takes it: refused, since it would omit nobody', async () => {
    const { app, watcher, users, socket } = await watched();
    const request = { method: 'PATCH', headers: {}, url: '/' };

    for (const given of [socket, request, watcher.id, null, [watcher.id], new Map()] as never[]) {
      for (const call of [
        () => users.publishCreate({ id: 1 }, given),
        () => users.publishUpdate(1, {}, given),
        () => users.publishDestroy(1, given),
        () => users.publishAdd(1, 'pets', 2, given),
        () => users.publishRemove(1, 'pets', 2, given),
        () => users.publishReplace(1, 'pets', [2], given),
        () => users.message(1, 'x', given),
        () => users.publish(1, 'x', given),
        () => users.publishVerb('x', 1, {}, given),
        () => users.subscribe(watcher.id, 1, given),
        () => users.watch(watcher.id, undefined, given),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'INVALID_EMIT_OPTIONS' });
      }
    }
    await app.settle();
    expect(watcher.heard('user')).toEqual([]);
    await expect(users.publishUpdate(1, {}, watcher.id as never)).rejects.toThrow(
      'user.publishUpdate: a string is not an option here. ' +
        'The options are { except, to, noReverse, mutation, once, outbox, transaction, immediately, previous }.',
    );
  });

  it('an option that there is not: refused by name', async () => {
    const { users, watcher } = await watched();

    await expect(users.publishUpdate(1, {}, { expect: watcher.id } as never)).rejects.toThrow(
      'user.publishUpdate: "expect" is not an option',
    );
    await expect(users.publishRemove(1, 'pets', 2, { movedFrom: 1 } as never)).rejects.toThrow(
      '"movedFrom" is not an option',
    );
    await expect(users.subscribe(watcher.id, 1, { verb: 'updated' } as never)).rejects.toThrow(
      'user.subscribe: "verb" is not an option here. The options are { verbs }.',
    );
  });

  it('a slice of a resource that has none: refused, and not taken for the whole collection', async () => {
    const { users, app } = await watched();
    const client = await app.connect();

    await expect(users.watch(client.id, { verbs: ['created'] } as never)).rejects.toThrow(
      `user.watch: "user" has no slices, so an object is none. ` +
        `Declare them: @Resourceful('user', { slices: ['field'] })`,
    );
    await expect(users.unwatch(client.id, 'x' as never)).rejects.toMatchObject({ code: 'INVALID_SLICE' });
    await expect(users.watchers('x' as never)).rejects.toMatchObject({ code: 'INVALID_SLICE' });
    expect((await app.sockets.socketRooms(client.id)).length).toBe(1);
  });

  it('something else than a record, its changes, its collection or a list: refused', async () => {
    const { app, users, watcher } = await watched();

    for (const call of [
      () => users.publishCreate(5 as never),
      () => users.publishCreate([{ id: 1 }, 'x'] as never),
      () => users.publishUpdate(1, null as never),
      () => users.publishUpdate(1, [] as never),
      () => users.publishUpdate(1, {}, { previous: 'x' as never }),
      () => users.publishDestroy(1, { previous: [] as never }),
      () => users.publishAdd(1, undefined as never, 2),
      () => users.publishRemove(1, '' as never, 2),
      () => users.publishReplace(1, 'pets', 2 as never),
      () => users.publishReplace(1, 'pets', [], { previous: 2 as never }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'INVALID_RECORD' });
    }
    await app.settle();
    expect(watcher.heard('user')).toEqual([]);
    await expect(users.publishUpdate(1, null as never)).rejects.toThrow(
      'user.publishUpdate: null is not an object with fields of a record.',
    );
  });

  it('a verb that has a method of its own: refused by publishVerb', async () => {
    const { users } = await watched();

    await expect(users.publishVerb('destroyed', 1, {})).rejects.toMatchObject({ code: 'UNKNOWN_VERB' });
    await expect(users.publishVerb('destroyed', 1, {})).rejects.toThrow(
      'which is for verbs of your own: "destroyed" is not a verb',
    );
  });

  it('a target that is nothing known, or of another namespace: refused', async () => {
    const { app, users } = await watched();
    app.sockets.server.of('/admin');
    const admin = await app.connect({ namespace: '/admin' });

    for (const target of [null, undefined, '', 5, {}, [undefined]] as never[]) {
      await expect(users.subscribe(target, 1)).rejects.toMatchObject({ code: 'INVALID_TARGET' });
      await expect(users.unsubscribe(target, 1)).rejects.toMatchObject({ code: 'INVALID_TARGET' });
      await expect(users.watch(target)).rejects.toMatchObject({ code: 'INVALID_TARGET' });
      await expect(users.unwatch(target)).rejects.toMatchObject({ code: 'INVALID_TARGET' });
    }
    const socket = app.sockets.of('/admin').get(admin.id);
    await expect(users.watch(socket)).rejects.toMatchObject({ code: 'FOREIGN_NAMESPACE' });
    // To be left out of what one does not hear anyway is no mistake.
    await users.publishUpdate(1, {}, { except: socket });
  });
});

describe('a resource that is declared in a way that cannot work', () => {
  const boot = (resources: Record<string, unknown>): Promise<unknown> =>
    start({ imports: [SocketsModule.forRoot({ resources: resources as Record<string, ResourceOptions> })] });

  it.each([
    [{ 'a/b': {} }, '"a/b" cannot be the name of a resource'],
    [{ user: { id: '' } }, `SocketsModule.forRoot({ resources: { user } }): the option "id" must be a field's name.`],
    [{ user: { id: 5 } }, 'the option "id" must be'],
    [{ user: { idType: 'guid' } }, `the option "idType" must be 'number', 'uuid', 'string' or a function.`],
    [{ user: { autosubscribe: 'updated' } }, 'the option "autosubscribe" must be true, false or an array of verbs'],
    [{ user: { autosubscribe: ['updatd'] } }, 'The option "autosubscribe" of "user": "updatd" is not a verb of "user"'],
    [{ user: { verbs: 'archived' } }, 'the option "verbs" must be an array of verbs'],
    [{ user: { verbs: ['a/b'] } }, '"a/b" cannot be a verb'],
    [{ user: { verbs: [5] } }, 'the number 5 cannot be a verb'],
    [{ user: { relations: [] } }, 'the option "relations" must be an object of relations by attribute'],
    [
      { user: { relatons: {} } },
      'the option "relatons" must be left out: there is no option of that name. There are id, key,',
    ],
  ])('%j fails at boot', async (resources, message) => {
    await expect(boot(resources)).rejects.toThrow(message);
  });

  it('differently in two places fails at boot; what one of them leaves open does not', async () => {
    @Controller('users')
    @Resourceful('user', { id: 'user_id', idType: undefined })
    class UsersController {}
    const imports = (options: ResourceOptions) => [SocketsModule.forRoot({ resources: { user: options } })];

    await expect(start({ controllers: [UsersController], imports: imports({ id: 'no' }) })).rejects.toThrow(
      '@Resourceful on UsersController: the option "id" of the resource "user" is declared differently elsewhere',
    );
    const app = await start({ controllers: [UsersController], imports: imports({ idType: 'number' }) });
    expect(app.channel('user').getRoomName({ user_id: '7' })).toBe('resource:user/7');
    expect(() => app.channel('user').getRoomName('x')).toThrow('An id is a number');
  });

  it('autosubscribe may name a verb that only a route declares', async () => {
    @Controller('users')
    @Resourceful('user', { autosubscribe: ['archived'] })
    class UsersController {
      @Post(':id/archive')
      @Publish('archived')
      archive() {
        return { id: 1 };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect();

    await app.channel('user').watch(client.id);

    expect(await app.sockets.socketRooms(client.id)).toContain('resource:user#archived');
  });
});
