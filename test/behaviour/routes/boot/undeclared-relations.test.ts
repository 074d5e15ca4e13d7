import { Body, Controller, Delete, Post, Put, type Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  PublishOnAdd,
  PublishOnRemove,
  PublishOnReplace,
  Resourceful,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';

@Controller('comments')
@Resourceful('comment')
class CommentsController {}

const line = "@Resourceful('article', { relations: { comments: hasMany('comment', 'article') } })";

function articlesWith(options: ResourceOptions = {}): Type {
  @Controller('articles')
  @Resourceful('article', options)
  class ArticlesController {
    @Post(':id/comments')
    @PublishOnAdd('comments')
    add(@Body() body: object) {
      return body;
    }

    @Delete(':id/comments/:commentId')
    @PublishOnRemove('comments')
    remove() {}

    @Put(':id/comments')
    @PublishOnReplace('comments')
    replace(@Body() body: object) {
      return body;
    }
  }
  return ArticlesController;
}

async function startLogged(...controllers: Type[]) {
  const log = new Logs();
  const app = await start({ controllers, main: log.open });
  const watcher = await app.connect();
  await app.channel('article').watch(watcher.id);
  return { app, watcher, warnings: () => log.naming('no relation').warnings, log };
}

describe('A collection that no relation declares', () => {
  it('is told at boot, once, with the line to add; ids are published as they are', async () => {
    const { app, watcher, warnings, log } = await startLogged(articlesWith(), CommentsController);
    const [warning] = warnings();
    expect(warnings()).toHaveLength(1);
    for (const method of ['add', 'remove', 'replace']) expect(warning).toContain(`ArticlesController.${method}()`);
    expect(warning).toContain(line);

    await app.request('POST', '/articles/4/comments', { id: 1 });
    await app.request('DELETE', '/articles/4/comments/c-1');
    await app.settle();
    expect(watcher.heard('article')).toMatchObject([{ addedId: 1 }, { removedId: 'c-1' }]);

    for (let time = 0; time < 2; time++) await app.request('POST', '/articles/4/comments', { body: 'no id' });
    await app.settle();
    const lines = log.naming('has no id in the field "id"').warnings;
    expect(lines).toEqual([expect.stringContaining('ArticlesController.add(): nothing was published')]);
    expect(lines[0]).toContain('{ child: ');
    expect(log.errors).toEqual([]);
  });

  it('says, too, where nobody declares the resource of what is in it', async () => {
    const { warnings } = await startLogged(articlesWith());
    expect(warnings()).toEqual([expect.stringContaining(line)]);
    expect(warnings()[0]).toContain("@Resourceful('comment') on its controller");
    expect(warnings()[0]).toContain('SocketsModule.forRoot({ resources: { "comment": {} } })');
  });

  it('is named with the one that was probably meant', async () => {
    const { warnings } = await startLogged(
      articlesWith({ relations: { coments: hasMany('comment', 'article') } }),
      CommentsController,
    );
    expect(warnings()).toEqual([expect.stringContaining('Did you mean "coments"?')]);
  });

  it('is no mistake if it is declared on either side, or nobody else is to be told', async () => {
    @Controller('comments')
    @Resourceful('comment', { relations: { article: belongsTo('article', 'comments') } })
    class RelatedController {}
    @Controller('tagged')
    @Resourceful('article')
    class TaggedController {
      @Put(':id/tags/:tag')
      @PublishOnAdd('tags', { noReverse: true })
      add() {}
    }
    const { warnings } = await startLogged(articlesWith(), RelatedController, TaggedController);
    expect(warnings()).toEqual([]);
  });

  it('is named once where code publishes it', async () => {
    @Controller('articles')
    @Resourceful('article', { relations: { comments: hasMany('comment', 'article') } })
    class ArticlesController {}
    const { app, watcher, warnings } = await startLogged(ArticlesController, CommentsController);
    const articles = app.channel<{ id: number; comments: number[]; commments: number[] }>('article');
    await articles.publishAdd(4, 'comments', 1);
    expect(warnings()).toEqual([]);
    for (const id of [1, 2]) await articles.publishAdd(4, 'commments', id);
    await articles.publishRemove(4, 'commments', 2);
    await articles.publishRemove(4, 'commments', 2, { noReverse: true });
    await app.settle();
    expect(watcher.heard('article')).toHaveLength(5);
    expect(warnings()).toEqual([expect.stringMatching(/article\.publishAdd: .*Did you mean "comments"\?/)]);
  });

  it.each([
    ['boxes', 'box'],
    ['categories', 'category'],
    ['address', 'address'],
    ['tag-names', 'tag-name'],
  ])('guesses of what it consists: %s of %s', async (attribute, resource) => {
    @Controller('articles')
    @Resourceful('article')
    class ArticlesController {
      @Put(':id/things/:thing')
      @PublishOnAdd(attribute)
      add() {}
    }
    const { warnings } = await startLogged(ArticlesController);
    expect(warnings()).toEqual([expect.stringContaining(`hasMany('${resource}', 'article')`)]);
  });

  it('that names a resource nobody declares is refused at boot', async () => {
    const related = articlesWith({ relations: { comments: hasMany('coment', 'article') } });
    await expect(start({ controllers: [related, CommentsController] })).rejects.toThrow('Did you mean "comment"?');
  });
});
