import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type ResourceOptions,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';
import { withCluster } from '../../../../support/cluster.js';
import { subscriptions } from '../../../routes/support/subscriptions.js';
import { heard, read } from '../support/cards.js';

interface Article {
  id: number;
  title?: string;
  author: { username: string; company?: { id: number } | null } | null;
}

const startCluster = withCluster();

/** An application that publishes articles from code, and a client for each slice. */
async function watchers(
  options: ResourceOptions,
  ...slices: object[]
): Promise<{ app: TestApplication; clients: TestClient[] }> {
  const app = await start({ imports: [SocketsModule.forRoot({ resources: { article: options, user: {} } })] });
  const clients: TestClient[] = [];
  for (const slice of slices) {
    const client = await app.connect();
    await app.channel('article').watch(client.id, slice);
    clients.push(client);
  }
  return { app, clients };
}

function controller(previous?: () => Article) {
  @Controller('articles')
  @Resourceful('article', { slices: ['author.username'], idType: 'number' })
  class ArticlesController {
    @Get()
    @SubscribeOnRead({ watch: true, slice: { 'author.username': 'author' } })
    find(@Query('author') username: string): Article[] {
      return [{ id: username === 'ada' ? 1 : 2, author: { username } }];
    }

    @Patch(':id')
    @PublishOnUpdate({ previous })
    update(@Param('id', ParseIntPipe) id: number, @Body() changes: Partial<Article>) {
      return { id, ...changes };
    }

    @Delete(':id')
    @PublishOnDestroy({ previous })
    remove(@Param('id', ParseIntPipe) _id: number) {}
  }
  return ArticlesController;
}

describe('a slice by a path', () => {
  it('is read in answers, remembered, and corrected by what is published', async () => {
    const app = await start({ controllers: [controller()] });
    const [ada, bob] = [await app.connect(), await app.connect()];
    await read(ada, '/articles?author=ada');
    await read(bob, '/articles?author=bob');
    expect(await subscriptions(app, ada)).toEqual(['article@author.username=ada']);

    await app.request('PATCH', '/articles/1', { title: 'still of ada' });
    await app.request('PATCH', '/articles/1', { author: { username: 'bob' } });
    await app.request('PATCH', '/articles/1', { title: 'of bob' });
    await app.request('PATCH', '/articles/1', { author: null });
    await app.request('PATCH', '/articles/1', { title: 'of nobody' });
    await app.request('PATCH', '/articles/1', { author: { username: 'ada' } });
    await app.request('DELETE', '/articles/1');
    await app.settle();

    expect(heard(ada, 'article')).toEqual(['updated 1', 'left 1', 'entered 1', 'destroyed 1']);
    expect(heard(bob, 'article')).toEqual(['entered 1', 'updated 1', 'left 1']);
  });

  it('is read in `previous`, of a class whose fields are getters, too', async () => {
    class Author {
      get username() {
        return 'ada';
      }
    }
    class Entity {
      readonly id = 5;

      get author() {
        return new Author();
      }
    }
    const app = await start({ controllers: [controller(() => new Entity())] });
    const [ada, bob] = [await app.connect(), await app.connect()];
    await read(ada, '/articles?author=ada');
    await read(bob, '/articles?author=bob');

    await app.request('PATCH', '/articles/5', { author: { username: 'bob' } });
    await app.settle();

    expect([heard(ada, 'article'), heard(bob, 'article')]).toEqual([['left 5'], ['entered 5']]);
  });

  it('is read in what code publishes, at any depth, by getters and `toJSON`, too', async () => {
    const slices = ['author.username', 'author.company.id', ['author.username', 'author.company.id']];
    const { app, clients } = await watchers(
      { slices },
      { 'author.username': 'ada' },
      { 'author.company.id': 3 },
      { 'author.username': 'ada', 'author.company.id': 3 },
    );
    const articles = app.channel('article');
    class Lazy {
      get author() {
        return { toJSON: () => ({ username: 'ada', company: { id: 3 } }) };
      }
    }

    await articles.publishCreate({ id: 1, author: { username: 'ada', company: { id: 3 } } });
    await articles.publishCreate({ id: 2, author: { username: 'ada', company: null } });
    await articles.publishUpdate(2, { author: { username: 'bob', company: { id: 3 } } });
    await articles.publishCreate(Object.assign(new Lazy(), { id: 3 }) as never);
    await app.settle();

    expect(clients.map((client) => heard(client, 'article'))).toEqual([
      ['created 1', 'created 2', 'left 2', 'created 3'],
      ['created 1', 'entered 2', 'created 3'],
      ['created 1', 'created 3'],
    ]);
  });

  it('has rooms that no value and no other path can name', async () => {
    const { app, clients } = await watchers(
      { slices: ['a.b', ['a', 'b'], 'a'] },
      { 'a.b': 'x' },
      { a: 'x' },
      { a: 'b=x', b: 'x' },
    );
    await app.channel('article').publishCreate({ id: 1, a: { b: 'x' } });
    await app.channel('article').publishCreate({ id: 2, a: 'x' });
    await app.settle();
    expect(clients.map((client) => heard(client, 'article'))).toEqual([['created 1'], ['created 2'], []]);
  });

  it('to an id is the same whether the record is populated or its id stands there', async () => {
    const { app, clients } = await watchers(
      { slices: ['author.id', 'editor._id'] },
      { 'author.id': 7 },
      { 'editor._id': 'e' },
    );
    const articles = app.channel('article');
    const objectId = { id: 'bytes', toJSON: () => 'e' };

    await articles.publishCreate({ id: 1, author: 7, editor: objectId });
    await articles.publishUpdate(1, { author: { id: 7, username: 'ada' }, editor: { _id: objectId } });
    await articles.publishUpdate(1, { author: 8 });
    await app.settle();

    expect(clients.map((client) => heard(client, 'article'))).toEqual([
      ['created 1', 'updated 1', 'left 1'],
      ['created 1', 'updated 1', 'updated 1'],
    ]);
  });

  it('by a declared relation is the same whether the record is populated or its id stands there', async () => {
    const { app, clients } = await watchers(
      { slices: ['author'], relations: { author: belongsTo('user', 'articles') } },
      { author: 7 },
    );
    await app.channel('article').publishCreate({ id: 1, author: { id: 7, username: 'ada' } });
    await app.channel('article').publishUpdate(1, { author: { id: 8 } });
    await app.settle();
    expect(clients.map((client) => heard(client, 'article'))).toEqual([['created 1', 'left 1']]);
  });

  it('is corrected on another server that remembers the record elsewhere', async (context) => {
    const cluster = await startCluster(context, { controllers: [controller()] });
    const { a, b } = cluster;
    const [ada, bob] = [await cluster.connect(a), await cluster.connect(a)];
    await read(ada, '/articles?author=ada');
    await read(bob, '/articles?author=bob');
    await read(await cluster.connect(b), '/articles?author=ada');
    await cluster.settle();

    await b.request('PATCH', '/articles/1', { author: { username: 'bob' } });
    await cluster.settle();
    await a.request('PATCH', '/articles/1', { title: 'of bob' });
    await cluster.settle();

    expect(heard(ada, 'article')).toEqual(['left 1']);
    expect(heard(bob, 'article')).toEqual(['entered 1', 'updated 1']);
  });
});
