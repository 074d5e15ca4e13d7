import { Body, Controller, Delete, Get, Injectable, Param, ParseIntPipe, Put } from '@nestjs/common';
import { Expose, Transform } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  OnPublication,
  PublishOnAdd,
  PublishOnDestroy,
  PublishOnRemove,
  type PublisherOptions,
  Resourceful,
  SubscribeOnRead,
  type ResourceOptions,
  type View,
} from '../../../../src/index.js';
import type { StandardSchema } from '../../../../src/common/serializers/standard-schema.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { messages } from '../../../support/messages.js';
import { asRole, audience, read, startPeople } from './support/people.js';

interface Article {
  id: number;
  title: string;
  owner: { name: string };
}

class ArticleView {
  @Expose() id!: number;
  @Expose()
  @Transform(({ obj }: { obj: Article }) => obj.owner.name, { toClassOnly: true })
  by!: string;
}

/** As libraries of schemas have them: an object that must have these fields, and loses all others. */
function required(...fields: string[]): StandardSchema {
  return {
    '~standard': {
      validate(value) {
        const record = value as Record<string, unknown>;
        const missing = fields.filter((field) => record[field] === undefined);
        if (missing.length > 0) return { issues: missing };
        return { value: Object.fromEntries(fields.map((field) => [field, record[field]])) };
      },
    },
  };
}

const ofOwner = ({ id, owner }: Article) => ({ id, by: owner.name });
const schema = required('id', 'title', 'owner');
const rejecting = async (record: Article) => ofOwner(record);

const views: [kind: string, view: View, shown: object][] = [
  ['a class that reads owner.name', ArticleView, { id: 1, by: 'ada' }],
  ['a schema that requires fields', schema, { id: 1, title: 'x', owner: { name: 'ada' } }],
  ['a function that reads owner.name', ofOwner, { id: 1, by: 'ada' }],
  ['a function that rejects', rejecting, { id: 1, by: 'ada' }],
];

const stored: Article = { id: 1, title: 'x', owner: { name: 'ada' } };

const answers: [what: string, answer: unknown][] = [
  ['nothing', undefined],
  ['{ affected: 1 }', { affected: 1 }],
  ['{ article }', { article: stored }],
  ['{ deleted: true }', { deleted: true }],
  ['a part of the record', { id: 1, title: 'x' }],
  ['a text', 'gone'],
];

/** Destroys article 1, and returns what a watcher receives of articles. */
async function destroyed(
  resource: ResourceOptions,
  options: PublisherOptions,
  answer: unknown,
): Promise<{ heard: unknown[]; log: Logs }> {
  @Controller('articles')
  @Resourceful('article', resource)
  class ArticlesController {
    @Delete(':id')
    @PublishOnDestroy('article', options)
    remove(@Param('id', ParseIntPipe) _id: number) {
      return answer;
    }
  }
  const log = new Logs();
  const app = await start({ controllers: [ArticlesController], main: log.open });
  const watcher = await app.connect();
  await app.channel('article').watch(watcher.id);
  await app.request('DELETE', '/articles/1');
  await app.settle();
  return { heard: watcher.heard('article'), log };
}

describe.each(views)('A record that is gone, where the view is %s', (_kind, view, shown) => {
  it.each(answers)('is told by its id, when the route answers %s', async (_what, answer) => {
    const declared: [ResourceOptions, PublisherOptions][] = [
      [{ view }, {}],
      [{}, { view }],
    ];
    for (const [resource, options] of declared) {
      const { heard, log } = await destroyed(resource, options, answer);
      expect(heard).toEqual([{ verb: 'destroyed', id: 1 }]);
      expect(log.naming('article').errors).toEqual([]);
    }
  });

  it.each(answers)('is told with what it was, in the view of the decorator, after %s', async (_what, answer) => {
    const { heard } = await destroyed({}, { view, previous: () => stored }, answer);
    expect(heard).toEqual([{ verb: 'destroyed', id: 1, previous: shown }]);
  });
});

describe('A record that is gone', () => {
  it.each(answers)('is told with what it was in a view that names the fields, after %s', async (_what, answer) => {
    const { heard } = await destroyed({ view: schema }, { previous: () => stored }, answer);
    expect(heard).toEqual([{ verb: 'destroyed', id: 1, previous: stored }]);
  });

  it.each(answers.filter(([, answer]) => (answer as Partial<Article> | undefined)?.title === undefined))(
    'is told with the id of what it was where a function is given no more, after %s',
    async (_what, answer) => {
      for (const resource of [{ view: ofOwner }, {}]) {
        const { heard } = await destroyed(resource, { previous: () => stored }, answer);
        expect(heard).toEqual([{ verb: 'destroyed', id: 1, previous: { id: 1 } }]);
      }
    },
  );

  it.each(views)('is told without what it was if that does not fit %s, which is logged once', async (_kind, view) => {
    const previous = () => ({ id: 1 });
    const declared: [ResourceOptions, PublisherOptions][] = [
      [{ view: view === ofOwner || view === rejecting ? schema : view }, { previous }],
      [{}, { view, previous }],
    ];
    for (const [resource, options] of declared) {
      @Controller('articles')
      @Resourceful('article', resource)
      class ArticlesController {
        @Delete(':id')
        @PublishOnDestroy(options)
        remove(@Param('id', ParseIntPipe) _id: number) {}
      }
      const log = new Logs();
      const app = await start({ controllers: [ArticlesController], main: log.open });
      const watcher = await app.connect();
      await app.channel('article').watch(watcher.id);
      for (const id of [1, 2]) await app.request('DELETE', `/articles/${id}`);
      await app.settle();
      expect(watcher.heard('article')).toEqual([1, 2].map((id) => ({ verb: 'destroyed', id })));
      const { errors } = log.naming('failed on "previous"');
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain('the message goes without it');
    }
  });

  it('is told without what it was if a view makes of that what cannot be sent', async () => {
    const view = ({ id }: Article): object => ({ id, size: 1n });
    const { heard, log } = await destroyed({}, { view, previous: () => stored }, undefined);
    expect(heard).toEqual([{ verb: 'destroyed', id: 1 }]);
    expect(log.naming('"previous"').errors).toEqual([expect.stringContaining('BigInt')]);
  });

  it('is told to each audience with as much as its view can show', async () => {
    @Controller('articles')
    @Resourceful('article', { view: required('id'), views: { admin: schema }, audience })
    class ArticlesController {
      @Get() @SubscribeOnRead({ watch: true }) find(): Article[] {
        return [stored];
      }

      @Delete(':id')
      @PublishOnDestroy({ previous: () => ({ id: 1 }) })
      remove(@Param('id', ParseIntPipe) _id: number) {
        return { affected: 1 };
      }
    }
    const app = await startPeople({ controllers: [ArticlesController] });
    const [plain, admin] = [await app.connect(asRole()), await app.connect(asRole('admin', 2))];
    for (const client of [plain, admin]) await read(client, '/articles');
    await app.request('DELETE', '/articles/1');
    await app.settle();
    expect(plain.heard('article')).toEqual([{ verb: 'destroyed', id: 1, previous: { id: 1 } }]);
    expect(admin.heard('article')).toEqual([{ verb: 'destroyed', id: 1 }]);
  });

  it('leaves its slices, its subscribers and its owner, and is announced on the server, without fitting', async () => {
    const announced: unknown[] = [];
    @Injectable()
    class Listener {
      @OnPublication('article')
      on(message: unknown) {
        announced.push(message);
      }
    }
    @Controller('articles')
    @Resourceful('article', { view: schema, slices: ['boardId'], relations: { user: belongsTo('user', 'articles') } })
    class ArticlesController {
      @Delete(':id')
      @PublishOnDestroy({ previous: () => ({ id: 1, boardId: 7, user: 4 }) })
      remove(@Param('id', ParseIntPipe) _id: number) {
        return { article: stored };
      }
    }
    @Controller('users')
    @Resourceful('user', { idType: 'number' })
    class UsersController {}
    const app = await start({ controllers: [ArticlesController, UsersController], providers: [Listener] });
    const [reader, watcher, owner] = [await app.connect(), await app.connect(), await app.connect()];
    await app.channel('article').subscribe(reader.id, 1);
    await app.channel('article').watch(watcher.id, { boardId: 7 });
    await app.channel('user').subscribe(owner.id, 4);

    await app.request('DELETE', '/articles/1');
    await app.settle();

    const gone = { verb: 'destroyed', id: 1 };
    expect(reader.heard('article')).toEqual([gone]);
    expect(watcher.heard('article')).toEqual([gone]);
    expect(owner.heard('user')).toEqual([{ verb: 'removedFrom', id: 4, attribute: 'articles', removedId: 1 }]);
    expect(announced).toEqual([gone]);
    expect(await app.channel('article').subscribers(1)).toEqual([]);
  });

  it('of which code gives a part that does not fit is told without it', async () => {
    @Controller('articles')
    @Resourceful('article', { view: schema })
    class ArticlesController {}
    const app = await start({ controllers: [ArticlesController] });
    const watcher = await app.connect();
    await app.channel('article').watch(watcher.id);
    await app.channel('article').publishDestroy(1, { previous: { id: 1 } });
    await app.settle();
    expect(watcher.heard('article')).toEqual([{ verb: 'destroyed', id: 1 }]);
  });
});

describe('A record that joins or leaves a collection', () => {
  it.each(views)('is told by its id where it does not fit %s', async (_kind, view) => {
    @Controller('users')
    @Resourceful('user', { idType: 'number', relations: { articles: hasMany('article', 'user') } })
    class UsersController {
      @Put(':id/articles')
      @PublishOnAdd('articles')
      add(@Body() body: object) {
        return body;
      }

      @Put(':id/drafts')
      @PublishOnAdd('articles', { view })
      addInView(@Body() body: object) {
        return body;
      }

      @Delete(':id/articles/:articleId')
      @PublishOnRemove('articles', { view })
      remove() {
        return { affected: 1 };
      }
    }
    @Controller('articles')
    @Resourceful('article', { view, idType: 'number' })
    class ArticlesController {}
    const log = new Logs();
    const app = await start({ controllers: [UsersController, ArticlesController], main: log.open });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    for (const path of ['articles', 'drafts']) await app.request('PUT', `/users/4/${path}`, { id: 1 });
    await app.request('DELETE', '/users/4/articles/1');
    await app.settle();

    const added = { verb: 'addedTo', id: 4, attribute: 'articles', addedId: 1 };
    expect(messages(watcher)).toEqual([
      ['user', added],
      ['user', added],
      ['user', { verb: 'removedFrom', id: 4, attribute: 'articles', removedId: 1 }],
    ]);
    expect(log.naming('failed on "added"').errors).toHaveLength(2);
  });
});

describe('A function among the options of a decorator', () => {
  const title = (article: Article): string => article.title;
  it.each([
    ['when', { when: (article: Article) => title(article) === 'x' }],
    ['to', { to: async (article: Article) => title(article) }],
    ['slice.boardId', { slice: { boardId: (article: Article) => title(article) } }],
    ['id', { id: (article: Article) => title(article) as unknown as number }],
    ['select', { select: (answer: { article: Article }) => title(answer.article) }],
  ] as [string, PublisherOptions][])(
    'that fails on what a delete answers is named in the log: %s',
    async (option, options) => {
      const { heard, log } = await destroyed({ slices: ['boardId'] }, options, undefined);
      expect(heard).toEqual([]);
      const { errors } = log.naming(`The option "${option}" failed`);
      expect(errors).toEqual([expect.stringContaining('ArticlesController.remove()')]);
      expect(errors[0]).toContain('context.previous');
    },
  );
});
