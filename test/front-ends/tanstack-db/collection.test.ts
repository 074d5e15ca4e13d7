import { createCollection, type StandardSchema } from '@tanstack/db';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SocketsClient } from '../../../src/front-ends/client/index.js';
import { type LiveCollectionOptions, liveCollectionOptions } from '../../../src/front-ends/tanstack-db/index.js';
import { client, reaches } from '../../behaviour/client/support/client.js';
import { Line } from '../../behaviour/client/support/line.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';
import { type Card, startCards } from './support/cards.js';

/** A collection of the cards of board 7, and every state that its subscriber has seen since it is ready, by the titles. */
function collectionOf(sockets: SocketsClient, options: Partial<LiveCollectionOptions<Card, number>> = {}) {
  const collection = createCollection(
    liveCollectionOptions<Card, number>({
      sockets,
      url: '/boards/:boardId/cards',
      params: { boardId: 7 },
      getKey: ({ id }) => id,
      linger: 0,
      ...options,
    }),
  );
  const seen: string[] = [];
  const changes: string[] = [];
  const titles = (): string => collection.toArray.map(({ title }) => title).join(' ');
  const subscription = collection.subscribeChanges(
    (batch) => {
      if (collection.status !== 'ready') return;
      if (batch.length > 0) changes.push(batch.map(({ type, key }) => `${type} ${key}`).join(', '));
      if (titles() !== seen.at(-1)) seen.push(titles());
    },
    { includeInitialState: true },
  );
  onTestFinished(async () => {
    subscription.unsubscribe();
    await collection.cleanup();
  });
  return { collection, seen, changes, titles, subscription };
}

async function readyCollection(options: { mirror?: boolean } = {}) {
  const { app, cards } = await startCards(options);
  const sockets = client(app.url);
  const made = collectionOf(sockets);
  await made.collection.preload();
  expect(made.titles()).toBe('a b c');
  return { app, cards, sockets, ...made };
}

describe.each([
  ['is sent its own changes', true],
  ['is not sent its own changes', false],
])('A collection whose client %s', (_, mirror) => {
  it('shows a new row at once, and then that of the server in its place, in one step', async () => {
    const { collection, seen, changes } = await readyCollection({ mirror });

    const inserted = collection.insert({ id: -1, title: ' new ' });
    expect(collection.get(-1)).toMatchObject({ title: ' new ' });
    await inserted.when('settled');

    expect(collection.get(4)).toMatchObject({ id: 4, title: 'new', version: 1 });
    expect(collection.has(-1)).toBe(false);
    expect(seen).toEqual(['a b c', 'a b c  new ', 'a b c new']);
    expect(changes.slice(-1)).toEqual([expect.stringMatching(/^(delete -1, insert 4|insert 4, delete -1)$/)]);
  });

  it('never shows a changed row as it was before', async () => {
    const { collection, seen } = await readyCollection({ mirror });

    for (const title of ['b1', 'b2', 'b3']) {
      await collection.update(2, (card) => void (card.title = title)).when('settled');
      expect(collection.get(2)).toMatchObject({ title });
    }

    expect(collection.get(2)).toMatchObject({ version: 4 });
    expect(seen).toEqual(['a b c', 'a b1 c', 'a b2 c', 'a b3 c']);
  });

  it('never shows a row again that was deleted', async () => {
    const { collection, seen } = await readyCollection({ mirror });

    await collection.delete([1, 3]).when('settled');

    expect(seen).toEqual(['a b c', 'b']);
  });

  it('goes back to what the server has where it refuses a change', async () => {
    const { collection, seen } = await readyCollection({ mirror });

    const changed = collection.update(2, (card) => void (card.title = 'refused'));

    await expect(changed.when('settled')).rejects.toMatchObject({ statusCode: 409 });
    expect(seen).toEqual(['a b c', 'a refused c', 'a b c']);
  });

  it('shows what the server has made of a change', async () => {
    const { collection, seen } = await readyCollection({ mirror });

    await collection.update(2, (card) => void (card.title = ' b! ')).when('settled');

    expect(collection.get(2)).toMatchObject({ title: 'b!' });
    expect(seen).toEqual(['a b c', 'a  b!  c', 'a b! c']);
  });

  it('keeps its own change through those of others', async () => {
    const { app, cards, collection, seen } = await readyCollection({ mirror });
    const gate = new Gate();
    cards.before = () => gate.opened;
    const changed = collection.update(1, (card) => void (card.title = 'A'));
    await app.channel<Card>('card').publishUpdate(3, cards.put(3, { title: 'C' }));
    cards.before = undefined;
    gate.open();
    await changed.when('settled');

    await eventually(() => expect(seen.at(-1)).toBe('A b C'));
    expect(seen.slice(1).filter((titles) => !titles.startsWith('A'))).toEqual([]);
  });

  it('keeps a change that was made before the connection was lost', async () => {
    const { app, cards } = await startCards({ mirror });
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const { collection, seen } = collectionOf(sockets);
    await collection.preload();
    const [handled, published] = [new Gate(), new Gate()];
    cards.beforePublishing = () => {
      handled.open();
      return published.opened;
    };

    const changed = collection.update(2, (card) => void (card.title = 'B'));
    await handled.opened;
    // The answer to the change has arrived when this one has.
    await sockets.get('/boards/7/cards');
    line.cut();
    await reaches(sockets, 'reconnecting');
    line.mend();
    published.open();
    await changed.when('settled');

    expect(collection.get(2)).toMatchObject({ title: 'B', version: 2 });
    expect(seen).toEqual(['a b c', 'a B c']);
  });
});

describe('A collection of a live query', () => {
  it('is written what a reload has changed, and nothing else', async () => {
    const { cards, collection, changes, sockets, titles } = await readyCollection();
    const before = [...collection.toArray];
    cards.put(2, { title: 'told to nobody' });

    await sockets.live('/boards/7/cards').reload();

    expect(titles()).toBe('a told to nobody c');
    expect(changes).toEqual(['update 2']);
    expect(collection.toArray.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });

  it('stays ready while there is no connection, and then shows what it has missed', async () => {
    const { app, cards } = await startCards();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const { collection, seen, changes } = collectionOf(sockets);
    await collection.preload();

    line.cut();
    await reaches(sockets, 'reconnecting');
    expect(collection.status).toBe('ready');
    await app.channel<Card>('card').publishUpdate(1, cards.put(1, { title: 'A' }));
    cards.all.delete(3);
    await app.channel<Card>('card').publishDestroy(3);
    line.mend();

    await eventually(() => expect(seen).toEqual(['a b c', 'A b']));
    expect(changes).toEqual([expect.stringMatching(/^(update 1, delete 3|delete 3, update 1)$/)]);
  });

  it('says why there are no rows, and has them once the route answers', async () => {
    const { app, cards } = await startCards();
    cards.isClosed = true;
    const sockets = client(app.url);
    const { collection, titles } = collectionOf(sockets);

    await expect(collection.preload()).rejects.toMatchObject({ statusCode: 403 });
    expect(collection.status).toBe('error');

    cards.isClosed = false;
    await sockets.live('/boards/7/cards').reload();
    expect([collection.status, titles()]).toEqual(['ready', 'a b c']);
  });

  it('is of its client: it goes on with that, and shows nothing of it in a collection of another one', async () => {
    const { app, cards } = await startCards();
    const [first, second] = [client(app.url), client(app.url)];
    const ofFirst = collectionOf(first);
    await ofFirst.collection.preload();

    first.close();
    expect([ofFirst.collection.status, ofFirst.titles()]).toEqual(['ready', 'a b c']);
    cards.put(1, { title: 'A' });
    const ofSecond = collectionOf(second);
    expect(ofSecond.titles()).toBe('');
    await ofSecond.collection.preload();
    expect([ofFirst.titles(), ofSecond.titles()]).toEqual(['a b c', 'A b c']);

    first.connect();
    await eventually(() => expect(ofFirst.titles()).toBe('A b c'));
    await app.channel<Card>('card').publishUpdate(2, cards.put(2, { title: 'B' }));
    await eventually(() => expect([ofFirst.titles(), ofSecond.titles()]).toEqual(['A B c', 'A B c']));
  });

  it('says that its client is closed to who begins then', async () => {
    const { app } = await startCards();
    const sockets = client(app.url);
    sockets.close();

    await expect(collectionOf(sockets).collection.preload()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it.each([
    ['to a slice', { resource: 'card', slice: { boardId: 7 } }],
    ['to a resource', { resource: 'card' }],
    ['to everything', { everything: true }],
  ])('forgets its rows when the right is revoked %s', async (_, revocation) => {
    const { app, cards, collection, titles, sockets } = await readyCollection();

    cards.isClosed = true;
    app.sockets.get(sockets.id!)?.emit('revoked', revocation);

    await eventually(() => expect([collection.status, titles()]).toEqual(['error', '']));
  });

  it('forgets single rows when the right to them is revoked', async () => {
    const { app, cards, collection, titles, sockets } = await readyCollection();

    cards.all.delete(1);
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', ids: [1] });

    await eventually(() => expect([collection.status, titles()]).toEqual(['ready', 'b c']));
  });

  it('ends its subscription on the server when it is cleaned up, and begins anew', async () => {
    const { app, cards, collection, subscription, titles } = await readyCollection();
    const watchers = async (): Promise<number> => (await app.channel('card').watchers({ boardId: 7 })).length;
    expect(await watchers()).toBe(1);

    subscription.unsubscribe();
    await collection.cleanup();
    await eventually(async () => expect(await watchers()).toBe(0));
    cards.put(1, { title: 'A' });

    await collection.preload();
    expect(titles()).toBe('A b c');
    expect(cards.reads).toBe(2);
  });

  it('finds the rows in the body, and sends changes as it is told', async () => {
    const { app } = await startCards();
    const sockets = client(app.url);
    const { collection, seen } = collectionOf(sockets, {
      rows: (body: Card[]) => body.filter(({ id }) => id < 3),
      update: ({ key, changes }) => sockets.patch(`/boards/7/cards/${key}`, { title: `${changes.title}!` }),
    });
    await collection.preload();

    await collection.update(2, (card) => void (card.title = 'B')).when('settled');

    expect(seen).toEqual(['a b', 'a B', 'a B!']);
  });

  it('validates what is inserted by a schema, and sends nothing that is wrong', async () => {
    const { app } = await startCards();
    const schema: StandardSchema<Card> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          (value as Card).title ? { value: value as Card } : { issues: [{ message: 'a card needs a title' }] },
      },
    };
    const collection = createCollection(
      liveCollectionOptions({
        sockets: client(app.url),
        url: '/boards/7/cards',
        schema,
        getKey: ({ id }) => id,
        linger: 0,
      }),
    );
    onTestFinished(() => collection.cleanup());
    await collection.preload();

    expect(() => collection.insert({ id: 9, title: '' })).toThrow('a card needs a title');
    await collection.insert({ id: 9, title: 'd' }).when('settled');
    expect(collection.toArray.map(({ title }) => title)).toEqual(['a', 'b', 'c', 'd']);
  });
});
