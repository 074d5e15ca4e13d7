import { Controller, Delete, Module, Param, ParseIntPipe, Patch, Post, Put, type Type } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  hasMany,
  Publish,
  PublishOnAdd,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  Unsubscribe,
  type SocketsError,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';

type Body = Record<string, unknown> | undefined;

/** A controller with one route, which answers this. */
function controllerOf(
  [prefix, resource]: [prefix: string, resource: string],
  verb: (path: string | string[]) => MethodDecorator,
  path: string | string[],
  decorator: MethodDecorator,
  answer?: Body,
): Type {
  @Controller(prefix)
  @Resourceful(resource)
  class OneController {
    act() {
      return answer;
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(OneController.prototype, 'act') as PropertyDescriptor;
  for (const decorate of [decorator, verb(path)]) decorate(OneController.prototype, 'act', descriptor);
  return OneController;
}

async function hear(app: TestApplication, method: string, url: string, resource = 'article'): Promise<unknown[]> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  await app.request(method, url);
  await app.settle();
  return watcher.heard(resource);
}

async function refusalOf(controller: Type): Promise<string> {
  const error = await start({ controllers: [controller] }).then(
    () => undefined,
    (reason: unknown) => reason as SocketsError,
  );
  expect(error?.code).toMatch(/^INVALID_(PUBLISHER|SUBSCRIBER)$/);
  return error?.message ?? '';
}

const articles: [string, string] = ['articles', 'article'];

describe('Of the parameters of a path to a record in a collection', () => {
  it.each([
    [articles, Delete, ':slug/comments/:id', '/articles/a/comments/1', ['a', '1']],
    [articles, Delete, ':id/comments/:commentId', '/articles/4/comments/1', ['4', '1']],
    [articles, Delete, 'comments/:id/of/:articleId', '/articles/comments/1/of/4', ['4', '1']],
    [articles, Delete, ':slug/comments/:id/hide', '/articles/a/comments/1/hide', ['a', '1']],
    [articles, Delete, ':slug/without/:id', '/articles/a/without/1', ['a', '1']],
    [['articles/:slug/comments', 'article'], Delete, ':id', '/articles/a/comments/1', ['a', '1']],
    [
      ['tenants/:tenantId/articles', 'article'],
      Delete,
      ':slug/comments/:id',
      '/tenants/9/articles/a/comments/1',
      ['a', '1'],
    ],
    [
      ['tenants/:tenantId/articles', 'article'],
      Delete,
      ':id/comments/:number',
      '/tenants/9/articles/4/comments/1',
      ['4', '1'],
    ],
  ] as [[string, string], (path: string | string[]) => MethodDecorator, string, string, [string, string]][])(
    '%s %o %s, the last is that of the record in it, unless their names say otherwise',
    async (prefix, verb, path, url, [id, removedId]) => {
      const decorator = PublishOnRemove('comments');
      const app = await start({ controllers: [controllerOf(prefix, verb, path, decorator, { affected: 1 })] });
      expect(await hear(app, 'DELETE', url)).toEqual([{ verb: 'removedFrom', id, attribute: 'comments', removedId }]);
    },
  );

  it('the last is so, too, where the owner is selected from the answer, which says its id', async () => {
    @Controller('articles')
    @Resourceful('article', { relations: { comments: hasMany('comment', 'article') } })
    class ArticlesController {
      @Delete(':slug/comments/:id')
      @PublishOnRemove('comments', { select: 'article' })
      remove(@Param('slug') slug: string, @Param('id', ParseIntPipe) _id: number) {
        return { article: { id: 4, slug } };
      }

      @Put(':slug/comments/:id')
      @PublishOnAdd('comments', { select: 'article' })
      add(@Param('slug') slug: string, @Param('id', ParseIntPipe) _id: number) {
        return { article: { id: 4, slug } };
      }
    }
    @Controller('comments')
    @Resourceful('comment', { idType: 'number' })
    class CommentsController {}
    const app = await start({ controllers: [ArticlesController, CommentsController] });
    const [reader, other] = [await app.connect(), await app.connect()];
    await app.channel('article').subscribe(reader.id, 4);
    await app.channel('article').subscribe(other.id, 1);
    await app.request('DELETE', '/articles/hello/comments/1');
    await app.request('PUT', '/articles/hello/comments/1');
    await app.settle();
    expect(reader.heard('article')).toMatchObject([
      { verb: 'removedFrom', id: 4, attribute: 'comments', removedId: 1 },
      { verb: 'addedTo', id: 4, attribute: 'comments', addedId: 1 },
    ]);
    expect(other.heard('article')).toEqual([]);
  });

  it('one that is named after the resource of the collection is that record’s, wherever it stands', async () => {
    @Controller('articles')
    @Resourceful('article', { relations: { notes: hasMany('comment', 'article') } })
    class ArticlesController {
      @Delete('removed/:commentId/from/:slug')
      @PublishOnRemove('notes')
      remove() {}
    }
    @Controller('comments')
    @Resourceful('comment', { idType: 'number' })
    class CommentsController {}
    const app = await start({ controllers: [ArticlesController, CommentsController] });
    expect(await hear(app, 'DELETE', '/articles/removed/1/from/hello')).toEqual([
      { verb: 'removedFrom', id: 'hello', attribute: 'notes', removedId: 1 },
    ]);
  });

  it.each([
    ['number', '1', 1],
    ['uuid', '0B1C8A5E-0000-4000-8000-00000000000A', '0b1c8a5e-0000-4000-8000-00000000000a'],
    ['string', '1', '1'],
    [(id: string | number) => `c-${String(id).replace('c-', '')}`, '1', 'c-1'],
  ] as const)('its id has the form of its own resource, with %s', async (idType, written, removedId) => {
    @Controller('articles')
    @Resourceful('article', { idType: 'string', relations: { comments: hasMany('comment', 'article') } })
    class ArticlesController {
      @Delete(':slug/comments/:id')
      @PublishOnRemove('comments')
      remove() {}
    }
    @Controller('comments')
    @Resourceful('comment', { idType })
    class CommentsController {}
    const app = await start({ controllers: [ArticlesController, CommentsController] });
    expect(await hear(app, 'DELETE', `/articles/a/comments/${written}`)).toMatchObject([{ id: 'a', removedId }]);
  });

  it('those that are not clear are refused at boot, with the options that say it', async () => {
    const remove = PublishOnRemove('comments');
    const refused: Type[] = [
      controllerOf(articles, Delete, ':year/:slug/comments/:id', remove),
      controllerOf(['users/:name/articles/:slug/comments', 'article'], Delete, ':id', remove),
      controllerOf(articles, Delete, ':id/by/:articleId/comments/:number', remove),
      controllerOf(articles, Delete, [':slug/comments/:id', ':id/:commentId'], PublishOnRemove('comments')),
      controllerOf(['', 'article'], Post, ['articles/:slug/comments/:id', 'articles/:id'], PublishOnAdd('comments')),
    ];
    for (const controller of refused) {
      const message = await refusalOf(controller);
      expect(message).toContain('OneController.act()');
      expect(message).toMatch(/\{ id: '\w+', child: '\w+' \}/);
    }
    const told = PublishOnRemove('comments', { id: 'slug', child: 'id' });
    const app = await start({ controllers: [controllerOf(articles, Delete, ':year/:slug/comments/:id', told)] });
    expect(await hear(app, 'DELETE', '/articles/2020/a/comments/1')).toMatchObject([{ id: 'a', removedId: '1' }]);
  });
});

describe('Of the parameters of a path with a collection in it', () => {
  it.each([
    ['@PublishOnUpdate', Patch, PublishOnUpdate()],
    ['@PublishOnDestroy', Delete, PublishOnDestroy()],
    ['@PublishOnReplace', Put, PublishOnReplace('tags')],
    ['@Publish', Post, Publish('praised')],
    ['@Unsubscribe', Post, Unsubscribe()],
  ] as [string, (path: string | string[]) => MethodDecorator, MethodDecorator][])(
    'it is not clear which is the record’s to %s',
    async (name, verb, decorator) => {
      for (const [prefix, path] of [
        ['articles', ':slug/comments/:id'],
        ['articles/:slug/comments', ':id'],
        ['posts', ':name/notes/:id'],
      ]) {
        const message = await refusalOf(controllerOf([prefix, 'article'], verb, path, decorator));
        expect(message).toContain(`${name}(`);
        expect(message).toContain('beyond doubt');
        expect(message).toContain("{ id: '");
        expect(message).toContain("{ resource: '…' }");
      }
    },
  );

  it('it is refused where a module’s path has one of them', async () => {
    const controller = controllerOf(['', 'article'], Patch, 'comments/:id', PublishOnUpdate());
    @Module({ controllers: [controller] })
    class ArticlesModule {}
    const routes = RouterModule.register([{ path: 'articles/:slug', module: ArticlesModule }]);
    await expect(start({ imports: [SocketsModule.forRoot(), routes, ArticlesModule] })).rejects.toThrow('beyond doubt');
  });

  it.each([
    ['the resource', articles, ':slug/comments/:id', PublishOnDestroy('comment'), 'comment', '1'],
    ['the option "id"', articles, ':slug/comments/:id', PublishOnDestroy({ id: 'slug' }), 'article', 'a'],
    ['a function', articles, ':slug/comments/:id', PublishOnDestroy({ id: () => 7 }), 'article', 7],
    ['what is selected', articles, ':slug/comments/:id', PublishOnDestroy({ select: 'article' }), 'article', 4],
    ['the segment before it', ['', 'comment'], 'articles/:slug/comments/:id', PublishOnDestroy(), 'comment', '1'],
    ['the controller', ['articles/:slug/notes', 'comment'], ':id', PublishOnDestroy(), 'comment', '1'],
    ['its order', articles, ':id/comments/:number', PublishOnDestroy(), 'article', 'a'],
    ['the name of the other', ['', 'article'], 'users/:userId/liked/:id', PublishOnDestroy(), 'article', '1'],
  ] as [string, [string, string], string, MethodDecorator, string, unknown][])(
    'it is clear by %s',
    async (_by, prefix, path, decorator, resource, id) => {
      const controller = controllerOf(prefix, Delete, path, decorator, { article: { id: 4 } });
      const app = await start({ controllers: [controller] });
      const url = `/${prefix[0]}/${path}`
        .replace('//', '/')
        .replace(/:(slug|id|userId)/, 'a')
        .replace(/:\w+/, '1');
      expect(await hear(app, 'DELETE', url, resource)).toEqual([{ verb: 'destroyed', id }]);
    },
  );

  it('none concerns a read, whose record says which one it is', async () => {
    @Controller('articles')
    @Resourceful('article')
    class ArticlesController {
      @Patch(':slug/comments/:id')
      @SubscribeOnRead()
      read() {
        return { id: 4 };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    const client = await app.connect();
    await client.socket.emitWithAck('patch', { url: '/articles/a/comments/1' });
    expect(await app.channel('article').subscribers(4)).toEqual([client.id]);
  });
});
