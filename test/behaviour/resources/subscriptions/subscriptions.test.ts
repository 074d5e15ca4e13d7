import { describe, expect, it } from 'vitest';
import { SocketsModule, type ResourceOptions } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

interface User {
  id: number;
  name?: string;
  pets?: number[];
}

const verbs = (client: TestClient): unknown[] =>
  client.heard('user').map((message) => {
    const { verb, id } = message as { verb: string; id: number };
    return `${verb} ${id}`;
  });

describe('who hears of records', () => {
  async function users(options?: ResourceOptions) {
    const app = await start({
      imports: [SocketsModule.forRoot(options === undefined ? {} : { resources: { user: options } })],
    });
    const [client, bystander] = await Promise.all([app.connect(), app.connect()]);
    return { app, client, bystander, channel: app.channel<User>('user') };
  }

  it('row 17: subscribers to records, by id, record or an array of them, hear of those and no others', async () => {
    const { app, client, bystander, channel } = await users();

    await channel.subscribe(client.id, 1);
    await channel.subscribe(client.id, { id: 2 });
    await channel.subscribe(client.id, [3, '4', { id: 5, name: 'ada' }]);
    await channel.subscribe(client.id, []);
    for (const id of [1, 2, 3, 4, 5, 6]) await channel.publishUpdate(id, {});
    await app.settle();

    expect(verbs(client)).toEqual(['updated 1', 'updated 2', 'updated 3', 'updated 4', 'updated 5']);
    expect(verbs(bystander)).toEqual([]);
  });

  it('row 17: the target may be a socket, id, room, array of these, or an HTTP request, which is nobody', async () => {
    const { app, client, bystander, channel } = await users();
    const inRoom = await app.connect();
    await app.sockets.join(inRoom.id, 'room');

    await channel.subscribe([app.sockets.get(client.id), 'room'], 1);
    const http = { method: 'GET', headers: {} };
    await channel.subscribe(http, 1);
    await channel.subscribe([], 1);
    await channel.publishUpdate(1, {});
    await app.settle();

    expect([client, inRoom, bystander].map((one) => verbs(one).length)).toEqual([1, 1, 0]);
    expect((await channel.subscribers(1)).toSorted()).toEqual([client.id, inRoom.id].toSorted());
  });

  it('a socket in whose own room others are stands for all of them', async () => {
    const { app, client, bystander, channel } = await users();
    const guest = await app.connect();
    await app.sockets.join(guest.id, client.id, { trusted: true });

    await channel.subscribe(client.id, 1);
    await channel.subscribe(app.sockets.get(client.id), 2);
    await channel.publishUpdate(1, {});
    await channel.publishUpdate(2, {});
    await app.settle();

    expect([client, guest, bystander].map((one) => verbs(one).length)).toEqual([2, 2, 0]);
  });

  it('a socket that has left its own room is not meant by its id', async () => {
    const { app, client, channel } = await users();
    await app.sockets.leaveAll(client.id, { includeSocketRooms: true });

    await channel.subscribe(client.id, 1);
    await channel.publishUpdate(1, {});
    await app.settle();

    expect(verbs(client)).toEqual([]);
  });

  it('row 18: whoever unsubscribes no longer hears of those records, whatever the verbs, but of others', async () => {
    const { app, client, channel } = await users();
    await channel.subscribe(client.id, [1, 2, 3]);
    await channel.subscribe(client.id, [1, 4], { verbs: ['updated', 'destroyed'] });

    await channel.unsubscribe(client.id, [1, { id: 3 }]);
    for (const id of [1, 2, 3, 4]) await channel.publishUpdate(id, {});
    await app.settle();

    expect(verbs(client)).toEqual(['updated 2', 'updated 4']);
    expect(await channel.subscribers(1)).toEqual([]);
  });

  it('row 19: watchers hear `created` and all that follows; after unwatch only what they subscribed to', async () => {
    const { app, client, bystander, channel } = await users();
    await channel.subscribe(client.id, 1);
    await channel.watch(client.id);

    await channel.publishCreate({ id: 2 });
    await channel.publishUpdate(3, {});
    await channel.unwatch(client.id);
    await channel.publishCreate({ id: 4 });
    await channel.publishUpdate(3, {});
    await channel.publishUpdate(1, {});
    await app.settle();

    expect(verbs(client)).toEqual(['created 2', 'updated 3', 'updated 1']);
    expect(verbs(bystander)).toEqual([]);
  });

  it('row 20: a subscription to one verb is for that verb only, and such subscriptions add up', async () => {
    const { app, client, channel } = await users();
    const everything = async (id: number): Promise<void> => {
      await channel.publishUpdate(id, {});
      await channel.publishAdd(id, 'pets', 7);
      await channel.publishRemove(id, 'pets', 7);
      await channel.message(id, 'hello');
      await channel.publish(id, { verb: 'raw', id });
      await channel.publishDestroy(id);
    };

    await channel.subscribe(client.id, [1, 2], { verbs: ['destroyed'] });
    await channel.subscribe(client.id, 2, { verbs: 'addedTo' });
    await channel.subscribe(client.id, 2, { verbs: ['messaged', 'messaged'] });
    for (const id of [1, 2, 3]) await everything(id);
    await app.settle();

    expect(verbs(client)).toEqual(['destroyed 1', 'addedTo 2', 'messaged 2', 'destroyed 2']);
  });

  it('row 20: several watch levels: some verbs of the collection, and all of one record, heard once each', async () => {
    const { app, client, channel } = await users();
    await channel.watch(client.id, undefined, { verbs: ['created'] });
    await channel.watch(client.id, undefined, { verbs: ['destroyed'] });
    await channel.subscribe(client.id, 1);

    await channel.publishCreate({ id: 2 });
    await channel.publishUpdate(2, {});
    await channel.publishUpdate(1, {});
    await channel.publishDestroy(1);
    await channel.publishDestroy(2);
    await app.settle();
    expect(verbs(client)).toEqual(['created 2', 'updated 1', 'destroyed 1', 'destroyed 2']);

    client.forget();
    await channel.unwatch(client.id);
    await channel.publishCreate({ id: 3 });
    await app.settle();
    expect(verbs(client)).toEqual([]);
    expect(await channel.watchers()).toEqual([]);
  });

  it('row 20: knows the verbs of its own that the resource declares, and refuses others', async () => {
    const { app, client, channel } = await users({ verbs: ['archived', 'restored'] });

    await channel.subscribe(client.id, 1, { verbs: ['archived'] });
    await channel.publishVerb('archived', 1, { by: 'ada' });
    await channel.publishVerb('restored', 1, { by: 'ada' });
    await app.settle();
    expect(client.heard('user')).toEqual([{ verb: 'archived', id: 1, data: { by: 'ada' } }]);

    const refused = channel.subscribe(client.id, 1, { verbs: ['updated', 'archvied'] });
    await expect(refused).rejects.toMatchObject({ code: 'UNKNOWN_VERB' });
    await expect(refused).rejects.toThrow(
      'user.subscribe: "archvied" is not a verb of "user". ' +
        'Its verbs are created, updated, destroyed, addedTo, removedFrom, messaged, ' +
        'left, entered, archived, restored. ' +
        `A verb of your own is declared by @Publish('verb') on a route, ` +
        `or by @Resourceful('user', { verbs: ['verb'] }).`,
    );
    await expect(channel.watch(client.id, undefined, { verbs: [undefined as never] })).rejects.toThrow(
      'user.watch: undefined is not a verb of "user".',
    );
    // Nothing of a refused call was done.
    expect(await channel.watchers()).toEqual([]);
    await channel.publishUpdate(1, {});
    await app.settle();
    expect(verbs(client)).toEqual(['archived 1']);
  });

  it('row 21: with autosubscribe false, a call has to name its verbs', async () => {
    const { app, client, channel } = await users({ autosubscribe: false });

    for (const call of [() => channel.subscribe(client.id, 1), () => channel.watch(client.id)]) {
      await expect(call()).rejects.toMatchObject({ code: 'VERBS_REQUIRED' });
      await expect(call()).rejects.toThrow(/declared with autosubscribe: false. Say which verbs/);
    }
    await channel.subscribe(client.id, 1, { verbs: ['updated'] });
    await channel.publishUpdate(1, {});
    await channel.message(1, 'hello');
    await app.settle();

    expect(verbs(client)).toEqual(['updated 1']);
  });

  it('row 21: with autosubscribe an array, a call that names no verbs means those', async () => {
    const { app, client, channel } = await users({ autosubscribe: ['updated', 'archived'], verbs: ['archived'] });
    const watcher = await app.connect();

    await channel.subscribe(client.id, 1);
    await channel.watch(watcher.id);
    await channel.publishUpdate(1, {});
    await channel.message(1, 'hello');
    await channel.publishVerb('archived', 1, {});
    await app.settle();

    expect(verbs(client)).toEqual(['updated 1', 'archived 1']);
    expect(verbs(watcher)).toEqual(['updated 1', 'archived 1']);
  });

  it('row 23: a watcher hears later changes of a record that was created after it began to watch', async () => {
    const { app, client, channel } = await users();
    await channel.watch(client.id);

    await channel.publishCreate({ id: 1 });
    await channel.publishUpdate(1, { name: 'ada' });
    await channel.publishDestroy(1);
    await app.settle();

    expect(verbs(client)).toEqual(['created 1', 'updated 1', 'destroyed 1']);
    expect(await channel.subscribers(1)).toEqual([]);
  });

  it('row 31: a socket that is put into the room named by getRoomName hears what subscribers hear', async () => {
    const { app, client, bystander, channel } = await users();

    expect(channel.getRoomName(1)).toBe('resource:user/1');
    expect(channel.getRoomName({ id: 1 })).toBe(channel.getRoomName('1'));
    await app.sockets.join(client.id, channel.getRoomName(1), { trusted: true });
    await channel.publishUpdate(1, {});
    await app.settle();

    expect(verbs(client)).toEqual(['updated 1']);
    expect(verbs(bystander)).toEqual([]);
    expect(await channel.subscribers(1)).toEqual([client.id]);
    expect(() => channel.getRoomName(null as never)).toThrow('user: null is not an id.');
  });

  it('row 32: tells who subscribes to a record and who watches, each once, whatever verbs it is for', async () => {
    const { app, client, bystander, channel } = await users();
    await channel.subscribe([client.id, bystander.id], 1);
    await channel.subscribe(client.id, 1, { verbs: ['updated', 'destroyed'] });
    await channel.watch(client.id);
    await channel.watch(client.id, undefined, { verbs: ['created', 'updated'] });

    expect((await channel.subscribers({ id: 1 })).toSorted()).toEqual([client.id, bystander.id].toSorted());
    expect(await channel.subscribers(2)).toEqual([]);
    expect(await channel.watchers()).toEqual([client.id]);

    client.socket.disconnect();
    await expect.poll(() => app.sockets.server.of('/').sockets.size).toBe(1);
    expect(await channel.subscribers(1)).toEqual([bystander.id]);
    expect(await channel.watchers()).toEqual([]);
  });
});
