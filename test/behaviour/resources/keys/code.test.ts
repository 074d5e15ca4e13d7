import { describe, expect, it } from 'vitest';
import { hasMany, SocketsModule, UnknownRecordKeyError } from '../../../../src/index.js';
import { UNSUBSCRIBE_EVENT } from '../../../../src/protocol/subscription.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { type Article, Articles, articlesController, read, told } from './support/articles.js';

async function withKeys() {
  const logs = new Logs();
  const app = await start({ controllers: [articlesController()], providers: [Articles], main: logs.open });
  return { app, logs, articles: app.channel<Article & { comments: number[] }>('article'), reader: await app.connect() };
}

describe('In code, a key in the place of an id', () => {
  it('leads to the record that was read or published under it', async () => {
    const { app, articles, reader } = await withKeys();
    await articles.publishCreate({ id: 5, slug: 'five', title: 'Five', comments: [] });
    await articles.subscribe(reader.id, 'five');
    expect(await articles.subscribers(5)).toEqual([reader.id]);

    await articles.publishUpdate('five', { title: 'A' });
    await articles.publishAdd('five', 'comments', 4);
    await articles.message({ slug: 'five' }, 'hi');
    await articles.publishUpdate('five', { slug: 'cinq' });
    await articles.publishDestroy('cinq');
    await app.settle();

    expect(told(reader)).toEqual(['updated 5', 'addedTo 5', 'messaged 5', 'updated 5', 'destroyed 5']);
  });

  it('leads to the record that joined a collection under it', async () => {
    const resources = { board: { relations: { cards: hasMany('card', 'board') } }, card: { key: 'ref' } };
    const app = await start({ imports: [SocketsModule.forRoot({ resources })] });
    const watcher = await app.connect();
    const boards = app.channel<{ id: number; cards: object[] }>('board');
    await boards.watch(watcher.id);

    await boards.publishAdd(1, 'cards', { id: 71, ref: 'PRJ-71' });
    await boards.publishRemove(1, 'cards', 'PRJ-71');
    await app.settle();

    expect(watcher.heard('board')).toMatchObject([
      { verb: 'addedTo', id: 1, addedId: 71 },
      { verb: 'removedFrom', id: 1, removedId: 71 },
    ]);
  });

  it('leads to what the changes or the record as it was say', async () => {
    const { app, articles, reader } = await withKeys();
    await articles.watch(reader.id);

    await articles.publishUpdate('six', { id: 6, slug: 'six', title: 'A' });
    await articles.publishDestroy('seven', { previous: { id: 7, slug: 'seven' } });
    await articles.publishDestroy('2024', { previous: { id: 8, slug: '2024' } });
    await app.settle();

    expect(told(reader)).toEqual(['updated 6', 'destroyed 7', 'destroyed 8']);
  });

  it('is an error where no record is known by it, and never another record', async () => {
    const { articles, reader } = await withKeys();
    await read(reader, '/articles/hello');

    await expect(articles.publishUpdate('unheard-of', { title: 'A' })).rejects.toThrow(UnknownRecordKeyError);
    await expect(articles.subscribe(reader.id, 'unheard-of')).rejects.toThrow(
      'article: a string leads to no record: this process has not seen which record of "article" has this slug. Give ' +
        'the id, or the record with its id, or the record as it was by the option "previous".',
    );
  });

  it('that looks like an id is one, so that nobody can choose a key to hear of another record', async () => {
    const { app, articles, reader } = await withKeys();
    app.get(Articles).all.push({ id: 3, slug: '2', title: 'Catcher' });
    await read(reader, '/articles/2');

    await expect(articles.publishUpdate('2', { title: 'secret' })).rejects.toThrow(
      'it may be the id of one record of "article", and is the slug of another',
    );
    await articles.publishUpdate(2, { title: 'secret' });
    await articles.publishUpdate({ slug: '2' }, { title: 'caught' });
    await app.settle();

    expect(reader.heard('article')).toEqual([{ verb: 'updated', id: 3, data: { title: 'caught' } }]);
  });

  it('is found among string ids, too', async () => {
    const resources = { member: { id: '_id', key: 'handle' } };
    const app = await start({ imports: [SocketsModule.forRoot({ resources })] });
    const reader = await app.connect();
    const members = app.channel<{ _id: string; handle: string; name: string }>('member');
    await members.watch(reader.id);
    const _id = '507f1f77bcf86cd799439011';
    await members.publishCreate({ _id, handle: 'ada', name: 'Ada' });

    await members.publishUpdate('ada', { name: 'A' });
    await members.publishUpdate(_id, { name: 'B' });
    await expect(members.publishUpdate('Ada', { name: 'C' })).rejects.toThrow(UnknownRecordKeyError);
    await app.settle();

    expect(told(reader, 'member')).toEqual([`created ${_id}`, `updated ${_id}`, `updated ${_id}`]);
  });

  it('ends subscriptions, for clients as well', async () => {
    const { articles, reader } = await withKeys();
    await read(reader, '/articles/hello');
    await read(reader, '/articles/other');

    const answer = await new Promise((resolve) =>
      reader.socket.emit(UNSUBSCRIBE_EVENT, { resource: 'article', ids: ['hello'] }, resolve),
    );
    expect(answer).toMatchObject({ statusCode: 204 });
    await articles.unsubscribe(reader.id, 'other');

    expect([await articles.subscribers(1), await articles.subscribers(2)]).toEqual([[], []]);
  });
});

describe('A rename in a transaction', () => {
  it('has renamed nothing if that is rolled back', async () => {
    const { app, articles, reader } = await withKeys();
    await read(reader, '/articles/hello');

    const failing = app.sockets.afterCommit(async () => {
      await articles.publishUpdate('hello', { slug: 'bye' });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await articles.publishUpdate('hello', { title: 'A' });
    await expect(articles.publishUpdate('bye', { title: 'B' })).rejects.toThrow(UnknownRecordKeyError);

    await app.sockets.afterCommit(() => articles.publishUpdate('hello', { slug: 'bye' }));
    await articles.publishUpdate('bye', { title: 'C' });
    await expect(articles.publishUpdate('hello', { title: 'D' })).rejects.toThrow(UnknownRecordKeyError);
    await app.settle();

    expect(told(reader)).toEqual(['updated 1', 'updated 1', 'updated 1']);
  });

  it('keeps what is published by the old name from the readers of the record that had it', async () => {
    const { app, articles, reader, logs } = await withKeys();
    await read(reader, '/articles/hello');
    await read(reader, '/articles/other');

    await app.sockets.afterCommit(async () => {
      await articles.publishUpdate('hello', { slug: 'bye' });
      await articles.publishUpdate('hello', { title: 'A' });
      await articles.publishCreate({ id: 20, slug: 'hello', title: 'B', comments: [] });
      await articles.publishUpdate('hello', { title: 'secret' });
      await articles.publishUpdate('other', { title: 'C' });
      await articles.publishUpdate('hello', { id: 20, slug: 'hello', title: 'D' });
    });
    await app.settle();

    expect(told(reader)).toEqual(['updated 1', 'updated 1', 'updated 2']);
    expect(JSON.stringify(reader.received)).not.toContain('secret');
    expect(logs.naming('once the transaction had committed, it was that of another record').errors).toHaveLength(1);
  });

  it('is remembered if nobody is to be told of it', async () => {
    const { app, articles, reader } = await withKeys();
    await read(reader, '/articles/hello');

    await app.sockets.withoutPublishing(() => articles.publishUpdate(1, { slug: 'bye' }));
    await articles.publishUpdate('bye', { title: 'A' });
    await app.settle();

    expect(reader.heard('article')).toEqual([{ verb: 'updated', id: 1, data: { title: 'A' } }]);
  });
});
