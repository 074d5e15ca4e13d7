import { Body, Controller, Get, Param, ParseArrayPipe, Patch, Post, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnCreate, PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../../src/index.js';
import { start } from '../../../../support/application.js';
import { subscriptions } from '../../../routes/support/subscriptions.js';
import { heard, read } from '../support/cards.js';

describe('what clients send', () => {
  it('is no path, in the name of a field, where the record holds a value at the path', async () => {
    @Controller('articles')
    @Resourceful('article', { slices: ['author.username'], idType: 'number' })
    class ArticlesController {
      @Get()
      @SubscribeOnRead({ watch: true, slice: { 'author.username': 'author' } })
      find(@Query('author') _author: string) {
        return [];
      }

      @Post()
      @PublishOnCreate()
      create(@Body() article: object) {
        return { ...article, author: { username: 'eve' } };
      }

      @Patch(':id')
      @PublishOnUpdate({ previous: ({ body }) => body })
      update(@Body() article: object) {
        return { ...article, author: { username: 'eve' } };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    const [ada, eve] = [await app.connect(), await app.connect()];
    await read(ada, '/articles?author=ada');
    await read(eve, '/articles?author=eve');
    await app.request('POST', '/articles', { id: 1, 'author.username': 'ada' });
    await app.request('PATCH', '/articles/1', { id: 1, 'author.username': 'ada', author: { username: 'eve' } });
    await app.settle();
    expect(heard(ada, 'article')).toEqual([]);
    expect(heard(eve, 'article')).toEqual(['created 1', 'updated 1']);
  });

  it('is several slices where a pipe makes a list of a path parameter', async () => {
    @Controller('tags')
    @Resourceful('article', { slices: ['tagList'], idType: 'number' })
    class TagsController {
      @Get(':tags/articles')
      @SubscribeOnRead({ watch: true, slice: { tagList: 'tags' } })
      find(@Param('tags', ParseArrayPipe) _tags: string[]) {
        return [];
      }
    }
    const app = await start({ controllers: [TagsController] });
    const client = await app.connect();
    await read(client, '/tags/a,b/articles');
    expect(await subscriptions(app, client)).toEqual(['article@tagList=a', 'article@tagList=b']);
  });
});
