import { describe, expect, it } from 'vitest';
import { InvalidRecordIdError, InvalidTransactionWorkError } from '../../../src/index.js';
import { Gate } from '../../support/gate.js';
import { lazy, Rollback, told, watchedCards } from './support/cards.js';

describe('What is published in afterCommit()', () => {
  it('is told once the work is done, in the order of the calls, and before anything that comes later', async () => {
    const { app, cards, client } = await watchedCards();
    const channelOfLists = app.channel('list');
    await channelOfLists.watch(client.id);

    const result = await app.sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 1 });
      await app.sockets.blast('hello', {});
      await channelOfLists.publishUpdate(2, { name: 'to do' });
      await app.sockets.broadcast(client.id, 'welcome', {});
      await cards.publishUpdate(1, { title: 'x' });
      await app.settle();
      expect(told(client)).toEqual([]);
      return 'moved';
    });
    await cards.publishDestroy(1);
    await app.settle();

    expect(result).toBe('moved');
    expect(told(client)).toEqual(['created 1', 'hello', 'updated 2', 'welcome', 'updated 1', 'destroyed 1']);
  });

  it('is told to nobody if the work fails, and the error is the caller’s', async () => {
    const { app, cards, client } = await watchedCards();

    const failing = app.sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 1 });
      await app.sockets.blast('hello', {});
      await app.sockets.of('/').broadcast(client.id, 'welcome', {});
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await app.settle();

    expect(told(client)).toEqual([]);
  });

  it('waits, too, where the work is a query that runs only when it is awaited', async () => {
    const { app, cards, client } = await watchedCards();

    const failing = app.sockets.afterCommit(() =>
      lazy(async () => {
        await cards.publishCreate({ id: 1 });
        throw new Rollback();
      }),
    );
    await expect(failing).rejects.toThrow(Rollback);
    await app.sockets.afterCommit(() => lazy(() => cards.publishCreate({ id: 2 })));
    await app.settle();

    expect(told(client)).toEqual(['created 2']);
  });

  it.each([
    ['publishCreate', 'created 1'],
    ['publishUpdate', 'updated 1'],
    ['publishDestroy', 'destroyed 1'],
    ['publishAdd', 'addedTo 1'],
    ['publishRemove', 'removedFrom 1'],
    ['publishReplace', 'addedTo 1'],
    ['publish', 'card'],
    ['message', 'messaged 1'],
    ['publishVerb', 'archived 1'],
    ['broadcast', 'event'],
    ['blast', 'event'],
    ['broadcast in another namespace', 'event'],
    ['blast in another namespace', 'event'],
  ])('waits, whichever method publishes it: %s', async (method, expected) => {
    const { app, cards, client } = await watchedCards({ resources: { card: { verbs: ['archived'] } } });
    app.sockets.server.of('/admin');
    const admin = await app.connect({ namespace: '/admin' });
    const { sockets } = app;
    const methods: Record<string, () => Promise<void>> = {
      publishCreate: () => cards.publishCreate({ id: 1 }),
      publishUpdate: () => cards.publishUpdate(1, { title: 'x' }),
      publishDestroy: () => cards.publishDestroy(1),
      publishAdd: () => cards.publishAdd(1, 'tags', 2),
      publishRemove: () => cards.publishRemove(1, 'tags', 2),
      publishReplace: () => cards.publishReplace(1, 'tags', [2]),
      publish: () => cards.publish(1, 'data'),
      message: () => cards.message(1, 'data'),
      publishVerb: () => cards.publishVerb('archived', 1, 'data'),
      broadcast: () => sockets.broadcast(client.id, 'event', 'data'),
      blast: () => sockets.blast('event', 'data'),
      'broadcast in another namespace': () => sockets.of('/admin').broadcast(admin.id, 'event', 'data'),
      'blast in another namespace': () => sockets.of('/admin').blast('event', 'data'),
    };
    const { [method]: publish } = methods;
    const hears = (): string[] => [...told(client), ...told(admin)];

    await sockets.afterCommit(async () => {
      await publish();
      await app.settle();
      expect(hears()).toEqual([]);
    });
    const failed = sockets.afterCommit(async () => {
      await publish();
      throw new Rollback();
    });
    await expect(failed).rejects.toThrow(Rollback);
    await app.settle();

    expect(hears()).toEqual([expected]);
  });

  it('shows records and binary data as they were when the method was called', async () => {
    const { app, cards, client } = await watchedCards();

    await app.sockets.afterCommit(async () => {
      const card = { id: 1, tags: ['new'] };
      await cards.publishCreate(card);
      card.tags.push('changed');
      const picture = Buffer.from('before');
      const bytes = new Uint8Array([1, 2, 3]);
      await app.sockets.blast('picture', { picture, bytes });
      picture.write('after!');
      bytes.fill(9);
    });
    await app.settle();

    expect(client.heard('card')).toEqual([{ verb: 'created', id: 1, data: { id: 1, tags: ['new'] } }]);
    expect(client.heard('picture')).toEqual([{ picture: Buffer.from('before'), bytes: Buffer.from([1, 2, 3]) }]);
  });

  it('waits in everything that the work starts, and in nothing else', async () => {
    const { app, cards, client } = await watchedCards();
    const [committing, published] = [new Gate(), new Gate()];

    const transaction = app.sockets.afterCommit(async () => {
      setImmediate(() => void cards.publishCreate({ id: 1 }).then(published.open));
      await published.opened;
      await committing.opened;
    });
    await published.opened;
    await cards.publishCreate({ id: 2 });
    await app.settle();
    expect(told(client)).toEqual(['created 2']);

    committing.open();
    await transaction;
    await app.settle();
    expect(told(client)).toEqual(['created 2', 'created 1']);
  });

  it('refuses bad arguments at once, inside the transaction', async () => {
    const { app, cards } = await watchedCards();

    await app.sockets.afterCommit(async () => {
      await expect(cards.publishUpdate(undefined as never, {})).rejects.toThrow(InvalidRecordIdError);
    });
  });

  it('cannot be the promise of a transaction that runs already', async () => {
    const { app } = await watchedCards();

    const promise = app.sockets.afterCommit(Promise.resolve() as never);
    await expect(promise).rejects.toThrow(InvalidTransactionWorkError);
    await expect(promise).rejects.toThrow('Give the function that does the work');
  });
});
