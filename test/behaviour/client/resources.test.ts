import { describe, expect, it } from 'vitest';
import type { DeliveryNote, ResourceMessage } from '../../../src/client/index.js';
import { platforms } from '../../support/platforms.js';
import { client, failure, reaches } from './support/client.js';
import { type Note, startDesk } from './support/desk.js';
import { Line } from './support/line.js';

describe.each(platforms)('A listener of the client ($name)', (platform) => {
  it('hears what happens to what was read, with its delivery note', async () => {
    const { app } = await startDesk(platform);
    const sockets = client(app.url);
    await sockets.get('/notes');
    const heard = new Promise<[ResourceMessage<Note>, DeliveryNote]>((resolve) =>
      sockets.on<Note>('note', (message, note) => resolve([message, note])),
    );

    await app.channel<Note>('note').publishUpdate(1, { text: 'changed' });

    expect(await heard).toEqual([{ verb: 'updated', id: 1, data: { text: 'changed' } }, { id: expect.any(String) }]);
  });

  it('stays, however often the connection is lost', async () => {
    const { app } = await startDesk(platform);
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
    const { app } = await startDesk(platform);
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

  it('that was added twice is ended once', async () => {
    const { app } = await startDesk(platform);
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

describe.each(platforms)('unsubscribe ($name)', (platform) => {
  it('ends the subscriptions to all of a resource', async () => {
    const { app } = await startDesk(platform);
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
    const { app } = await startDesk(platform);
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

  it('fails for a resource that is not there', async () => {
    const { app } = await startDesk(platform);

    expect(await failure(client(app.url).unsubscribe('nothing'))).toMatchObject({ statusCode: 404, code: 'NOT_FOUND' });
  });
});
