import { Body, Controller, Get, Param, ParseIntPipe, Patch, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type ResourceOptions,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';
import { withCluster } from '../../../../support/cluster.js';
import { Logs } from '../../../../support/logs.js';
import { subscriptions } from '../../../routes/support/subscriptions.js';
import { heard, read } from '../support/cards.js';

const startCluster = withCluster();

interface Watchers {
  app: TestApplication;
  log: Logs;
  /** What the watcher of each slice heard since the last time. */
  news: () => Promise<string[][]>;
}

/** A client for each slice of articles that code publishes. */
async function watchers(options: ResourceOptions, ...slices: object[]): Promise<Watchers> {
  const log = new Logs();
  const imports = [SocketsModule.forRoot({ resources: { article: options } })];
  const app = await start({ imports, main: log.open });
  const clients: TestClient[] = [];
  for (const slice of slices) {
    const client = await app.connect();
    await app.channel('article').watch(client.id, slice);
    clients.push(client);
  }
  const news = async (): Promise<string[][]> => {
    await app.settle();
    const heardByEach = clients.map((client) => heard(client, 'article'));
    for (const client of clients) client.forget();
    return heardByEach;
  };
  return { app, log, news };
}

const tags = ['a', 'b', 'c'].map((tagList) => ({ tagList }));

describe('a slice by a list', () => {
  it('holds the record that has its value among others; a change tells exactly those it concerns', async () => {
    const { app, news } = await watchers({ slices: ['tagList'] }, ...tags);
    const articles = app.channel('article');

    await articles.publishCreate({ id: 1, tagList: ['a', 'b', 'a'] });
    expect(await news()).toEqual([['created 1'], ['created 1'], []]);
    await articles.publishUpdate(1, { tagList: ['b', 'c'] });
    expect(await news()).toEqual([['left 1'], ['updated 1'], ['entered 1']]);
    await articles.publishUpdate(1, { tagList: ['c', 'b'] });
    expect(await news()).toEqual([[], ['updated 1'], ['updated 1']]);
    await articles.publishUpdate(1, { title: 'x' });
    expect(await news()).toEqual([[], ['updated 1'], ['updated 1']]);
    await articles.message(1, 'hello');
    expect(await news()).toEqual([[], ['messaged 1'], ['messaged 1']]);
    await articles.publishUpdate(1, { tagList: ['a'] }, { previous: { tagList: ['b', 'a'] } });
    expect(await news()).toEqual([['entered 1'], ['left 1'], ['left 1']]);
    await articles.publishDestroy(1);
    expect(await news()).toEqual([['destroyed 1'], [], []]);
  });

  it('is not left, for who watches another one in which the record stays', async () => {
    const { app, news } = await watchers({ slices: ['tagList', ['tenantId', 'tagList']] }, ...tags.slice(0, 2));
    const both = await app.connect();
    const articles = app.channel('article');
    for (const tagList of ['a', 'b']) {
      await articles.watch(both.id, { tagList });
      await articles.watch(both.id, { tenantId: 't', tagList });
    }

    await articles.publishCreate({ id: 1, tenantId: 't', tagList: ['a', 'b'] });
    await articles.publishUpdate(1, { tagList: ['b'] });
    await articles.publishUpdate(1, { tagList: ['a'] });
    await articles.publishUpdate(1, { tagList: [] });
    expect(await news()).toEqual([
      ['created 1', 'left 1', 'entered 1', 'left 1'],
      ['created 1', 'updated 1', 'left 1'],
    ]);
    expect(heard(both, 'article')).toEqual(['created 1', 'updated 1', 'left 1', 'entered 1', 'left 1']);
  });

  it('of an empty list, or of `null`, is none, which is known', async () => {
    const { app, news, log } = await watchers({ slices: ['tagList'] }, ...tags);
    const articles = app.channel('article');

    await articles.publishCreate({ id: 1, tagList: [] });
    await articles.publishUpdate(1, { tagList: ['a'] });
    await articles.publishUpdate(1, { tagList: null });
    await articles.publishUpdate(1, { title: 'x' });
    await articles.publishUpdate(1, { tagList: [null, '', 'b'] });
    expect(await news()).toEqual([['entered 1', 'left 1'], ['entered 1'], []]);
    expect(log.warnings.filter((line) => line.includes('article'))).toEqual([]);
  });

  it('of objects goes by a field of theirs, in an array, a set or a collection of an ORM', async () => {
    const { app, news } = await watchers(
      { slices: ['tags.name', 'groups.members.id'] },
      { 'tags.name': 'a' },
      { 'tags.name': 'b' },
      { 'groups.members.id': 3 },
    );
    const articles = app.channel('article');
    const collection = {
      *[Symbol.iterator]() {
        yield { name: 'b' };
      },
      toJSON: () => [{ name: 'b' }],
    };

    await articles.publishCreate({ id: 1, tags: [{ name: 'a' }, { name: 'b' }], groups: [] });
    await articles.publishUpdate(1, { tags: collection });
    await articles.publishUpdate(1, { tags: new Set([{ name: 'a' }]) });
    await articles.publishUpdate(1, { groups: [{ members: [{ id: 1 }] }, { members: [2, 3] }] });
    expect(await news()).toEqual([
      ['created 1', 'left 1', 'entered 1', 'updated 1'],
      ['created 1', 'updated 1', 'left 1'],
      ['updated 1', 'updated 1', 'entered 1'].slice(2),
    ]);
  });

  it('together with another field is every combination, and no other', async () => {
    const { app, news } = await watchers(
      { slices: [['tenantId', 'tagList', 'levels']] },
      ...['a', 'b'].flatMap((tagList) => [1, 2].map((levels) => ({ tenantId: 't', tagList, levels }))),
      { tenantId: 'u', tagList: 'a', levels: 1 },
    );
    const articles = app.channel('article');

    await articles.publishCreate({ id: 1, tenantId: 't', tagList: ['a', 'b'], levels: [1] });
    await articles.publishUpdate(1, { levels: [2, 1], tagList: ['a'] });
    await articles.publishUpdate(1, { tenantId: 'u' });
    expect(await news()).toEqual([
      ['created 1', 'updated 1', 'left 1'],
      ['entered 1', 'left 1'],
      ['created 1', 'left 1'],
      [],
      ['entered 1'],
    ]);
  });

  it('of very many members counts for the first 256, and the log says so once', async () => {
    const { app, news, log } = await watchers({ slices: ['tagList'] }, { tagList: 255 }, { tagList: 256 });
    const tagList = Array.from({ length: 1_000 }, (_, index) => index);

    await app.channel('article').publishCreate({ id: 1, tagList });
    await app.channel('article').publishCreate({ id: 2, tagList });
    expect(await news()).toEqual([['created 1', 'created 2'], []]);
    const { warnings } = log.naming('more than 256 slices by tagList');
    expect(warnings).toHaveLength(1);
  });

  it('is read in answers and given by a function, both of which may be lists', async () => {
    @Controller('articles')
    @Resourceful('article', { slices: ['tagList'], idType: 'number' })
    class ArticlesController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Query('tagList') _tag: string) {
        return [
          { id: 1, tagList: ['a', 'b'] },
          { id: 2, tagList: ['c'] },
        ];
      }

      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number, @Body() changes: object) {
        return { id, ...changes };
      }

      @Patch(':id/hidden')
      @PublishOnUpdate({ slice: { tagList: async (_record, { body }) => body.tags } })
      hide(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }

      @Patch(':id/seen')
      @Publish('seen')
      see(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    const [a, b] = [await app.connect(), await app.connect()];
    await read(a, '/articles?tagList=a');
    await read(b, '/articles?tagList=b');
    // The second record is not in the slice, so it is subscribed to by itself.
    expect(await subscriptions(app, a)).toEqual(['article/2', 'article@tagList=a']);

    await app.request('PATCH', '/articles/1', { tagList: ['b'] });
    await app.request('PATCH', '/articles/1/seen', {});
    await app.request('PATCH', '/articles/1/hidden', { tags: ['a', 'x'] });
    await app.settle();

    expect(heard(a, 'article')).toEqual(['left 1', 'entered 1']);
    expect(heard(b, 'article')).toEqual(['updated 1', 'seen 1', 'left 1']);
  });

  it('is corrected on a server that remembers it, when another one has changed it', async (context) => {
    const sockets = { resources: { article: { slices: ['tagList'] } } };
    const cluster = await startCluster(context, { sockets });
    const { a, b } = cluster;
    const clients: TestClient[] = [];
    for (const tagList of [1, 2, 3]) {
      const client = await cluster.connect(a);
      await a.channel('article').watch(client.id, { tagList });
      clients.push(client);
    }
    await a.channel('article').publishCreate({ id: 1, tagList: [1, 2] });
    await cluster.settle();
    await b.channel('article').publishUpdate(1, { tagList: ['1', 3] }, { previous: { tagList: [1, 2] } });
    await cluster.settle();
    await a.channel('article').publishUpdate(1, { title: 'x' });
    await cluster.settle();

    expect(clients.map((client) => heard(client, 'article'))).toEqual([
      ['created 1', 'updated 1', 'updated 1'],
      ['created 1', 'left 1'],
      ['entered 1', 'updated 1'],
    ]);
  });
});
