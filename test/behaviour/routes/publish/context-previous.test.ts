import { Controller, Delete, Param, Patch, Post, Put } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnAdd,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnUpdate,
  Resourceful,
  type PublishContext,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';

const rows = new Map([
  ['first', { id: 1, slug: 'first', boardId: 7, draft: false }],
  ['second', { id: 2, slug: 'second', boardId: 8, draft: true }],
]);
const stored = ({ params }: PublishContext) => rows.get(params.slug);

describe('The record as it was, to the functions among the options', () => {
  it('says the id, the room, the slice and whether to publish, where the response shows nothing', async () => {
    @Controller('articles')
    @Resourceful('article', { slices: ['boardId'] })
    class ArticlesController {
      @Delete(':slug')
      @PublishOnDestroy({
        previous: async (context: PublishContext) => stored(context),
        id: (_answer, { previous }) => previous.id as number,
        when: (_answer, { previous }) => !previous.draft,
        to: (_answer, { previous }) => `desk:${previous.boardId}`,
        slice: { boardId: (_answer, { previous }) => previous.boardId as number },
      })
      remove() {}
    }
    const app = await start({ controllers: [ArticlesController] });
    const [reader, watcher, desk] = [await app.connect(), await app.connect(), await app.connect()];
    await app.channel('article').subscribe(reader.id, [1, 2]);
    await app.channel('article').watch(watcher.id, { boardId: 7 });
    await app.sockets.join(desk.id, 'desk:7');

    for (const slug of ['first', 'second']) await app.request('DELETE', `/articles/${slug}`);
    await app.settle();

    for (const client of [reader, watcher, desk])
      expect(client.heard('article')).toEqual([{ verb: 'destroyed', id: 1, previous: { id: 1 } }]);
  });

  it('says which record was taken out of a collection, and where it was moved from', async () => {
    @Controller('articles')
    @Resourceful('article', { idType: 'number' })
    class ArticlesController {
      @Delete(':slug/pin')
      @PublishOnRemove('pins', {
        previous: stored,
        select: (answer: object) => answer,
        id: (_answer, { previous }) => previous.boardId as number,
        child: (_answer, { previous }) => previous.id as number,
      })
      unpin() {
        return {};
      }

      @Put(':slug/pin')
      @PublishOnAdd('pins', {
        previous: stored,
        id: () => 9,
        child: (_answer, { previous }) => previous.id as number,
        movedFrom: (_id, _attribute, { previous }) => previous.boardId as number,
      })
      pin() {}
    }
    const app = await start({ controllers: [ArticlesController] });
    const watcher = await app.connect();
    await app.channel('article').watch(watcher.id);
    await app.request('DELETE', '/articles/first/pin');
    await app.request('PUT', '/articles/first/pin');
    await app.settle();
    expect(watcher.heard('article')).toEqual([
      { verb: 'removedFrom', id: 7, attribute: 'pins', removedId: 1 },
      { verb: 'addedTo', id: 9, attribute: 'pins', addedId: 1 },
      { verb: 'removedFrom', id: 7, attribute: 'pins', removedId: 1 },
    ]);
  });

  it('is that of each decorator, also where they stand on one route, and nothing where it has none', async () => {
    const seen: unknown[] = [];
    const id = (_answer: unknown, { previous }: PublishContext): number => {
      seen.push(previous);
      return 1;
    };
    @Controller('articles')
    @Resourceful('article')
    class ArticlesController {
      @Patch(':slug')
      @PublishOnUpdate({ id })
      @PublishOnUpdate('draft', { id, previous: () => ({ of: 'draft' }) })
      @PublishOnUpdate('issue', { id, previous: () => [{ of: 'issue' }] })
      @PublishOnUpdate('page', { id, previous: () => Promise.reject(new Error('no such table')) })
      @Publish('touched', { id, previous: ({ previous }) => ({ within: typeof previous }) })
      update() {
        return { ok: true };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    await app.request('PATCH', '/articles/first', {});
    await app.settle();
    expect(seen).toHaveLength(5);
    expect(seen).toEqual(
      expect.arrayContaining([undefined, { of: 'draft' }, [{ of: 'issue' }], { within: 'undefined' }]),
    );
  });

  it('is there, too, when the writer is subscribed', async () => {
    @Controller('articles')
    @Resourceful('article')
    class ArticlesController {
      @Post(':slug/touch')
      @PublishOnUpdate({ subscribe: true, previous: stored, id: (_answer, { previous }) => previous.id as number })
      touch(@Param('slug') _slug: string) {
        return { ok: true };
      }
    }
    const app = await start({ controllers: [ArticlesController] });
    const client = await app.connect();
    await client.socket.emitWithAck('post', { url: '/articles/first/touch' });
    expect(await app.channel('article').subscribers(1)).toEqual([client.id]);
  });
});
