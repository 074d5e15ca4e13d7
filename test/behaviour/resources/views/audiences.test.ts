import { describe, expect, it } from 'vitest';
import { SocketsModule, type AuthenticateFunction } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { asRole, PASSWORD, read, SALARY, startPeople } from './support/people.js';

describe('Views of audiences', () => {
  /** Somebody who is nobody in particular, and an administrator, who both watch. */
  const startWithTwo = async (): Promise<{ app: TestApplication; plain: TestClient; admin: TestClient }> => {
    const app = await startPeople();
    const [plain, admin] = [await app.connect(asRole()), await app.connect(asRole('admin', 2))];
    await Promise.all([plain, admin].map((client) => read(client, '/users')));
    return { app, plain, admin };
  };

  it('shows each audience what its view does, whatever the caller of the route was shown', async () => {
    const { app, plain, admin } = await startWithTwo();
    const { body } = await app.request('POST', '/users', { name: 'grace' });
    await app.settle();

    expect(body).toEqual({ id: 5, name: 'grace' });
    expect(plain.heard('user')).toEqual([{ verb: 'created', id: 5, data: { id: 5, name: 'grace' } }]);
    expect(admin.heard('user')).toEqual([{ verb: 'created', id: 5, data: { id: 5, name: 'grace', salary: SALARY } }]);
  });

  it('gives a message one delivery note, however many views it has', async () => {
    const { app, plain, admin } = await startWithTwo();
    await app.request('POST', '/users', {});
    const notes = await Promise.all([plain, admin].map(async (client) => (await client.next('user'))[1]));
    expect(notes[0]).toEqual({ id: expect.any(String), epoch: expect.any(String), topics: expect.any(Object) });
    expect(notes[1]).toEqual(notes[0]);
  });

  it('shows the records of a list, found by their ids in what the handler returned', async () => {
    const { app, plain, admin } = await startWithTwo();
    await app.request('POST', '/users/many');
    await app.settle();
    expect(plain.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1, name: 'one' } },
      { verb: 'created', id: 2, data: { id: 2, name: 'two' } },
    ]);
    expect(admin.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1, name: 'one', salary: SALARY } },
      { verb: 'created', id: 2, data: { id: 2, name: 'two', salary: SALARY } },
    ]);
  });

  it('shows the record as it was in the same views', async () => {
    const { app, plain, admin } = await startWithTwo();
    await app.request('PATCH', '/users/5', { name: 'after' });
    await app.request('DELETE', '/users/5');
    await app.settle();
    expect(plain.heard('user')).toEqual([
      { verb: 'updated', id: 5, data: { id: 5, name: 'after' }, previous: { id: 5, name: 'before' } },
      { verb: 'destroyed', id: 5, previous: { id: 5, name: 'ada' } },
    ]);
    expect(admin.heard('user')).toEqual([
      {
        verb: 'updated',
        id: 5,
        data: { id: 5, name: 'after', salary: SALARY },
        previous: { id: 5, name: 'before', salary: SALARY },
      },
      { verb: 'destroyed', id: 5, previous: { id: 5, name: 'ada', salary: SALARY } },
    ]);
  });

  it('puts what code publishes into the views as well', async () => {
    const { app, plain, admin } = await startWithTwo();
    const users = app.channel('user');
    await users.publishCreate({ id: 7, name: 'ada', salary: SALARY, password: PASSWORD });
    await users.publishUpdate(7, { salary: SALARY });
    await users.publishDestroy(7, { previous: { id: 7, salary: SALARY } });
    await app.settle();
    expect(plain.heard('user')).toEqual([
      { verb: 'created', id: 7, data: { id: 7, name: 'ada' } },
      { verb: 'updated', id: 7, data: {} },
      { verb: 'destroyed', id: 7, previous: { id: 7 } },
    ]);
    expect(admin.heard('user')).toEqual([
      { verb: 'created', id: 7, data: { id: 7, name: 'ada', salary: SALARY } },
      { verb: 'updated', id: 7, data: { salary: SALARY } },
      { verb: 'destroyed', id: 7, previous: { id: 7, salary: SALARY } },
    ]);
  });

  it('sends messages and data without a record as they are, once to everybody', async () => {
    const { app, plain, admin } = await startWithTwo();
    await Promise.all([plain, admin].map((client) => read(client, '/users/5')));
    await app.channel('user').message(5, { salary: 'public' });
    await app.channel('user').publish(5, { raw: true });
    await app.channel('user').publishRemove(5, 'friends', 6);
    await app.settle();
    for (const client of [plain, admin]) {
      expect(client.heard('user')).toEqual([
        { verb: 'messaged', id: 5, data: { salary: 'public' } },
        { raw: true },
        { verb: 'removedFrom', id: 5, attribute: 'friends', removedId: 6 },
      ]);
    }
  });

  it('tells somebody in two audiences once, the richer', async () => {
    const { app, admin } = await startWithTwo();
    const both = await app.connect(asRole(['guest', 'admin'], 3));
    await read(both, '/users');
    await read(both, '/users/5');
    // By hand, into the rooms of everybody.
    for (const socket of app.sockets.server.sockets.sockets.values()) {
      if (socket.id === both.id) await socket.join(['resource:user', 'resource:user/5']);
    }
    await app.request('PATCH', '/users/5', {});
    await app.settle();
    expect(both.heard('user')).toEqual(admin.heard('user'));
    expect(both.heard('user')).toEqual([expect.objectContaining({ data: { id: 5, name: 'ada', salary: SALARY } })]);
  });

  it('shows somebody without an identity what everybody sees', async () => {
    const app = await startPeople({ imports: [SocketsModule.forRoot()] });
    const nobody = await app.connect();
    await read(nobody, '/users');
    await app.request('POST', '/users', {});
    await app.settle();
    expect(nobody.heard('user')).toEqual([{ verb: 'created', id: 5, data: { id: 5, name: 'ada' } }]);
  });

  it('shows somebody whose audience has no view what everybody sees', async () => {
    const { app } = await startWithTwo();
    const guest = await app.connect(asRole('guest', 3));
    await read(guest, '/users');
    await app.request('POST', '/users', {});
    await app.settle();
    expect(guest.heard('user')).toEqual([{ verb: 'created', id: 5, data: { id: 5, name: 'ada' } }]);
  });

  it('subscribes by code into the rooms of the audience, and out of them again', async () => {
    const app = await startPeople();
    const admin = await app.connect(asRole('admin'));
    const users = app.channel('user');
    await users.watch(admin.id);
    await users.subscribe(admin.id, 5);
    expect(await users.subscribers(5)).toEqual([admin.id]);
    expect(await users.watchers()).toEqual([admin.id]);
    await users.publishUpdate(5, { salary: SALARY });
    await users.unwatch(admin.id);
    await users.publishUpdate(5, { salary: 'more' });
    await users.unsubscribe(admin.id, 5);
    await users.publishUpdate(5, { salary: 'even more' });
    await app.settle();
    expect(admin.heard('user')).toEqual([
      { verb: 'updated', id: 5, data: { salary: SALARY } },
      { verb: 'updated', id: 5, data: { salary: 'more' } },
    ]);
    expect(await users.subscribers(5)).toEqual([]);
  });

  it('empties the rooms of all audiences when a record is gone', async () => {
    const { app, admin } = await startWithTwo();
    await read(admin, '/users/5');
    await app.channel('user').publishDestroy(5);
    expect(await app.channel('user').subscribers(5)).toEqual([]);
  });

  it('lets a client of any audience end its subscriptions', async () => {
    const { app, admin } = await startWithTwo();
    await read(admin, '/users/5');
    await admin.socket.emitWithAck('sockets:unsubscribe', { resource: 'user' });
    expect(await app.channel('user').subscribers(5)).not.toContain(admin.id);
    expect(await app.channel('user').watchers()).not.toContain(admin.id);
  });

  it('takes away what is revoked from whatever audience', async () => {
    const { app, admin } = await startWithTwo();
    await read(admin, '/users/5');
    await app.sockets.revoke({ user: 2, resource: 'user', ids: 5 });
    expect(await app.channel('user').subscribers(5)).not.toContain(admin.id);
    await admin.next('revoked');
    expect(admin.heard('revoked')).toEqual([{ resource: 'user', ids: [5] }]);
  });

  it('shows another view after an authentication by other rights', async () => {
    const { app, admin } = await startWithTwo();
    await read(admin, '/users/5');
    await app.request('PATCH', '/users/5', {});
    expect(await admin.socket.emitWithAck('reauthenticate', { user: { id: 2 } })).toMatchObject({ statusCode: 204 });
    await app.request('PATCH', '/users/5', {});
    await admin.socket.emitWithAck('reauthenticate', { user: { id: 2, role: 'admin' } });
    await app.request('PATCH', '/users/5', {});
    await app.settle();
    const salaries = admin.heard('user').map((message) => (message as { data: { salary?: string } }).data.salary);
    expect(salaries).toEqual([SALARY, undefined, SALARY]);
  });

  it('takes whoever does not get the answer out of what it entered, and leaves it where it was', async () => {
    const authenticate: AuthenticateFunction = ({ auth }) => auth.user;
    const requests = { maxResponseSize: 500 };
    const app = await startPeople({ imports: [SocketsModule.forRoot({ authenticate, requests })] });
    const admin = await app.connect(asRole('admin'));
    await read(admin, '/users/5');
    expect(await read(admin, '/users/page/1000')).toMatchObject({ statusCode: 413 });
    const rooms = (await app.sockets.socketRooms(admin.id)).filter((room) => room.startsWith('resource:'));
    expect(rooms).toEqual(['resource:user~admin/5']);
    await read(admin, '/users/page/1');
    expect(await app.channel('user').watchers()).toEqual([admin.id]);
  });

  it('lets nothing that the view hides into any frame of those who are not to see it', async () => {
    const app = await startPeople();
    const plain = await app.connect(asRole());
    const frames: string[] = [];
    plain.socket.io.engine.on('packet', ({ data }: { data?: unknown }) => frames.push(String(data)));
    await read(plain, '/users');
    await read(plain, '/users/5');
    for (const [method, path] of [
      ['POST', '/users'],
      ['POST', '/users/many'],
      ['PATCH', '/users/5'],
      ['PUT', '/users/5/friends'],
      ['DELETE', '/users/5'],
    ] as const) {
      await app.request(method, path, {});
    }
    await app.channel('user').publishCreate({ id: 7, salary: SALARY, password: PASSWORD });
    await app.settle();
    expect(plain.heard('user').length).toBeGreaterThan(6);
    expect(frames.join('\n')).toContain('created');
    expect(frames.filter((frame) => frame.includes('canary'))).toEqual([]);
  });
});
