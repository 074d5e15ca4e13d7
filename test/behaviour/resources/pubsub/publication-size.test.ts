import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  hasMany,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { listenTo, type Logs } from '../../../support/logs.js';

interface Page {
  id: number;
  board?: number;
  title?: string;
  text?: string;
}

const LARGE = 'é'.repeat(40_000);
const SMALL = 'é'.repeat(100);

@Controller('pages')
@Resourceful('page', { relations: { comments: hasMany('comment', 'page') }, slices: ['board'], verbs: ['printed'] })
class PagesController {
  @Get()
  @SubscribeOnRead({ watch: 'all' })
  find(): Page[] {
    return [{ id: 1 }];
  }

  @Post()
  @PublishOnCreate()
  create(@Body() page: Page): Page {
    return page;
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() page: Page): Page {
    return { ...page, id };
  }

  @Delete(':id')
  @PublishOnDestroy({ previous: () => ({ id: 1, text: LARGE }) })
  remove(@Param('id', ParseIntPipe) id: number): Page {
    return { id, text: LARGE };
  }
}

@Controller('boards/:board/pages')
@Resourceful('page')
class BoardPagesController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(@Param('board', ParseIntPipe) board: number): Page[] {
    return [{ id: 1, board }];
  }
}

@Controller('comments')
@Resourceful('comment')
class CommentsController {}

async function open(
  options: ApplicationOptions = {},
): Promise<{ app: TestApplication; reader: TestClient; logs: Logs }> {
  let logs: Logs | undefined;
  const controllers = [PagesController, BoardPagesController, CommentsController];
  const app = await start({ controllers, ...options, main: (nest) => (logs = listenTo(nest)) });
  const reader = await app.connect();
  await reader.socket.emitWithAck('get', { url: '/pages' });
  return { app, reader, logs: logs as unknown as Logs };
}

/** What a client was sent of pages: each message, and whether there is more of it to read. */
function told(client: TestClient): unknown[] {
  return client.received
    .filter(([event]) => event === 'page')
    .map(([, message, note]) => [message, (note as { more?: true }).more]);
}

describe('A publication that is larger than limits.maxPublication', () => {
  it('of a route is an update with the id and nothing else, and says that there is more', async () => {
    const { app, reader } = await open();

    await app.request('POST', '/pages', { id: 2, text: LARGE });
    await app.request('PATCH', '/pages/1', { title: 'small' });
    await app.request('PATCH', '/pages/1', { title: 'large', text: LARGE });
    await app.request('DELETE', '/pages/1');
    await app.settle();

    expect(told(reader)).toEqual([
      [{ verb: 'updated', id: 2, data: { id: 2 } }, true],
      [{ verb: 'updated', id: 1, data: { id: 1, title: 'small' } }, undefined],
      [{ verb: 'updated', id: 1, data: { id: 1 } }, true],
      [{ verb: 'destroyed', id: 1 }, undefined],
    ]);
    expect(app.sockets.metrics().refused.publicationSize).toBe(3);
  });

  it('from code is the same', async () => {
    const { app, reader } = await open();
    const pages = app.channel<Page & { comments: unknown[] }>('page');

    await pages.publishCreate({ id: 2, text: LARGE, comments: [] });
    await pages.publishUpdate(1, { title: 'small' }, { previous: { text: LARGE } });
    await pages.publishAdd(1, 'comments', { id: 7, text: LARGE });
    await pages.publishRemove(1, 'comments', 7);
    await pages.publishDestroy(1, { previous: { text: LARGE } });
    await app.settle();

    expect(told(reader)).toEqual([
      [{ verb: 'updated', id: 2, data: { id: 2 } }, true],
      [{ verb: 'updated', id: 1, data: { id: 1 } }, true],
      [{ verb: 'addedTo', id: 1, attribute: 'comments', addedId: 7 }, true],
      [{ verb: 'removedFrom', id: 1, attribute: 'comments', removedId: 7 }, undefined],
      [{ verb: 'destroyed', id: 1 }, undefined],
    ]);
  });

  it('still tells who watches a slice that the record has entered or left', async () => {
    const { app } = await open();
    const [one, two] = [await app.connect(), await app.connect()];
    await one.socket.emitWithAck('get', { url: '/boards/1/pages' });
    await two.socket.emitWithAck('get', { url: '/boards/2/pages' });

    await app.channel<Page>('page').publishUpdate(1, { board: 1, text: SMALL });
    await app.channel<Page>('page').publishUpdate(1, { board: 2, text: LARGE });
    await app.settle();

    expect(told(one).at(-1)).toEqual([{ verb: 'left', id: 1 }, undefined]);
    expect(told(two).at(-1)).toEqual([{ verb: 'entered', id: 1, data: { id: 1 } }, true]);
  });

  it('is logged once for each resource, with what to do', async () => {
    const { app, logs } = await open();

    for (let n = 0; n < 3; n++) await app.channel<Page>('page').publishUpdate(1, { text: LARGE });

    const { warnings } = logs.naming('limits.maxPublication');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/publishUpdate.*"page" has 800\d\d bytes.*65536.*Give "page" a view/s);
    expect(warnings[0]).not.toContain('é');
  });

  it('counts bytes, and as many as the option says are not too many', async () => {
    const message = { verb: 'updated', id: 1, data: { text: SMALL } };
    const maxPublication = Buffer.byteLength(JSON.stringify(message));
    const { app, reader } = await open({ imports: [SocketsModule.forRoot({ limits: { maxPublication } })] });

    await app.channel<Page>('page').publishUpdate(1, { text: SMALL });
    await app.channel<Page>('page').publishUpdate(1, { text: `${SMALL}e` });
    await app.settle();

    expect(told(reader)).toEqual([
      [message, undefined],
      [{ verb: 'updated', id: 1, data: { id: 1 } }, true],
    ]);
  });

  it('is sent to those whose view is small enough', async () => {
    const { app, reader } = await open({
      imports: [
        SocketsModule.forRoot({
          authenticate: ({ auth }) => ({ id: 1, role: auth.role as unknown }),
          resources: {
            page: {
              view: (page) => ({ id: (page as Page).id, title: (page as Page).title }),
              views: { editor: (page: unknown) => page },
              audience: (user) => (user as { role?: string }).role,
            },
          },
        }),
      ],
    });
    const editor = await app.connect({ auth: { role: 'editor' } });
    await editor.socket.emitWithAck('get', { url: '/pages' });

    await app.channel<Page>('page').publishUpdate(1, { title: 'large', text: LARGE });
    await app.settle();

    expect(told(reader)).toEqual([[{ verb: 'updated', id: 1, data: { title: 'large' } }, undefined]]);
    expect(told(editor)).toEqual([[{ verb: 'updated', id: 1, data: { id: 1 } }, true]]);
  });
});

describe("The application's own messages", () => {
  it('may be of any size', async () => {
    const { app, reader } = await open();
    const pages = app.channel('page');

    await pages.message(1, { text: LARGE });
    await pages.publish(1, { text: LARGE });
    await app.sockets.blast('news', { text: LARGE });
    await app.settle();

    expect(reader.heard('page')).toEqual([{ verb: 'messaged', id: 1, data: { text: LARGE } }, { text: LARGE }]);
    expect(reader.heard('news')).toEqual([{ text: LARGE }]);
    expect(app.sockets.metrics().refused.publicationSize).toBe(0);
  });
});
