import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  hasMany,
  PublishOnAdd,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { type ArticleRoutes, Articles, articlesController, read, told } from './support/articles.js';

async function startArticles(options: ArticleRoutes = {}) {
  const logs = new Logs();
  const app = await start({ controllers: [articlesController(options)], providers: [Articles], main: logs.open });
  const reader = await app.connect();
  return { app, reader, logs };
}

describe('A record that a path names by its key', () => {
  it('is published by its id to those who have read it by either', async () => {
    const { app, reader } = await startArticles();
    await read(reader, '/articles/hello');
    const other = await app.connect();
    await read(other, '/articles/other');

    await app.request('PATCH', '/articles/hello', { title: 'A' });
    await app.request('POST', '/articles/hello/comments');
    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(reader.heard('article')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, slug: 'hello', title: 'A' } },
      { verb: 'addedTo', id: 1, attribute: 'comments', addedId: 7, added: { id: 7, body: 'first' } },
      { verb: 'destroyed', id: 1 },
    ]);
    expect(other.heard('article')).toEqual([]);
  });

  it('is found by what was read where the answer shows no id, and sends no field more', async () => {
    const { app, reader } = await startArticles();
    await read(reader, '/articles/hello');

    await app.request('PATCH', '/articles/hello?bare', { title: 'A' });
    await app.settle();

    expect(reader.heard('article')).toEqual([{ verb: 'updated', id: 1, data: { slug: 'hello', title: 'A' } }]);
  });

  it('is found in a list, and by what was published', async () => {
    const { app, reader } = await startArticles();
    await read(reader, '/articles');

    await app.request('POST', '/articles', { slug: 'new', title: 'New' });
    await app.request('DELETE', '/articles/new');
    await app.request('DELETE', '/articles/other');
    await app.settle();

    expect(told(reader)).toEqual(['created 11', 'destroyed 11', 'destroyed 2']);
  });

  it('is found in the record as it was, by a process that has never seen it', async () => {
    const { app, reader } = await startArticles({ previous: true });
    await app.channel('article').watch(reader.id);

    await app.request('PATCH', '/articles/hello?bare', { title: 'A', slug: 'bye' });
    await app.request('DELETE', '/articles/bye');
    await app.settle();

    expect(told(reader)).toEqual(['updated 1', 'destroyed 1']);
  });

  it('is not published where nothing tells which one it is, and the log says what does', async () => {
    const { app, reader, logs } = await startArticles();
    await app.channel('article').watch(reader.id);

    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(reader.heard('article')).toEqual([]);
    expect(logs.naming('this process has not seen which record of "article" has this slug').warnings).toEqual([
      expect.stringMatching(/@PublishOnDestroy\(\) on ArticlesController\.remove\(\).*option "previous"/),
    ]);
  });

  it('is subscribed to by an answer that shows the key alone, if the id is known', async () => {
    const { app, reader, logs } = await startArticles();
    await read(reader, '/articles/hello?bare');
    expect(logs.naming("@Resourceful('article', { id: 'slug' })").warnings).toHaveLength(1);

    const late = await app.connect();
    await read(reader, '/articles/hello');
    await read(late, '/articles/hello?bare');
    await app.channel('article').publishUpdate(1, { title: 'A' });
    await app.settle();

    expect(told(late)).toEqual(['updated 1']);
  });

  it('keeps its readers when it is renamed, and the next record of that name does not get them', async () => {
    const { app, reader } = await startArticles();
    await read(reader, '/articles/hello');

    await app.request('PATCH', '/articles/hello?bare', { slug: 'bye' });
    await app.request('PATCH', '/articles/bye?bare', { title: 'B' });
    await app.request('POST', '/articles', { slug: 'hello', title: 'secret' });
    await app.request('PATCH', '/articles/hello?bare', { title: 'more secret' });
    await app.request('DELETE', '/articles/bye');
    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(told(reader)).toEqual(['updated 1', 'updated 1', 'destroyed 1']);
    expect(JSON.stringify(reader.received)).not.toContain('secret');
  });

  it('leads nowhere once two records were read with the same key', async () => {
    const { app, reader, logs } = await startArticles();
    app
      .get(Articles)
      .all.push({ id: 3, slug: 'twin', title: 'of tenant 1' }, { id: 4, slug: 'twin', title: 'of tenant 2' });
    await read(reader, '/articles');
    const first = await app.connect();
    await app.channel('article').subscribe(first.id, 3);

    await app.request('DELETE', '/articles/twin');
    await app.settle();

    expect([told(first), told(reader)]).toEqual([[], []]);
    expect(logs.naming('several records of "article" were seen with this slug').warnings).toHaveLength(1);
  });
});

describe('A path parameter', () => {
  it('that is named like the key holds a key, even where it looks like an id; one that is named like the id an id', async () => {
    @Controller()
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Get('articles')
      @SubscribeOnRead()
      list() {
        return [
          { id: 1, slug: '2024' },
          { id: 2024, slug: 'one' },
        ];
      }

      @Delete('slugs/:slug')
      @PublishOnDestroy()
      bySlug(@Param('slug') _slug: string) {}

      @Delete('articles/:id')
      @PublishOnDestroy()
      byId(@Param('id') _id: string) {}

      @Patch('camel/:articleSlug')
      @PublishOnUpdate()
      camel(@Param('articleSlug') _slug: string) {}

      @Patch('snake/:article_slug')
      @PublishOnUpdate()
      snake(@Param('article_slug') _slug: string) {}

      @Patch('either/:ref')
      @PublishOnUpdate({ id: 'ref' })
      either(@Param('ref') _ref: string) {}
    }
    const app = await start({ controllers: [ArticlesController] });
    const reader = await app.connect();
    await read(reader, '/articles');

    await app.request('PATCH', '/camel/2024');
    await app.request('PATCH', '/snake/2024');
    await app.request('PATCH', '/either/one');
    await app.request('PATCH', '/either/1');
    await app.request('DELETE', '/slugs/2024');
    await app.request('DELETE', '/articles/2024');
    await app.settle();

    expect(told(reader)).toEqual([
      'updated 1',
      'updated 1',
      'updated 2024',
      'updated 1',
      'destroyed 1',
      'destroyed 2024',
    ]);
  });

  it('may hold a number that is the key', async () => {
    @Controller('issues')
    @Resourceful('issue', { key: 'number' })
    class IssuesController {
      @Get(':number')
      @SubscribeOnRead()
      findOne(@Param('number', ParseIntPipe) number: number) {
        return { id: 'c1f0a8e4-90f0-4f62-9d2e-0d1c1f1c0001', number };
      }

      @Delete(':number')
      @PublishOnDestroy()
      remove(@Param('number', ParseIntPipe) _number: number) {}
    }
    const app = await start({ controllers: [IssuesController] });
    const reader = await app.connect();
    await read(reader, '/issues/42');

    await app.request('DELETE', '/issues/42');
    await app.settle();

    expect(told(reader, 'issue')).toEqual(['destroyed c1f0a8e4-90f0-4f62-9d2e-0d1c1f1c0001']);
  });

  it('may have been turned into the record, or into its id, by a pipe', async () => {
    class BySlug {
      transform(slug: string) {
        return { id: slug.length, slug };
      }
    }
    class ToId {
      transform(slug: string) {
        return slug.length;
      }
    }
    @Controller('articles')
    @Resourceful('article', { key: 'slug' })
    class ArticlesController {
      @Patch(':slug')
      @PublishOnUpdate()
      update(@Param('slug', BySlug) _article: { id: number; slug: string }) {}

      @Delete(':slug')
      @PublishOnDestroy()
      remove(@Param('slug', ToId) _id: number) {}
    }
    const app = await start({ controllers: [ArticlesController] });
    const watcher = await app.connect();
    await app.channel('article').watch(watcher.id);

    await app.request('PATCH', '/articles/hello');
    await app.request('DELETE', '/articles/hello');
    await app.settle();

    expect(told(watcher)).toEqual(['updated 5', 'destroyed 5']);
  });
});

describe('A member of a collection that a path names by its key', () => {
  it('is added and removed by its id, and so is its owner', async () => {
    @Controller('users')
    @Resourceful('user', { key: 'username', relations: { favorites: hasMany('article', 'fan') } })
    class UsersController {
      @Get(':username')
      @SubscribeOnRead()
      findOne(@Param('username') username: string) {
        return { id: 'c1f0a8e4-90f0-4f62-9d2e-0d1c1f1c0001', username };
      }

      @Post(':username/favorites/:slug')
      @PublishOnAdd('favorites')
      favorite(@Param('slug') slug: string) {
        return { id: 1, slug };
      }

      @Delete(':username/favorites/:slug')
      @PublishOnRemove('favorites')
      unfavorite(@Body() _body: unknown) {}
    }
    const app = await start({ controllers: [UsersController, articlesController()], providers: [Articles] });
    const [user, article] = [await app.connect(), await app.connect()];
    await read(user, '/users/ada');
    await read(article, '/articles/hello');

    await app.request('POST', '/users/ada/favorites/hello');
    await app.request('DELETE', '/users/ada/favorites/hello');
    await app.settle();

    const id = 'c1f0a8e4-90f0-4f62-9d2e-0d1c1f1c0001';
    expect(user.heard('user')).toEqual([
      { verb: 'addedTo', id, attribute: 'favorites', addedId: 1 },
      { verb: 'removedFrom', id, attribute: 'favorites', removedId: 1 },
    ]);
    expect(article.heard('article')).toMatchObject([
      { verb: 'updated', id: 1, data: { fan: id } },
      { verb: 'updated', id: 1, data: { fan: null } },
    ]);
  });
});

describe('The options of keys', () => {
  it.each([
    [{ key: '' }, 'the option "key" must be a field\'s name'],
    [{ key: 'slug', rememberedKeys: -1 }, 'the option "rememberedKeys" must be a whole number of records, or 0'],
    [{ key: 'id' }, 'The option "key" of "article" names the field that holds its ids'],
  ])('are checked at boot: %o', async (article, error) => {
    await expect(start({ imports: [SocketsModule.forRoot({ resources: { article } })] })).rejects.toThrow(error);
  });

  it('remember as many records as they say', async () => {
    const { app, reader } = await startArticles({ rememberedKeys: 1 });
    await read(reader, '/articles/hello');
    await read(reader, '/articles/other');

    await app.request('DELETE', '/articles/hello');
    await app.request('DELETE', '/articles/other');
    await app.settle();

    expect(told(reader)).toEqual(['destroyed 2']);
  });
});
