import { Controller, Delete, HttpCode, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { OnPublication, PublishOnCreate, PublishOnDestroy, PublishOnUpdate, Resourceful } from '../../../src/index.js';
import { CallsController, Deed, withRequest } from '../../support/caller.js';
import { withCluster } from '../../support/cluster.js';

const startCluster = withCluster();

@Controller('users')
@Resourceful('user')
class UsersController {
  @Post()
  @PublishOnCreate()
  create() {
    return { id: 1 };
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number) {
    return { id, name: 'ada' };
  }

  @Delete(':id')
  @HttpCode(204)
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) _id: number) {}
}

class Scribe {
  readonly heard: unknown[] = [];

  @OnPublication('user')
  hear(message: unknown): void {
    this.heard.push(message);
  }
}

const application = { controllers: [UsersController, CallsController], providers: [Scribe, Deed] };
const created = { verb: 'created', id: 1, data: { id: 1 } };

describe('resources on two servers of a cluster', () => {
  it('watchers and subscribers on either server hear what is published on one of them', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [here, there, subscriber, bystander] = [
      await cluster.connect(a),
      await cluster.connect(b),
      await cluster.connect(b),
      await cluster.connect(b),
    ];
    await a.channel('user').watch([here.id, there.id]);
    await a.channel('user').subscribe(subscriber.id, 1);

    await a.channel('user').publishCreate({ id: 1 });
    await a.request('PATCH', '/users/1');
    await there.next('user', ({ verb }: { verb: string }) => verb === 'updated');

    await cluster.settle();
    const updated = { verb: 'updated', id: 1, data: { id: 1, name: 'ada' } };
    for (const client of [here, there]) expect(client.heard('user')).toEqual([created, updated]);
    expect(subscriber.heard('user')).toEqual([updated]);
    expect(bystander.heard('user')).toEqual([]);
    expect((await b.channel('user').watchers()).toSorted()).toEqual([here.id, there.id].toSorted());
    expect(await a.channel('user').subscribers(1)).toEqual([subscriber.id]);
  });

  it('the listeners on the server hear it where it is published, and only there', async (context) => {
    const { a, b } = await startCluster(context, application);

    await a.channel('user').publishCreate({ id: 1 });
    await b.channel('user').publishDestroy(2);

    expect(a.get(Scribe).heard).toEqual([created]);
    expect(b.get(Scribe).heard).toEqual([{ verb: 'destroyed', id: 2 }]);
  });

  it('row 26: a destroyed record has no subscribers left on any server, also of single verbs', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    await a.channel('user').subscribe([here.id, there.id], 1);
    await b.channel('user').subscribe([here.id, there.id], 1, { verbs: ['updated'] });
    await cluster.settle();

    await a.channel('user').publishDestroy(1);
    // The adapter for streams sends questions another way, which is faster.
    await expect.poll(() => a.channel('user').subscribers(1)).toEqual([]);
    await b.channel('user').publishUpdate(1, { name: 'too late' });

    await cluster.settle();
    for (const client of [here, there]) expect(client.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
    expect(await b.sockets.rooms()).toHaveLength(2);
  });

  it('who subscribes to a record that comes again right after its end stays subscribed', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    await a.channel('user').subscribe([here.id, there.id], 1);

    void a.channel('user').publishDestroy(1);
    void a.channel('user').subscribe([here.id, there.id], 1);

    await cluster.settle();
    expect(await b.channel('user').subscribers(1)).toHaveLength(2);
  });
});

describe('X-Socket-Id of a socket that is connected to the other server', () => {
  const alice = { cookie: 'sid=alice' };

  it('is omitted from what the request publishes', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [actor, watcher] = [await cluster.connect(b, { extraHeaders: alice }), await cluster.connect(b)];
    await b.channel('user').watch([actor.id, watcher.id]);

    await a.request('POST', '/users', undefined, { 'x-socket-id': actor.id, ...alice });

    await watcher.next('user');
    await cluster.settle();
    expect([actor.heard('user'), watcher.heard('user')]).toEqual([[], [created]]);
  });

  it('is not, for a request of somebody else', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const victim = await cluster.connect(b, { extraHeaders: alice });
    await b.channel('user').watch(victim.id);

    const others: Array<Record<string, string>> = [{ cookie: 'sid=mallory' }, { authorization: 'Bearer mallory' }, {}];
    for (const headers of others) {
      await a.request('POST', '/users', undefined, { 'x-socket-id': victim.id, ...headers });
      await victim.next('user');
      victim.forget();
    }
  });

  it('is the target that the request stands for in every method, for its own caller only', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [actor, watcher] = [await cluster.connect(b, { extraHeaders: alice }), await cluster.connect(b)];
    await b.sockets.join([actor.id, watcher.id], 'room');
    actor.socket.on('ask', (answer: (answer: unknown) => void) => answer('alice'));

    await withRequest(a, { 'x-socket-id': actor.id, ...alice }, async (request) => {
      await a.sockets.broadcast('room', 'hello', 1, { except: request });
      await a.sockets.blast('hello', 2, { except: [request, 'nobody'] });
      await a.sockets.join([request, watcher.id], 'joined');
      expect(await a.sockets.request(request, 'ask')).toBe('alice');
      expect(await a.sockets.socketRooms(request)).toEqual([actor.id, 'room', 'joined']);
      await a.sockets.leave(request, 'room');
    });
    await withRequest(a, { 'x-socket-id': actor.id, cookie: 'sid=mallory' }, async (request) => {
      await a.sockets.broadcast(actor.id, 'hello', 3, { except: request });
      await a.sockets.join(request, 'stolen');
      await a.sockets.disconnect(request);
    });

    await cluster.settle();
    expect([actor.heard('hello'), watcher.heard('hello')]).toEqual([[3], [1, 2]]);
    expect([...b.sockets.get(actor.id).rooms]).toEqual([actor.id, 'joined']);
    expect(actor.socket.connected).toBe(true);
  });

  it('that nobody has is nobody', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const watcher = await cluster.connect(b);
    await a.sockets.join(watcher.id, 'room');

    for (const id of ['nobody', 'room']) {
      await withRequest(a, { 'x-socket-id': id }, (request) =>
        a.sockets.broadcast('room', 'hello', id, { except: request }),
      );
    }

    await cluster.settle();
    expect(watcher.heard('hello')).toEqual(['nobody', 'room']);
  });
});
