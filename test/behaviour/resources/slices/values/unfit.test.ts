import { Body, Controller, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnCreate, PublishOnUpdate, Resourceful, type PublisherOptions } from '../../../../../src/index.js';
import { start } from '../../../../support/application.js';
import { Logs } from '../../../../support/logs.js';
import { heard } from '../support/cards.js';

/** What the log says of a new article, which the watchers of a slice may not hear of. */
async function warningOf(field: string, record: object, options: PublisherOptions = {}): Promise<string> {
  @Controller('articles')
  @Resourceful('article', { slices: [field] })
  class ArticlesController {
    @Post()
    @PublishOnCreate(options)
    create(@Body() body: object) {
      return body;
    }
  }
  const log = new Logs();
  const app = await start({ controllers: [ArticlesController], main: log.open });
  await app.request('POST', '/articles', record);
  await app.settle();
  return log.naming('ArticlesController.create()').warnings.join('\n');
}

describe('the log says what a record holds where the value of a slice was expected, and what to write', () => {
  const told: Array<[field: string, record: object, words: string[]]> = [
    [
      'author',
      { author: { username: 'ada', id: 7 } },
      [`its "author" is an object`, `'author.id' or 'author.username'`],
    ],
    ['author', { author: { name: { first: 'ada' } } }, [`its "author" is an object`]],
    ['tags', { tags: [{ name: 'a' }] }, [`its "tags" is a list of objects`, `'tags.name'`]],
    ['author.username', { author: 'ada' }, [`its "author" is a string, which has no "username"`, `slices: ['author']`]],
    ['author.username', { author: { id: 7 } }, [`its "author" has no "username"`, `'author.id'`]],
    ['author.company.id', { author: { company: {} } }, [`its "author.company" has no "id"`]],
    ['authorId', { author: { id: 7 } }, [`it shows "author.id" instead`, `slices: ['author.id']`]],
    ['author_id', { author: 7 }, [`it shows "author" instead`]],
    ['author.id', { authorId: 7 }, [`it shows "authorId" instead`]],
    ['username', { id: 1, author: { username: 'ada' } }, [`is in "author"`, `slices: ['author.username']`]],
  ];
  it.each(told)('%s of %j', async (field, record, words) => {
    const warning = await warningOf(field, { id: 1, ...record });
    expect(warning).toContain('@PublishOnCreate() on ArticlesController.create()');
    for (const part of words) expect(warning).toContain(part);
    expect(warning).toContain(`{ slice: { ${field.includes('.') ? `'${field}'` : field}: (record, context) => … } }`);
    expect(warning).not.toMatch(/ada\b/);
  });

  it('nothing where it holds a value, none, or a function says it', async () => {
    expect(await warningOf('author.username', { id: 1, author: { username: 'ada' } })).toBe('');
    expect(await warningOf('author.username', { id: 1, author: null })).toBe('');
    expect(await warningOf('tags', { id: 1, tags: [] })).toBe('');
    const slice = { author: () => 7 };
    expect(await warningOf('author', { id: 1, author: { id: 7 } }, { slice })).toBe('');
  });

  it('of a number that is none, which code has published', async () => {
    @Controller('articles')
    @Resourceful('article', { slices: ['price'] })
    class ArticlesController {}
    const log = new Logs();
    const app = await start({ controllers: [ArticlesController], main: log.open });
    await app.channel('article').publishCreate({ id: 1, price: Number.NaN });
    expect(log.naming('publishCreate').warnings.join()).toContain('its "price" is the number NaN');
  });

  it('of a change, too, after which the record is taken to be where it was', async () => {
    @Controller('articles')
    @Resourceful('article', { slices: ['author'], idType: 'number' })
    class ArticlesController {
      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number) {
        return { id, author: { id: 8, name: 'bob' } };
      }
    }
    const log = new Logs();
    const app = await start({ controllers: [ArticlesController], main: log.open });
    const seven = await app.connect();
    await app.channel('article').watch(seven.id, { author: 7 });
    await app.channel('article').publishCreate({ id: 1, author: 7 });

    for (let turn = 0; turn < 2; turn++) await app.request('PATCH', '/articles/1', {});
    await app.settle();

    expect(heard(seven, 'article')).toEqual(['created 1', 'updated 1', 'updated 1']);
    const { warnings } = log.naming('ArticlesController.update()');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /not known which author .* has.*its "author" is an object.*'author\.id' or 'author\.name'/,
    );
  });
});
