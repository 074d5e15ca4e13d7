import {
  Body,
  Controller,
  Get,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { messages } from '../../../support/messages.js';
import { ask } from '../../requests/support/ask.js';

async function watching(app: TestApplication, resource: string): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  return watcher;
}

const article = { id: 4, slug: 'realtime', title: 'Realtime', body: 'In Nest' };

/** A controller of articles whose routes answer what they are given. */
@Controller('articles')
@Resourceful('article')
class ArticlesController {
  @Post() @PublishOnCreate() create(@Body() answer: object) {
    return answer;
  }

  @Put(':slug') @PublishOnUpdate() update(@Body() answer: object) {
    return answer;
  }

  @Post(':slug/publish') @Publish('published') publish(@Body() answer: object) {
    return answer;
  }
}

/** The line that mends it. */
const LINE = "@Resourceful('article', { select: 'article' })";

describe('an envelope that nothing says to be one', () => {
  it.each([
    ['created', 'POST', '/articles', 'create'],
    ['updated', 'PUT', '/articles/realtime', 'update'],
    ['a verb of its own', 'POST', '/articles/realtime/publish', 'publish'],
  ])('is not published as %s, and the log says once what to add', async (_, method, path, handler) => {
    const logs = new Logs();
    const app = await start({ controllers: [ArticlesController], main: logs.open });
    const watcher = await watching(app, 'article');
    for (let time = 0; time < 3; time++) await app.request(method, path, { article });
    await app.settle();

    expect(messages(watcher)).toEqual([]);
    const [warning, ...others] = logs.naming(`ArticlesController.${handler}()`).warnings;
    expect(warning).toContain('the response is no "article", but seems to hold it in its field "article"');
    expect(warning).toContain(`${LINE}, or for this one, { select: 'article' }`);
    expect(others).toEqual([]);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 0, failed: 0, skipped: 3 });
  });

  it.each<[string, string, object, string]>([
    ['the plural of the name', '/articles/4', { articles: [article], articlesCount: 1 }, 'articles'],
    ['a field such as data, with the id of the path', '/articles/4', { data: article, success: true }, 'data'],
    ['a field such as result, with the name in the path', '/articles/realtime', { result: article }, 'result'],
    ['two levels', '/articles/realtime', { success: true, data: { article } }, 'data.article'],
    ['after a rename', '/articles/the-old-name', { article }, 'article'],
    ['its name, though the record shows no id', '/articles/realtime', { article: { slug: 'realtime' } }, 'article'],
  ])('is recognized by %s', async (_, path, answer, field) => {
    const logs = new Logs();
    const app = await start({ controllers: [ArticlesController], main: logs.open });
    const watcher = await watching(app, 'article');
    await app.request('PUT', path, answer);
    await app.settle();
    expect(messages(watcher)).toEqual([]);
    expect(logs.naming('ArticlesController.update()').warnings).toEqual([
      expect.stringContaining(`@Resourceful('article', { select: '${field}' })`),
    ]);
  });

  it('is recognized by what the other decorators of the resource select, which the line repeats', async () => {
    @Controller('people')
    @Resourceful('person')
    class PeopleController {
      @Get() @SubscribeOnRead({ select: ['person', 'people'] }) find() {
        return { people: [{ id: 1 }] };
      }

      @Get(':id') @SubscribeOnRead({ select: 'human' }) findOne() {
        return { human: { id: 1 } };
      }

      @Patch(':id') @PublishOnUpdate() update() {
        return { human: { id: 1, name: 'Ada' } };
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [PeopleController], main: logs.open });
    await app.request('PATCH', '/people/1');
    await app.settle();
    expect(logs.naming('PeopleController.update()').warnings).toEqual([
      expect.stringContaining("@Resourceful('person', { select: ['human', 'person', 'people'] })"),
    ]);
  });

  it('is recognized by the fields that reads have shown', async () => {
    @Controller('cats')
    @Resourceful('cat')
    class CatsController {
      @Get(':id') @SubscribeOnRead() find() {
        return { id: 1, name: 'Tom', breed: 'tabby', age: 3 };
      }

      @Patch(':id') @PublishOnUpdate() update() {
        return { animal: { id: 1, name: 'Tom', breed: 'tabby', age: 4 }, note: 'older' };
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [CatsController], main: logs.open });
    const reader = await app.connect();
    await ask(reader, 'get', { url: '/cats/1' });
    await app.request('PATCH', '/cats/1');
    await app.settle();
    expect(messages(reader)).toEqual([]);
    expect(logs.naming('CatsController.update()').warnings).toEqual([
      expect.stringContaining("@Resourceful('cat', { select: 'animal' })"),
    ]);
  });

  it('is recognized where an interceptor has put it around what the handler has returned', async () => {
    class Wrap implements NestInterceptor {
      intercept(_execution: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(map((content: unknown) => ({ content, by: 'us' })));
      }
    }

    @Controller('dogs')
    @UseInterceptors(Wrap)
    @Resourceful('dog')
    class DogsController {
      @Patch(':id') @PublishOnUpdate() update(@Param('id', ParseIntPipe) id: number) {
        return { id, name: 'Rex' };
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [DogsController], main: logs.open });
    const watcher = await watching(app, 'dog');
    await app.request('PATCH', '/dogs/1');
    await app.settle();
    expect(messages(watcher)).toEqual([]);
    expect(logs.naming('DogsController.update()').warnings).toEqual([
      expect.stringContaining("@Resourceful('dog', { select: 'content' })"),
    ]);
  });

  it('is recognized within what a decorator selects, and in each of a list', async () => {
    @Controller('articles')
    @Resourceful('article')
    class OtherController {
      @Patch(':id') @PublishOnUpdate({ select: 'data' }) update() {
        return { data: { article } };
      }

      @Post() @PublishOnCreate() createMany() {
        return [{ article }, { article: { ...article, id: 5 } }];
      }

      @Put(':id') @PublishOnUpdate({ select: 'artikel' }) replace() {
        return { article };
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [OtherController], main: logs.open });
    const watcher = await watching(app, 'article');
    await app.request('PATCH', '/articles/4');
    await app.request('POST', '/articles');
    await app.request('PUT', '/articles/4');
    await app.settle();
    expect(messages(watcher)).toEqual([]);
    for (const [handler, line] of [
      ['update', "{ select: 'data.article' }"],
      ['createMany', "{ select: 'article' }"],
      ['replace', "{ select: 'article' }"],
    ]) {
      expect(logs.naming(`OtherController.${handler}()`).warnings).toEqual([expect.stringContaining(line)]);
    }
  });

  it('is not taken for the record that joins a collection', async () => {
    @Controller('articles')
    @Resourceful('article', { relations: { comments: hasMany('comment', 'article') } })
    class OwnersController {
      @Post(':id/comments') @PublishOnAdd('comments') add() {
        return { comment: { id: 1, body: 'Hello' } };
      }
    }

    @Controller('comments')
    @Resourceful('comment', { relations: { article: belongsTo('article', 'comments') } })
    class CommentsController {}

    const logs = new Logs();
    const app = await start({ controllers: [OwnersController, CommentsController], main: logs.open });
    const watcher = await watching(app, 'article');
    for (let time = 0; time < 2; time++) await app.request('POST', '/articles/4/comments');
    await app.settle();
    expect(messages(watcher)).toEqual([]);
    const { errors, warnings } = logs.naming('OwnersController.add()');
    expect(errors).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("@Resourceful('comment', { select: 'comment' })")]);
  });
});

describe('what has no id, and is no envelope', () => {
  @Controller('users')
  @Resourceful('user', { slices: ['team'], relations: { user: belongsTo('user') } })
  class UsersController {
    @Get(':id') @SubscribeOnRead() find(@Param('id', ParseIntPipe) id: number) {
      return { id, name: 'Ada', data: { id: 1 }, email: 'ada@example.com', createdAt: 1 };
    }

    @Patch(':id') @PublishOnUpdate() update(@Body() answer: object) {
      return answer;
    }
  }

  it.each<[string, object]>([
    ['a field that has changed', { name: 'Grace' }],
    ['a record in a field, of the same id', { settings: { id: 1, theme: 'dark' } }],
    ['a record in a field, and others', { owner: { id: 1 }, name: 'Grace' }],
    ['a list of records in a field', { pets: [{ id: 1 }], name: 'Grace' }],
    ['a relation that is named like the resource', { user: { id: 1, name: 'Grace' } }],
    ['a slice in a field', { team: { id: 1, name: 'Grace' } }],
    ['a field such as data, with another id', { item: { id: 7 } }],
    ['a field such as data, and others beside it', { item: { id: 1 }, price: 3 }],
    ['a field that reads have shown', { data: { id: 1 } }],
    ['a record that is much like a user', { manager: { id: 1, name: 'Grace', createdAt: 2 } }],
  ])('is published as a change of the record: %s', async (_, answer) => {
    const logs = new Logs();
    const app = await start({ controllers: [UsersController], main: logs.open });
    const reader = await app.connect();
    await ask(reader, 'get', { url: '/users/1' });
    await app.request('PATCH', '/users/1', answer);
    await app.settle();
    expect(messages(reader)).toEqual([['user', { verb: 'updated', id: 1, data: answer }]]);
    expect(logs.naming('UsersController.update()').warnings.join()).not.toContain('seems to hold');
  });

  it('is told by the name of the resource unless it is another record', async () => {
    @Controller('categories')
    @Resourceful('category')
    class CategoriesController {
      @Patch(':id') @PublishOnUpdate() move() {
        return { category: { id: 3, name: 'The one above' } };
      }
    }
    const app = await start({ controllers: [CategoriesController] });
    const watcher = await watching(app, 'category');
    await app.request('PATCH', '/categories/5');
    await app.settle();
    const data = { category: { id: 3, name: 'The one above' } };
    expect(messages(watcher)).toEqual([['category', { verb: 'updated', id: '5', data }]]);
  });

  it('is given to a view of the decorator, which may take the record out of the envelope', async () => {
    @Controller('articles')
    @Resourceful('article')
    class ViewingController {
      @Patch(':id') @PublishOnUpdate({ view: ({ article: one }: { article: object }) => one }) update() {
        return { article };
      }
    }
    const app = await start({ controllers: [ViewingController] });
    const watcher = await watching(app, 'article');
    await app.request('PATCH', '/articles/4');
    await app.settle();
    expect(watcher.heard('article')).toMatchObject([{ verb: 'updated', data: article }]);
  });

  it('is published whole where a function of the decorator says that it is meant', async () => {
    @Controller('articles')
    @Resourceful('article')
    class LikesController {
      @Post(':id/like') @Publish('liked', { select: (answer: object) => answer }) like(@Body() answer: object) {
        return answer;
      }
    }
    const app = await start({ controllers: [LikesController] });
    const watcher = await watching(app, 'article');
    const answer = { likedBy: 'ada', article };
    await app.request('POST', '/articles/4/like', answer);
    await app.settle();
    expect(watcher.heard('article')).toEqual([{ verb: 'liked', id: '4', data: answer }]);
  });
});

describe('a read that finds no record', () => {
  it.each<[string, object, string]>([
    ['an envelope of one', { article }, "@Resourceful('article', { select: 'article' })"],
    ['an envelope of several', { articles: [article], total: 1 }, "@Resourceful('article', { select: 'articles' })"],
    ['an envelope of none yet', { articles: [], total: 0 }, "@Resourceful('article', { select: 'articles' })"],
    ['a page', { items: [article], meta: { page: 1 } }, "@Resourceful('article', { select: 'items' })"],
    ['a page in an envelope', { data: { items: [article] } }, "@Resourceful('article', { select: 'data.items' })"],
    ['a list in a field of any name', { favourites: [article], count: 1 }, "select: 'favourites'"],
    ['records with their count', [[article], 1], "@Resourceful('article', { select: '0' })"],
    ['a list of envelopes', [{ article }], "@Resourceful('article', { select: 'article' })"],
  ])('says so once, and what to add: %s', async (_, answer, line) => {
    @Controller('articles')
    @Resourceful('article')
    class ReadsController {
      @Get() @SubscribeOnRead() find() {
        return answer;
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [ReadsController], main: logs.open });
    const reader = await app.connect();
    for (let time = 0; time < 2; time++) await ask(reader, 'get', { url: '/articles' });
    expect(await app.channel('article').subscribers(4)).toEqual([]);
    expect(logs.naming('ReadsController.find()').warnings).toEqual([expect.stringContaining(line)]);
  });

  it.each<[string, object, unknown]>([
    ['a field that is not there', { select: 'artikel' }, { stories: 'none' }],
    ['a list of fields that are not there', { select: ['a', 'b'] }, { stories: 'none' }],
    ['a field that holds no record', { select: 'count' }, { count: 1 }],
  ])('says so where it selects %s', async (_, options, answer) => {
    @Controller('articles')
    @Resourceful('article')
    class ReadsController {
      @Get() @SubscribeOnRead(options) find() {
        return answer;
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [ReadsController], main: logs.open });
    await ask(await app.connect(), 'get', { url: '/articles' });
    expect(logs.naming('ReadsController.find()').warnings).toEqual([
      expect.stringMatching(/has no field .* which the option "select" names|is no record, and no list of records/),
    ]);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['nothing in its field', { article: null }],
    ['none of a list', { article: [] }],
  ])('says nothing where it selects %s', async (_, answer) => {
    @Controller('articles')
    @Resourceful('article', { select: 'article' })
    class ReadsController {
      @Get() @SubscribeOnRead() find() {
        return answer;
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [ReadsController], main: logs.open });
    await ask(await app.connect(), 'get', { url: '/articles' });
    expect(logs.naming('ReadsController.find()').warnings).toEqual([]);
  });

  it('shows its reader nothing by the id of the path, if it is an envelope', async () => {
    @Controller('articles')
    @Resourceful('article')
    class ReadsController {
      @Get(':id') @SubscribeOnRead({ id: 'id' }) find() {
        return { article };
      }
    }
    const logs = new Logs();
    const app = await start({ controllers: [ReadsController], main: logs.open });
    await ask(await app.connect(), 'get', { url: '/articles/4' });
    expect(await app.channel('article').subscribers(4)).toEqual([]);
    expect(logs.naming('ReadsController.find()').warnings).toEqual([expect.stringContaining(LINE)]);
  });
});
