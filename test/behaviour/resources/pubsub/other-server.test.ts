import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { BeforePublication, Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { caller, withRequest } from '../../../support/caller.js';
import type { TestClient } from '../../../support/client.js';
import { withCluster } from '../../../support/cluster.js';

interface User {
  id: number;
  name?: string;
}

/** Puts data of its own in the place of a message. */
class Shortener {
  @BeforePublication('user', 'messaged')
  shorten(message: { data: unknown }): unknown {
    return message.data;
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): User[] {
    return [{ id: 1 }];
  }
}

const startCluster = withCluster();
const user = (id: number, name: string) => ({ verb: 'updated', id, data: { name } });

describe('resources on two servers of a cluster', () => {
  it('row 23: a watcher of the other server hears of a new record and what follows, in one room', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const watcher = await cluster.connect(b);
    await b.channel<User>('user').watch(watcher.id);

    await a.channel<User>('user').publishCreate({ id: 1 });
    await a.channel<User>('user').publishUpdate(1, { name: 'ada' });
    await cluster.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }, user(1, 'ada')]);
    expect(await a.sockets.socketRooms(watcher.id)).toHaveLength(2);
  });

  it('data without an envelope reaches everybody, and whoever has missed it, too', async (context) => {
    const cluster = await startCluster(context, { controllers: [UsersController], providers: [Shortener] });
    const { a, b } = cluster;
    const [watcher, late] = [await cluster.connect(b), await cluster.connect(a)];
    const all = ['text', 7, null, [1], { short: true }, { verb: 'of its own' }, { verb: 3 }, 'rewritten'];
    const read = async (client: TestClient, since: string): Promise<Record<string, string>> => {
      const request = { url: '/users', headers: { 'realtime-since': since } };
      const { headers } = (await client.socket.emitWithAck('get', request)) as { headers: Record<string, string> };
      return headers;
    };
    const { 'realtime-position': position } = await read(late, 'new');
    await read(watcher, 'new');

    for (const data of all.slice(0, -1)) await a.channel<User>('user').publish(1, data);
    await a.channel<User>('user').message(1, all.at(-1));
    await watcher.next('user', (data) => data === 'rewritten');
    expect(watcher.heard('user')).toEqual(all);

    const again = await cluster.connect(a);
    await read(again, position);
    await again.next('user', (data) => data === 'rewritten');
    expect(again.heard('user')).toEqual(all);
  });

  it('row 17: a socket of the other server is subscribed, found and unsubscribed by its id', async (context) => {
    const cluster = await startCluster(context);
    const users = cluster.a.channel<User>('user');
    const remote = await cluster.connect(cluster.b);

    await users.subscribe(remote.id, 1);
    await users.watch(remote.id, undefined, { verbs: ['created'] });
    expect(await users.subscribers(1)).toEqual([remote.id]);
    expect(await users.watchers()).toEqual([remote.id]);
    await users.publishUpdate(1, { name: 'ada' });
    await users.unsubscribe(remote.id, 1);
    await users.unwatch(remote.id);
    await users.publishUpdate(1, { name: 'too late' });
    await users.publishCreate({ id: 2 });
    await cluster.settle();

    expect(remote.heard('user')).toEqual([user(1, 'ada')]);
    expect(await users.watchers()).toEqual([]);
  });

  it('row 26: the room of a destroyed record is empty on every server', async (context) => {
    const cluster = await startCluster(context);
    const users = cluster.a.channel<User>('user');
    const [here, there] = [await cluster.connect(cluster.a), await cluster.connect(cluster.b)];
    await users.subscribe([here.id, there.id], [1, 2]);
    await users.subscribe(there.id, 1, { verbs: ['updated'] });

    await users.publishDestroy(1);
    await users.publishUpdate(1, { name: 'somebody else' });
    await cluster.settle();

    for (const client of [here, there]) expect(client.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
    expect(await users.subscribers(1)).toEqual([]);
    expect(await users.subscribers(2)).toHaveLength(2);
  });

  it('row 42: a requester on the other server is omitted, and the order is kept', async (context) => {
    const cluster = await startCluster(context, caller);
    const { a } = cluster;
    const users = a.channel<User>('user');
    const [actor, watcher] = [await cluster.connect(cluster.b), await cluster.connect(a)];
    await users.watch([actor.id, watcher.id]);
    const changes = { name: 'first' };

    await withRequest(a, { 'x-socket-id': actor.id }, (request) => {
      void users.publishUpdate(1, changes, { except: request });
      changes.name = 'changed since';
      void users.publishUpdate(1, { name: 'second' });
      void users.publishUpdate(1, { name: 'third' }, { except: [request, watcher.id] });
      return users.publishUpdate(1, { name: 'fourth' });
    });
    await users.publishUpdate(1, { name: 'fifth' });
    await cluster.settle();

    expect(watcher.heard('user')).toEqual(['first', 'second', 'fourth', 'fifth'].map((name) => user(1, name)));
    expect(actor.heard('user')).toEqual(['second', 'fourth', 'fifth'].map((name) => user(1, name)));
  });

  it('row 17: the request of a socket that is connected to the other server subscribes that', async (context) => {
    const cluster = await startCluster(context, caller);
    const { a, b } = cluster;
    const actor = await cluster.connect(b);
    const users = a.channel<User>('user');

    await withRequest(a, { 'x-socket-id': actor.id }, (request) => users.subscribe(request, 1));

    expect(await users.subscribers(1)).toEqual([actor.id]);
  });
});
