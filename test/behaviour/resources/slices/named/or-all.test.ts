import {
  Controller,
  Get,
  Param,
  Query,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  InvalidSubscriberError,
  Resourceful,
  SubscribeOnRead,
  type ResourceOptions,
  type SubscribeOnReadOptions,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';
import { Logs } from '../../../../support/logs.js';
import { expectRefusal } from '../../../../support/refusal.js';
import { subscriptions } from '../../../routes/support/subscriptions.js';
import { heard, read } from '../support/cards.js';

const SLICES = ['author.username', 'tagList', ['author.username', 'tagList']];
const OPTION = { 'author.username': 'author', tagList: 'tag' };

function listing(
  slices: ResourceOptions['slices'],
  options: SubscribeOnReadOptions,
  ...others: ClassDecorator[]
): Type {
  @Controller('articles')
  @Resourceful('article', { slices })
  class ArticlesController {
    @Get()
    @SubscribeOnRead({ watch: 'all', ...options })
    find(@Query('author') author?: string, @Query('tag') tag?: string) {
      return [{ id: 1, author: { username: author ?? 'ada' }, tagList: [tag ?? 'x'] }];
    }
  }
  for (const decorate of others) decorate(ArticlesController);
  return ArticlesController;
}

async function readerOf(controller: Type): Promise<{ app: TestApplication; client: TestClient; log: Logs }> {
  const log = new Logs();
  const app = await start({ controllers: [controller], main: log.open });
  return { app, client: await app.connect(), log };
}

describe('a list that is filtered by a query, or else is all there is', () => {
  it.each([
    ['', ['article', 'article/1']],
    ['?author=', ['article', 'article/1']],
    ['?author=&tag=', ['article', 'article/1']],
    ['?page=2', ['article', 'article/1']],
    ['?author=ada', ['article@author.username=ada']],
    ['?author=&tag=x', ['article@tagList=x']],
    ['?author=ada&tag=x', ['article@author.username=ada&tagList=x']],
    ['?tag=x&tag=y', ['article@tagList=x', 'article@tagList=y']],
    ['?author=ada&author=', ['article@author.username=ada']],
  ])('is watched as the query %s says', async (query, rooms) => {
    const { app, client, log } = await readerOf(listing(SLICES, { slice: OPTION }));
    await read(client, `/articles${query}`);
    const watched = await subscriptions(app, client);
    // Where several are named, the record of this answer may be in none of them.
    expect(watched.filter((room) => rooms.includes('article') || room.includes('@'))).toEqual(rooms);
    expect(log.naming('ArticlesController').warnings).toEqual([]);
  });

  it('tells each reader what its own list would show', async () => {
    const { app, client: all } = await readerOf(listing(SLICES, { slice: OPTION }));
    const ada = await app.connect();
    await read(all, '/articles');
    await read(ada, '/articles?author=ada');

    const articles = app.channel('article');
    await articles.publishCreate({ id: 2, author: { username: 'ada' }, tagList: [] });
    await articles.publishCreate({ id: 3, author: { username: 'bob' }, tagList: [] });
    await articles.publishUpdate(2, { author: { username: 'bob' } });
    await app.settle();
    expect(heard(all, 'article')).toEqual(['created 2', 'created 3', 'updated 2']);
    expect(heard(ada, 'article')).toEqual(['created 2', 'left 2']);
  });

  it('is not watched by two filters that are no slice together, and the log says so', async () => {
    const { app, client, log } = await readerOf(listing(SLICES.slice(0, 2), { slice: OPTION }));
    await read(client, '/articles?author=ada&tag=x');
    expect(await subscriptions(app, client)).toEqual(['article/1']);
    expect(log.naming('names more than one slice').warnings.join()).toContain('declare a slice of the fields together');
  });

  it('may be named by a function, which names none, one or several', async () => {
    const slice = { tagList: ({ query }: { query: { t?: string } }) => query.t?.split(',') };
    const { app, client } = await readerOf(listing(['tagList'], { slice }));
    await read(client, '/articles?t=a,b');
    expect((await subscriptions(app, client)).slice(-2)).toEqual(['article@tagList=a', 'article@tagList=b']);
    await read(client, '/articles');
    expect(await subscriptions(app, client)).toContain('article');
  });

  it('is watched from a cache as far as it is certain which list it is', async () => {
    const cached = new Map<string, unknown>();
    class Cache implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler) {
        const { url } = context.switchToHttp().getRequest<{ url: string }>();
        return cached.has(url) ? of(cached.get(url)) : next.handle().pipe(tap((answer) => cached.set(url, answer)));
      }
    }
    const { app } = await readerOf(listing(SLICES, { slice: OPTION }, UseInterceptors(Cache)));
    for (const [query, room] of [
      ['?author=ada', 'article@author.username=ada'],
      ['?author=', 'article'],
    ]) {
      for (let turn = 0; turn < 2; turn++) {
        const client = await app.connect();
        await read(client, `/articles${query}`);
        expect((await subscriptions(app, client)).filter((one) => !one.includes('/'))).toEqual([room]);
      }
    }
  });

  it.each([
    [
      'a query that the route does not have',
      listing(['tagList'], { slice: { tagList: 'label' } }),
      'no parameter "label"',
    ],
    [
      'a field by which there is no slice',
      listing(['tagList'], { slice: { author: 'author' } }),
      'names "author", by which',
    ],
    ['slices of a resource that has none', listing(undefined, { slice: { tagList: 'tag' } }), '"article" has none'],
  ])('is refused at boot for %s', async (_what, controller, words) => {
    await expectRefusal(start({ controllers: [controller] }), InvalidSubscriberError, 'INVALID_SUBSCRIBER', words);
  });

  it('is refused at boot where the path names the slice of every request', async () => {
    @Controller('tags/:tag/articles')
    @Resourceful('article', { slices: ['tagList'] })
    class TagController {
      @Get()
      @SubscribeOnRead({ watch: 'all', slice: { tagList: 'tag' } })
      find(@Param('tag') _tag: string) {
        return [];
      }
    }
    const booted = start({ controllers: [TagController] });
    await expectRefusal(booted, InvalidSubscriberError, 'INVALID_SUBSCRIBER', 'the path always names tagList');
  });
});
