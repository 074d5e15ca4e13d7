import { Controller, Get } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribesTo } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

@Controller('users')
@Resourceful('user', { idType: 'number', verbs: ['archived'] })
class UsersController {
  @Get()
  find() {
    return [];
  }
}

@Controller('pets')
@Resourceful('user.pet')
class PetsController {}

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('admin')
class AdminGateway {}

const imports = [SocketsModule.forRoot({ resources: { admin: {} } })];
const options = { imports, controllers: [UsersController, PetsController], providers: [AdminGateway] };

const ask = (client: TestClient, ...args: unknown[]): Promise<unknown> =>
  client.socket.timeout(60_000).emitWithAck('sockets:unsubscribe', ...args);

async function rooms(app: TestApplication, { id }: TestClient, namespace = '/'): Promise<string[]> {
  const all = await app.sockets.of(namespace).socketRooms(id);
  return all.filter((room) => room !== id).toSorted();
}

const done = { headers: {}, statusCode: 204 };

describe('A client that emits sockets:unsubscribe', () => {
  async function subscriber(): Promise<{ app: TestApplication; client: TestClient }> {
    const app = await start(options);
    const client = await app.connect();
    await app.channel('user').subscribe(client.id, [1, 2]);
    await app.channel('user').subscribe(client.id, 3, { verbs: ['archived'] });
    await app.channel('user').watch(client.id, undefined, { verbs: ['created'] });
    await app.channel('user').watch(client.id);
    await app.channel('user.pet').subscribe(client.id, 1);
    await app.sockets.join(client.id, 'user/1');
    return { app, client };
  }

  it('with ids hears no more of these records, and still of others', async () => {
    const { app, client } = await subscriber();
    await app.channel('user').unwatch(client.id);

    expect(await ask(client, { resource: 'user', ids: [1, '3'] })).toEqual(done);
    for (const id of [1, 2, 3]) await app.channel('user').publishVerb('archived', id, {});
    await app.settle();

    expect(client.heard('user')).toEqual([{ verb: 'archived', id: 2, data: {} }]);
  });

  it('without ids no longer hears of the resource’s records or collection, but still of all else', async () => {
    const { app, client } = await subscriber();
    expect(await ask(client, { resource: 'user' })).toEqual(done);
    expect(await rooms(app, client)).toEqual(['resource:user.pet/1', 'user/1']);
  });

  it('is answered the same if it was not subscribed', async () => {
    const app = await start(options);
    const client = await app.connect();
    expect(await ask(client, { resource: 'user', ids: [1] })).toEqual(done);
    expect(await ask(client, { resource: 'user', ids: [] })).toEqual(done);
    expect(await ask(client, { resource: 'user' })).toEqual(done);
  });

  it('ends its own subscriptions and nobody else’s', async () => {
    const { app, client } = await subscriber();
    const other = await app.connect();
    await ask(other, { resource: 'user' });
    expect(await rooms(app, client)).toContain('resource:user/1');
  });

  it('is heard in every namespace', async () => {
    const app = await start(options);
    const admin = await app.connect({ namespace: '/admin' });
    await app.channel('admin').subscribe(admin.id, 1);
    expect(await ask(admin, { resource: 'admin', ids: [1] })).toEqual(done);
    expect(await rooms(app, admin, '/admin')).toEqual([]);

    app.sockets.server.of('/later');
    const late = await app.connect({ namespace: '/later' });
    expect(await ask(late, { resource: 'admin' })).toEqual(done);
  });

  it('is heard without an acknowledgement', async () => {
    const { app, client } = await subscriber();
    client.socket.emit('sockets:unsubscribe', { resource: 'user' });
    await ask(client, { resource: 'user', ids: [] });
    expect(await rooms(app, client)).not.toContain('resource:user/1');
  });

  it('is told 404 for a resource that there is not', async () => {
    const { client } = await subscriber();
    for (const resource of ['usr', '', '__proto__', 'constructor', 'user/1']) {
      expect(await ask(client, { resource })).toEqual({
        body: { statusCode: 404, code: 'NOT_FOUND', message: 'There is no such resource.' },
        headers: {},
        statusCode: 404,
      });
    }
  });

  const garbage: unknown[] = [
    undefined,
    null,
    1,
    'user',
    [],
    ['user'],
    {},
    { ids: [1] },
    { resource: 1 },
    { resource: ['user'] },
    { resource: null, ids: [1] },
    { resource: 'user', ids: null },
    { resource: 'user', ids: 1 },
    { resource: 'user', ids: { length: 1 } },
    { resource: 'user', ids: [null] },
    { resource: 'user', ids: [{ id: 1 }] },
    { resource: 'user', ids: [[1]] },
    { resource: 'user', ids: [true] },
    { resource: 'user', ids: [''] },
    { resource: 'user', ids: ['01'] },
    { resource: 'user', ids: [1, 'x'] },
    { resource: 'user', ids: [Buffer.from('1')] },
    { resource: 'user', ids: Array.from({ length: 1_001 }, (_, id) => id) },
    Buffer.from('user'),
  ];
  it('is told 400 for anything else, keeps its subscriptions, and the process lives', async () => {
    const { app, client } = await subscriber();
    const before = await rooms(app, client);
    for (const packet of garbage) {
      client.socket.emit('sockets:unsubscribe', packet);
      const answer = await ask(client, packet);
      expect(answer, JSON.stringify(packet)).toEqual({
        body: { statusCode: 400, code: 'BAD_REQUEST', message: expect.any(String) as string },
        headers: {},
        statusCode: 400,
      });
      expect(JSON.stringify(answer)).not.toContain('01');
    }
    expect(await ask(client)).toMatchObject({ statusCode: 400 });
    client.socket.emit('sockets:unsubscribe');
    expect(await rooms(app, client)).toEqual(before);
  });

  it('may name a thousand ids at once', async () => {
    const { app, client } = await subscriber();
    expect(await ask(client, { resource: 'user', ids: Array.from({ length: 1_000 }, (_, id) => id) })).toEqual(done);
    expect(await rooms(app, client)).not.toContain('resource:user/1');
  });
});

describe('A gateway', () => {
  it('that handles that event itself is refused at boot', async () => {
    @WebSocketGateway()
    class OwnGateway {
      @SubscribeMessage('sockets:unsubscribe')
      unsubscribe() {}
    }
    const refused = start({ providers: [OwnGateway] });
    await expect(refused).rejects.toMatchObject({ code: 'RESERVED_EVENT' });
    await expect(refused).rejects.toThrow(
      "@SubscribeMessage('sockets:unsubscribe') on OwnGateway.unsubscribe(): " +
        'clients end their subscriptions by that event. Rename it.',
    );
  });
});
