import { describe, expect, it } from 'vitest';
import type { DeliveryNote, ResourceMessage } from '../../../src/front-ends/client/index.js';
import { client, failure, reaches } from './support/client.js';
import { type Note, startDesk } from './support/desk.js';
import { Line } from './support/line.js';
import { listenToUncaught } from './support/uncaught.js';

describe('A listener of the client', () => {
  it('hears what happens to what was read, with its delivery note', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    const heard = new Promise<[ResourceMessage<Note>, DeliveryNote]>((resolve) =>
      sockets.on<Note>('note', (message, note) => resolve([message, note])),
    );

    await app.channel<Note>('note').publishUpdate(1, { text: 'changed' });

    expect(await heard).toEqual([
      { verb: 'updated', id: 1, data: { text: 'changed' } },
      expect.objectContaining({ id: expect.any(String) }),
    ]);
  });

  it('stays, however often the connection is lost', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const heard: unknown[] = [];
    sockets.on('note', ({ id }) => heard.push(id));

    for (const id of [1, 2]) {
      await sockets.get('/notes');
      await app.channel('note').publishCreate({ id, text: 'news' });
      await sockets.get('/notes');
      line.cut();
      await reaches(sockets, 'reconnecting');
      line.mend();
      await reaches(sockets, 'connected');
    }

    expect(heard).toEqual([1, 2]);
  });

  it('ends by what on() gave, by off(), and by itself after once()', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    const heard: string[] = [];
    const hear = (name: string) => () => void heard.push(name);
    const [off, all] = [hear('off'), hear('all')];
    const publish = async (): Promise<void> => {
      await app.channel('note').publishCreate({ id: 1 });
      await sockets.get('/notes');
    };

    const end = sockets.on('note', hear('on'));
    sockets.once('note', hear('once'));
    sockets.once('note', hear('never'))();
    sockets.on('note', off);
    sockets.on('note', all);
    await publish();
    expect(heard.splice(0)).toEqual(['on', 'once', 'off', 'all']);

    end();
    sockets.off('note', off);
    await publish();
    expect(heard.splice(0)).toEqual(['all']);

    sockets.off('note');
    await publish();
    expect(heard).toEqual([]);
  });

  it('is ended alone, whatever became of it before and wherever else it was added', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    let count = 0;
    const listener = (): void => void count++;
    const publish = async (): Promise<number> => {
      count = 0;
      await app.channel('note').publishCreate({ id: 1 });
      await sockets.get('/notes');
      return count;
    };

    const endOnce = sockets.once('note', listener);
    expect(await publish()).toBe(1);
    const end = sockets.on('note', listener);
    endOnce();
    expect(await publish()).toBe(1);

    sockets.off('note');
    sockets.on('note', listener);
    end();
    expect(await publish()).toBe(1);
  });

  it('is taken away by off() as often as it was added', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    let count = 0;
    const listener = (): void => void count++;
    sockets.on('note', listener);
    sockets.once('note', listener);
    sockets.on('note', listener);

    sockets.off('note', listener);
    await app.channel('note').publishCreate({ id: 1 });
    await sockets.get('/notes');

    expect(count).toBe(0);
  });

  it('leaves alone, by off(), what listens to the socket itself', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    let count = 0;
    sockets.socket.on('note', () => count++);
    sockets.on('note', () => undefined);

    sockets.off('note');
    await app.channel('note').publishCreate({ id: 1 });
    await sockets.get('/notes');

    expect(count).toBe(1);
  });

  it('that throws is heard of as any uncaught error, and the others hear the message all the same', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    const heard: unknown[] = [];
    const error = new Error('of a listener');
    const { uncaught } = listenToUncaught();
    sockets.on('note', () => {
      throw error;
    });
    sockets.on('note', ({ id }) => heard.push(id));

    await app.channel('note').publishCreate({ id: 1 });
    await app.channel('note').publishCreate({ id: 2 });
    await sockets.get('/notes');

    expect(heard).toEqual([1, 2]);
    expect(uncaught).toEqual([error, error]);
  });

  it('that was added twice is ended once', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await sockets.get('/notes');
    let count = 0;
    const listener = (): void => void count++;
    const end = sockets.on('note', listener);
    sockets.on('note', listener);

    end();
    end();
    await app.channel('note').publishCreate({ id: 1 });
    await sockets.get('/notes');

    expect(count).toBe(1);
  });
});

describe('unsubscribe', () => {
  it('ends the subscriptions to all of a resource', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const heard: unknown[] = [];
    sockets.on('note', (message) => heard.push(message));
    await sockets.get('/notes');

    await sockets.unsubscribe('note');
    await app.channel('note').publishUpdate(1, { text: 'changed' });
    await app.channel('note').publishCreate({ id: 2 });
    await sockets.get('/echo');

    expect(heard).toEqual([]);
  });

  it.each([1, [1, 3]])('ends the subscriptions to single records: %j', async (ids) => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const heard: unknown[] = [];
    sockets.on('note', ({ id }) => heard.push(id));
    await reaches(sockets, 'connected');
    await app.channel('note').subscribe(sockets.id!, [1, 2]);

    await sockets.unsubscribe('note', ids);
    await app.channel('note').publishUpdate(1, { text: 'changed' });
    await app.channel('note').publishUpdate(2, { text: 'changed' });
    await sockets.get('/echo');

    expect(heard).toEqual([2]);
  });

  it('takes any number of ids', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const heard: unknown[] = [];
    sockets.on('note', ({ id }) => heard.push(id));
    await reaches(sockets, 'connected');
    const ids = Array.from({ length: 2_500 }, (_, n) => n + 1);
    await app.channel('note').subscribe(sockets.id!, [...ids, 9_999]);

    await sockets.unsubscribe('note', ids);
    for (const id of [1, 1_000, 1_001, 2_500, 9_999]) await app.channel('note').publishUpdate(id, { text: 'changed' });
    await sockets.get('/echo');

    expect(heard).toEqual([9_999]);
  });

  it('fails for a resource that is not there', async () => {
    const { app } = await startDesk();

    expect(await failure(client(app.url).unsubscribe('nothing'))).toMatchObject({ statusCode: 404, code: 'NOT_FOUND' });
  });
});
