import { describe, expect, it } from 'vitest';
import type { DeliveryNote } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { messages } from '../../../support/messages.js';

interface User {
  id: number;
  name?: string;
  born?: Date;
  pets?: unknown[];
}

describe('what is sent', () => {
  async function watched() {
    const app = await start();
    const watcher = await app.connect();
    const users = app.channel<User>('user');
    await users.watch(watcher.id);
    /** The messages as they were written on the wire: absent is not the same as null. */
    const written = async (): Promise<string[]> => {
      await app.settle();
      return messages(watcher).map(([, message]) => JSON.stringify(message));
    };
    return { app, watcher, users, written };
  }

  it('row 22: `created` carries the record and its id, one message for each record of an array', async () => {
    const { users, written } = await watched();

    await users.publishCreate({ id: 1, name: 'ada' });
    await users.publishCreate([{ id: 2 }, { id: 3, name: 'grace' }]);
    await users.publishCreate([]);

    expect(await written()).toEqual([
      '{"verb":"created","data":{"id":1,"name":"ada"},"id":1}',
      '{"verb":"created","data":{"id":2},"id":2}',
      '{"verb":"created","data":{"id":3,"name":"grace"},"id":3}',
    ]);
  });

  it('row 22: a record without an id is refused, with all to be published with it, and harms nobody', async () => {
    const { users, written } = await watched();

    const refused = users.publishCreate([{ id: 1 }, { name: 'nobody' } as User]);

    await expect(refused).rejects.toMatchObject({ code: 'INVALID_RECORD_ID' });
    await expect(refused).rejects.toThrow('user: an object is not an id');
    expect(await written()).toEqual([]);
  });

  it('row 24: `updated` carries the changes, and `previous` only when it was given', async () => {
    const { users, written } = await watched();

    await users.publishUpdate(1, { name: 'grace' });
    await users.publishUpdate(1, { name: 'grace' }, { previous: undefined });
    await users.publishUpdate(1, { name: 'grace' }, { previous: null });
    await users.publishUpdate({ id: 1 }, { name: 'grace' }, { previous: { id: 1, name: 'ada' } });

    const plain = '{"verb":"updated","data":{"name":"grace"},"id":1}';
    expect(await written()).toEqual([
      plain,
      plain,
      plain,
      '{"verb":"updated","data":{"name":"grace"},"id":1,"previous":{"id":1,"name":"ada"}}',
    ]);
  });

  it('row 25: `destroyed` carries the id, and `previous` only when it was given', async () => {
    const { users, written } = await watched();

    await users.publishDestroy(1);
    await users.publishDestroy(2, { previous: { name: 'ada' } });

    expect(await written()).toEqual([
      '{"verb":"destroyed","id":1}',
      '{"verb":"destroyed","id":2,"previous":{"name":"ada"}}',
    ]);
  });

  it('row 27: `addedTo` names the collection and the record, and carries it when it was given', async () => {
    const { users, written } = await watched();

    await users.publishAdd(1, 'pets', 7);
    await users.publishAdd(1, 'pets', { id: 8, name: 'rex' });

    expect(await written()).toEqual([
      '{"id":1,"verb":"addedTo","attribute":"pets","addedId":7}',
      '{"id":1,"verb":"addedTo","attribute":"pets","addedId":8,"added":{"id":8,"name":"rex"}}',
    ]);
  });

  it('row 28: `removedFrom` names the collection and the record, given by its id or itself', async () => {
    const { users, written } = await watched();

    await users.publishRemove(1, 'pets', 7);
    await users.publishRemove(1, 'pets', { id: 8, name: 'rex' });

    expect(await written()).toEqual([
      '{"id":1,"verb":"removedFrom","attribute":"pets","removedId":7}',
      '{"id":1,"verb":"removedFrom","attribute":"pets","removedId":8}',
    ]);
  });

  it('row 29: `messaged` carries whatever was said, about a record that did not change', async () => {
    const { users, written } = await watched();

    await users.message(1, { owl: 'hoot' });
    await users.message(1, 'hoot');
    await users.message(1, [1, null]);
    await users.message(1, 0);
    await users.message(1, null);
    await users.message(1, undefined);

    expect(await written()).toEqual([
      '{"verb":"messaged","id":1,"data":{"owl":"hoot"}}',
      '{"verb":"messaged","id":1,"data":"hoot"}',
      '{"verb":"messaged","id":1,"data":[1,null]}',
      '{"verb":"messaged","id":1,"data":0}',
      '{"verb":"messaged","id":1,"data":null}',
      '{"verb":"messaged","id":1}',
    ]);
  });

  it('row 30: `publish` sends the data as it is, once to a socket subscribed to several of the records', async () => {
    const { app, users, written } = await watched();
    const [both, one, none, actor] = await Promise.all([app.connect(), app.connect(), app.connect(), app.connect()]);
    await users.subscribe(both.id, [1, 2]);
    await users.subscribe([one.id, actor.id], 2);

    await users.publish([1, 2], { hello: 'you' }, { except: actor.id });
    await users.publish(2, 'text');
    await users.publish([], 'to nobody');

    expect(await written()).toEqual(['{"hello":"you"}', '"text"']);
    expect(both.heard('user')).toEqual([{ hello: 'you' }, 'text']);
    expect(one.heard('user')).toEqual([{ hello: 'you' }, 'text']);
    expect(actor.heard('user')).toEqual(['text']);
    expect(none.heard('user')).toEqual([]);
  });

  it('replaces a collection by one message for each record that came and each that left', async () => {
    const { users, written } = await watched();

    await users.publishReplace(1, 'pets', [2, { id: '3' }, 3, 4], { previous: ['1', { id: 2 }] });
    await users.publishReplace(1, 'pets', [1], { previous: [1] });
    await users.publishReplace(1, 'pets', []);
    await users.publishReplace(1, 'pets', [9]);
    await users.publishReplace(1, 'pets', [8], { previous: null as never });

    expect(await written()).toEqual([
      '{"id":1,"verb":"addedTo","attribute":"pets","addedId":"3"}',
      '{"id":1,"verb":"addedTo","attribute":"pets","addedId":4}',
      '{"id":1,"verb":"removedFrom","attribute":"pets","removedId":"1"}',
      '{"id":1,"verb":"addedTo","attribute":"pets","addedId":9}',
      '{"id":1,"verb":"addedTo","attribute":"pets","addedId":8}',
    ]);
  });

  it('carries a delivery note as second argument, the same for everybody, another for each publication', async () => {
    const { app, watcher, users } = await watched();
    const subscriber = await app.connect();
    await users.subscribe(subscriber.id, 1);

    await users.publishUpdate(1, { name: 'ada' });
    await users.publishUpdate(1, { name: 'ada' });
    await users.publish(1, 'raw');
    await app.settle();

    const notes = watcher.received.filter(([event]) => event === 'user').map(([, , note]) => note as DeliveryNote);
    expect(notes).toHaveLength(3);
    expect(new Set(notes.map(({ id }) => id)).size).toBe(3);
    for (const note of notes) {
      const positions = { epoch: expect.any(String) as string, topics: expect.any(Object) as object };
      expect(note).toEqual({ id: expect.stringMatching(/^[\w-]{16,}$/) as string, ...positions });
    }
    expect(subscriber.received.filter(([event]) => event === 'user').map(([, , note]) => note)).toEqual(notes);
    expect(watcher.received.filter(([event]) => event === 'user').every((event) => event.length === 3)).toBe(true);
  });

  it('is what JSON makes of it: dates, toJSON, class getters; fields named like methods are plain data', async () => {
    const { users, watcher, app } = await watched();
    class Account {
      id = 1;
      password = 'secret';

      toJSON() {
        return { id: this.id, born: new Date(0) };
      }
    }

    await users.publishCreate(new Account());
    await users.publishUpdate(1, { event: 'x', then: 'y', toJSON: 'z', verb: 'v', __proto__: null } as Partial<User>);
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1, born: '1970-01-01T00:00:00.000Z' } },
      { verb: 'updated', id: 1, data: { event: 'x', then: 'y', toJSON: 'z', verb: 'v' } },
    ]);
    expect(JSON.stringify(watcher.received)).not.toContain('secret');
  });

  it('row 42: omits whom `except` names: a socket, id, room, request, array; nobody for an HTTP request', async () => {
    const { app, users, written } = await watched();
    const [actor, friend] = await Promise.all([app.connect(), app.connect()]);
    await users.watch([actor.id, friend.id]);
    await app.sockets.join(friend.id, 'friends');
    const http = { method: 'GET', headers: {}, url: '/' };

    await users.publishUpdate(1, { name: 'socket' }, { except: app.sockets.get(actor.id) });
    await users.publishUpdate(1, { name: 'id' }, { except: actor.id });
    await users.publishUpdate(1, { name: 'room' }, { except: [actor.id, 'friends'] });
    await users.publishUpdate(1, { name: 'request' }, { except: http });
    await users.publishUpdate(1, { name: 'nobody' }, { except: [] });

    expect(await written()).toHaveLength(5);
    const names = (client: typeof actor): unknown[] =>
      client.heard('user').map((message) => (message as { data: User }).data.name);
    expect(names(actor)).toEqual(['request', 'nobody']);
    expect(names(friend)).toEqual(['socket', 'id', 'request', 'nobody']);
  });

  it('is sent to further rooms too, but what goes with it is not', async () => {
    const { app, users } = await watched();
    const lobby = await app.connect();
    await app.sockets.join(lobby.id, ['lobby', 'hall']);

    await users.publishUpdate(1, { name: 'ada' }, { to: ['lobby', 'hall'] });
    await users.publishUpdate(1, { name: 'grace' });
    await app.settle();

    expect(lobby.heard('user')).toEqual([{ verb: 'updated', id: 1, data: { name: 'ada' } }]);
  });
});
