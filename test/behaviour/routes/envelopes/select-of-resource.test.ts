import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  Unsubscribe,
  type PublishContext,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { shared } from '../../../support/lifetime.js';
import { Logs } from '../../../support/logs.js';
import { messages } from '../../../support/messages.js';
import { ask } from '../../requests/support/ask.js';

interface Article {
  id: number;
  title: string;
}

const article = (id: number, title = 'Realtime'): Article => ({ id, title });

/** Routes of a resource that answer with envelopes, whose decorators do not say so. */
function articles(options: ResourceOptions): Type {
  @Controller('articles')
  @Resourceful('article', options)
  class ArticlesController {
    @Get() @SubscribeOnRead({ watch: true }) find() {
      return { articles: [article(1), article(2)], articlesCount: 2 };
    }

    @Get(':id') @SubscribeOnRead() findOne(@Param('id', ParseIntPipe) id: number) {
      return { article: article(id) };
    }

    @Post() @PublishOnCreate({ subscribe: true }) create(@Body() { title }: Article) {
      return { article: article(3, title) };
    }

    @Post('many') @PublishOnCreate() createMany() {
      return { articles: [article(4), article(5)] };
    }

    @Patch(':id') @PublishOnUpdate({ previous: () => article(1, 'Before') }) update(@Body() { title }: Article) {
      return { article: article(1, title) };
    }

    @Put(':id') @PublishOnUpdate() replace(@Param('id', ParseIntPipe) id: number) {
      return article(id, 'bare');
    }

    @Post(':id/publish') @Publish('published') publish(@Param('id', ParseIntPipe) id: number) {
      return { article: article(id) };
    }

    @Post('unsubscribe') @HttpCode(200) @Unsubscribe() unsubscribe() {
      return { articles: [article(1)] };
    }

    @Delete(':slug') @PublishOnDestroy() remove() {
      return { article: article(1) };
    }
  }
  return ArticlesController;
}

async function reading(app: TestApplication, ...paths: string[]): Promise<TestClient> {
  const client = await app.connect();
  for (const url of paths) expect((await ask(client, 'get', { url })).statusCode).toBe(200);
  return client;
}

/** Several ways to say the same. */
const WAYS: Array<[string, ResourceOptions['select']]> = [
  ['a list of fields', ['article', 'articles']],
  ['a function', (response: { article?: unknown; articles?: unknown }) => response.article ?? response.articles],
];

describe.each(WAYS)('the option select of a resource, %s', (_, select) => {
  const app = shared(() => start({ controllers: [articles({ select })] }));

  it('applies to reads, and to what is created, updated and destroyed, and to verbs of its own', async () => {
    const reader = await reading(app(), '/articles/1');
    const watcher = await reading(app(), '/articles');

    await app().request('POST', '/articles', { title: 'New' });
    await app().request('POST', '/articles/many');
    await app().request('PATCH', '/articles/1', { title: 'After' });
    await app().request('POST', '/articles/1/publish');
    await app().request('DELETE', '/articles/realtime');
    await app().settle();

    const created = [article(3, 'New'), article(4), article(5)].map((data) => ({ verb: 'created', id: data.id, data }));
    const others = [
      { verb: 'updated', id: 1, data: article(1, 'After'), previous: article(1, 'Before') },
      { verb: 'published', id: 1, data: article(1) },
      { verb: 'destroyed', id: 1 },
    ];
    expect(messages(watcher)).toEqual([...created, ...others].map((message) => ['article', message]));
    expect(messages(reader)).toEqual(others.map((message) => ['article', message]));
  });

  it('applies to the option subscribe, and to @Unsubscribe', async () => {
    const writer = await app().connect();
    await ask(writer, 'post', { url: '/articles', data: { title: 'Mine' } });
    expect(await app().channel('article').subscribers(3)).toContain(writer.id);

    const reader = await reading(app(), '/articles/1');
    expect(await app().channel('article').subscribers(1)).toContain(reader.id);
    await ask(reader, 'post', { url: '/articles/unsubscribe' });
    expect(await app().channel('article').subscribers(1)).not.toContain(reader.id);
  });

  it('leaves alone what a route answers without an envelope', async () => {
    const reader = await reading(app(), '/articles/2');
    await app().request('PUT', '/articles/2');
    await app().settle();
    expect(messages(reader)).toEqual([['article', { verb: 'updated', id: 2, data: article(2, 'bare') }]]);
  });
});

describe('where the select of a resource is declared', () => {
  it('the options of the module count, too', async () => {
    const imports = [SocketsModule.forRoot({ resources: { article: { select: ['article', 'articles'] } } })];
    const app = await start({ imports, controllers: [articles({})] });
    const reader = await reading(app, '/articles/1');
    await app.request('PATCH', '/articles/1', { title: 'After' });
    await app.settle();
    expect(reader.heard('article')).toMatchObject([{ verb: 'updated', id: 1, data: article(1, 'After') }]);
  });

  it.each<[unknown]>([[''], [[]], [['article', 'article']], [['article', 7]], ['data.'], [true], [{ article: true }]])(
    'refuses %j at boot, for a resource and for each decorator',
    async (select) => {
      const words = 'the option "select" must be a field of the answer, or a path';
      const options = { select } as object;

      @Controller('things')
      class PublishingController {
        @Patch(':id') @PublishOnUpdate('thing', options) update(): void {}
      }

      @Controller('things')
      class ReadingController {
        @Get(':id') @SubscribeOnRead('thing', options) find(): void {}
      }

      for (const controllers of [[articles(options)], [PublishingController], [ReadingController]])
        await expect(start({ controllers })).rejects.toThrow(words);
    },
  );
});

describe("a decorator's own select", () => {
  @Controller('users')
  @Resourceful('user', { select: 'user' })
  class UsersController {
    @Get() @SubscribeOnRead({ select: ['members', 'people'], watch: true }) find() {
      return { user: { id: 9 }, people: [{ id: 1 }, { id: 2 }] };
    }

    @Patch(':id') @PublishOnUpdate({ select: ['account', 'profile'] }) update() {
      return { user: { id: 9 }, profile: { id: 1, name: 'Ada' } };
    }

    @Patch(':id/name') @PublishOnUpdate({ select: (response: { who: object }) => response.who }) rename() {
      return { user: { id: 9 }, who: { id: 2, name: 'Grace' } };
    }
  }

  it('comes before that of the resource, and takes the first of a list of fields that is there', async () => {
    const app = await start({ controllers: [UsersController] });
    const reader = await reading(app, '/users');
    expect(await app.channel('user').subscribers(1)).toEqual([reader.id]);
    expect(await app.channel('user').subscribers(9)).toEqual([]);

    await app.request('PATCH', '/users/1');
    await app.request('PATCH', '/users/2/name');
    await app.settle();
    expect(reader.heard('user')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'Ada' } },
      { verb: 'updated', id: 2, data: { id: 2, name: 'Grace' } },
    ]);
  });
});

/** Puts every answer into an envelope, as many applications do. */
class Envelope implements NestInterceptor {
  intercept(_execution: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ success: true, data: data ?? null })));
  }
}

describe('the select of a resource whose answers an interceptor wraps', () => {
  const notes = new Map([[1, { id: 1, text: 'one' }]]);

  @Controller('notes')
  @UseInterceptors(Envelope)
  @Resourceful('note', { select: 'data' })
  class NotesController {
    @Get() @SubscribeOnRead({ watch: true }) find() {
      return [...notes.values()];
    }

    @Get(':id') @SubscribeOnRead() findOne(@Param('id', ParseIntPipe) id: number) {
      return notes.get(id);
    }

    @Patch(':id') @PublishOnUpdate() update(@Param('id', ParseIntPipe) id: number) {
      return notes.has(id) ? { ...notes.get(id), text: 'changed' } : null;
    }

    @Delete(':id') @PublishOnDestroy() remove(@Param('id', ParseIntPipe) id: number) {
      return notes.has(id) ? { affected: 1 } : { affected: 0 };
    }
  }

  it('publishes what is in it, and nothing where there is nothing in it', async () => {
    const app = await start({ controllers: [NotesController] });
    const reader = await reading(app, '/notes', '/notes/1', '/notes/7');

    await app.request('PATCH', '/notes/7');
    await app.request('DELETE', '/notes/7');
    await app.request('PATCH', '/notes/1');
    await app.request('DELETE', '/notes/1');
    await app.settle();
    expect(messages(reader)).toEqual([
      ['note', { verb: 'updated', id: 1, data: { id: 1, text: 'changed' } }],
      ['note', { verb: 'destroyed', id: 1 }],
    ]);
  });
});

describe('where envelopes are deeper, or lists', () => {
  const row = (id: number) => ({ id, name: `row ${id}` });
  const SHAPES: Array<[string, ResourceOptions['select'], unknown]> = [
    ['two levels', 'data.row', { data: { row: [row(1), row(2)] } }],
    ['one level with a point in its name', 'data.rows', { 'data.rows': [row(1), row(2)] }],
    ['a list of envelopes', 'row', [{ row: row(1) }, { row: row(2) }]],
    ['pages of a list', 'pages.rows', { pages: [{ rows: [row(1)] }, { rows: [row(2)] }] }],
    ['a list with its count, as TypeORM’s findAndCount()', '0', [[row(1), row(2)], 2]],
    ['items and what is known of them', ['row', 'items'], { items: [row(1), row(2)], meta: { total: 2 } }],
  ];

  it.each(SHAPES)('%s', async (_, select, answer) => {
    @Controller('rows')
    @Resourceful('row', { select })
    class RowsController {
      @Get() @SubscribeOnRead() find() {
        return answer;
      }

      @Patch() @PublishOnUpdate() update() {
        return answer;
      }
    }
    const app = await start({ controllers: [RowsController] });
    const reader = await reading(app, '/rows');
    await app.request('PATCH', '/rows');
    await app.settle();
    expect(messages(reader)).toEqual([1, 2].map((id) => ['row', { verb: 'updated', id, data: row(id) }]));
  });

  it('a record that has a field of that name, and no envelope, counts itself', async () => {
    @Controller('documents')
    @Resourceful('document', { select: 'data' })
    class DocumentsController {
      @Get(':id') @SubscribeOnRead() find() {
        return { data: { id: 1, data: { colour: 'red' } } };
      }

      @Patch(':id') @PublishOnUpdate() update() {
        return { id: 1, data: { colour: 'blue' } };
      }
    }
    const app = await start({ controllers: [DocumentsController] });
    const reader = await reading(app, '/documents/1');
    await app.request('PATCH', '/documents/1');
    await app.settle();
    expect(messages(reader)).toEqual([
      ['document', { verb: 'updated', id: 1, data: { id: 1, data: { colour: 'blue' } } }],
    ]);
  });

  it('a function is given the context, and no answer that has no fields', async () => {
    const given: unknown[] = [];
    const select = (response: { here: object }, { params }: PublishContext) => {
      given.push(response, params.id);
      return response.here;
    };

    @Controller('things')
    @Resourceful('thing', { select })
    class ThingsController {
      @Patch(':id') @PublishOnUpdate() update() {
        return { here: { id: 1 } };
      }

      @Delete(':id') @HttpCode(204) @PublishOnDestroy() remove(): void {}
    }
    const logs = new Logs();
    const app = await start({ controllers: [ThingsController], main: logs.open });
    const watcher = await app.connect();
    await app.channel('thing').watch(watcher.id);
    await app.request('PATCH', '/things/1');
    await app.request('DELETE', '/things/1');
    await app.settle();
    expect(messages(watcher)).toEqual([
      ['thing', { verb: 'updated', id: 1, data: { id: 1 } }],
      ['thing', { verb: 'destroyed', id: 1 }],
    ]);
    expect(new Set(given)).toEqual(new Set([{ here: { id: 1 } }, '1']));
    expect(logs.errors).toEqual([]);
  });
});

describe('memberships', () => {
  const comment = { id: 4, body: 'Hello' };

  @Controller('articles')
  @Resourceful('article', { select: 'article', relations: { comments: hasMany('comment', 'article') } })
  class ArticlesController {
    @Get(':id') @SubscribeOnRead() find(@Param('id', ParseIntPipe) id: number) {
      return { article: article(id) };
    }

    @Post(':id/comments') @PublishOnAdd('comments', { subscribe: true }) add() {
      return { comment };
    }

    @Post(':id/comments/bare') @PublishOnAdd('comments') addBare() {
      return comment;
    }

    @Put(':id/comments/:commentId') @PublishOnAdd('comments') addByPath() {
      return { article: article(1) };
    }

    @Post(':id/comments/unknown') @PublishOnAdd('comments') addUnknown() {
      return { article: article(1) };
    }

    @Put(':id/comments') @PublishOnReplace('comments') replace() {
      return { article: { ...article(1), comments: [comment] } };
    }

    @Delete(':id/comments/:commentId') @PublishOnRemove('comments') remove() {
      return { article: article(1) };
    }
  }

  @Controller('comments')
  @Resourceful('comment', {
    idType: 'number',
    select: 'comment',
    relations: { article: belongsTo('article', 'comments') },
  })
  class CommentsController {}

  it('are about the record of the child’s resource in the answer, or else about that of the parent', async () => {
    const logs = new Logs();
    const controllers = [ArticlesController, CommentsController];
    const app = await start({ controllers, main: logs.open });
    const reader = await reading(app, '/articles/1');

    await app.request('POST', '/articles/1/comments');
    await app.request('POST', '/articles/1/comments/bare');
    await app.request('PUT', '/articles/1/comments/4');
    await app.request('POST', '/articles/1/comments/unknown');
    await app.request('PUT', '/articles/1/comments');
    await app.request('DELETE', '/articles/1/comments/4');
    await app.settle();
    const membership = { id: 1, attribute: 'comments' };
    expect(messages(reader)).toEqual([
      ['article', { verb: 'addedTo', ...membership, addedId: 4, added: comment }],
      ['article', { verb: 'addedTo', ...membership, addedId: 4, added: comment }],
      ['article', { verb: 'addedTo', ...membership, addedId: 4 }],
      ['article', { verb: 'addedTo', ...membership, addedId: 4 }],
      ['article', { verb: 'removedFrom', ...membership, removedId: 4 }],
    ]);
    const [unknown, ...others] = logs.naming('ArticlesController.addUnknown()').warnings;
    expect(unknown).toContain('neither the route nor the response says which record it is about');
    expect(others).toEqual([]);
  });
});
