import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Injectable,
  Param,
  ParseArrayPipe,
  ParseIntPipe,
  Query,
  type Type,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  Unsubscribe,
  type PublishContext,
  type RequestedTarget,
  type ResourceOptions,
  type SubscribeOnReadOptions,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';
import { Logs } from '../../../../support/logs.js';
import { subscriptions } from '../../../routes/support/subscriptions.js';
import { client as connectClient, reaches } from '../../../client/support/client.js';
import { heard, read } from '../support/cards.js';

/** Whom the reader follows. */
@Injectable()
class Follows {
  ids: unknown = [7, 8];
}

const followed = (context: PublishContext): unknown => context.get(Follows).ids;

function feed(resource: ResourceOptions = {}, options: SubscribeOnReadOptions = {}): Type {
  @Controller('articles')
  @Resourceful('article', { slices: ['authorId', ['tenantId', 'authorId']], idType: 'number', ...resource })
  class ArticlesController {
    @Get('feed')
    @SubscribeOnRead({ watch: true, slice: { authorId: async (context) => followed(context) }, ...options })
    find() {
      return [
        { id: 1, authorId: 7 },
        { id: 3, authorId: 9 },
      ];
    }

    @Delete('feed/:authorId')
    @HttpCode(204)
    @Unsubscribe({ watch: true })
    unfollow(@Param('authorId', ParseIntPipe) _authorId: number) {}
  }
  return ArticlesController;
}

interface Reader {
  app: TestApplication;
  client: TestClient;
  log: Logs;
  follows: Follows;
}

async function reader(controller: Type, imports = [SocketsModule.forRoot()]): Promise<Reader> {
  const log = new Logs();
  const app = await start({ controllers: [controller], providers: [Follows], imports, main: log.open });
  return { app, client: await app.connect(), log, follows: app.get(Follows) };
}

describe('a function that names several slices', () => {
  it('lets the reader hear of each, and of records outside of them only what was read', async () => {
    const { app, client } = await reader(feed());
    await read(client, '/articles/feed');
    expect(await subscriptions(app, client)).toEqual(['article/3', 'article@authorId=7', 'article@authorId=8']);

    const articles = app.channel('article');
    await articles.publishCreate({ id: 4, authorId: 8 });
    await articles.publishUpdate(1, { authorId: 9 });
    await articles.publishCreate({ id: 5, authorId: 9 });
    await app.settle();
    expect(heard(client, 'article')).toEqual(['created 4', 'left 1']);
  });

  it('that are the same, or no value among others, counts each once', async () => {
    const { app, client, follows } = await reader(feed());
    follows.ids = [7, '7', null, undefined, ''];
    await read(client, '/articles/feed');
    expect(await subscriptions(app, client)).toEqual(['article/3', 'article@authorId=7']);
  });

  it('that are none is no mistake, and one that is not said is', async () => {
    const { app, client, follows, log } = await reader(feed());
    follows.ids = [];
    await read(client, '/articles/feed');
    expect(await subscriptions(app, client)).toEqual(['article/1', 'article/3']);
    expect(log.naming('ArticlesController.find()').warnings).toEqual([]);

    follows.ids = undefined;
    await read(client, '/articles/feed');
    expect(log.naming('ArticlesController.find()').warnings.join()).toContain('the request names no slice');
  });

  it('together with another field is every combination', async () => {
    const slice = { tenantId: () => ['t', 'u'], authorId: followed };
    const { app, client } = await reader(feed({}, { slice }));
    await read(client, '/articles/feed');
    expect(await subscriptions(app, client)).toEqual([
      'article/3',
      'article@tenantId=t&authorId=7',
      'article@tenantId=t&authorId=8',
      'article@tenantId=u&authorId=7',
      'article@tenantId=u&authorId=8',
    ]);
  });

  it('that changed is heard of after reading again; what was dropped ends by @Unsubscribe', async () => {
    const { app, client, follows } = await reader(feed());
    await read(client, '/articles/feed');
    follows.ids = [8, 10];
    await read(client, '/articles/feed');
    const all = ['article@authorId=10', 'article@authorId=7', 'article@authorId=8'];
    expect((await subscriptions(app, client)).slice(-3)).toEqual(all);

    await read(client, '/articles/feed/7', 'delete');
    expect((await subscriptions(app, client)).slice(-2)).toEqual(['article@authorId=10', 'article@authorId=8']);
  });

  it('is asked about one by one by a policy, and each that is refused is told', async () => {
    const asked: unknown[] = [];
    const authorize = {
      canSubscribe: (_user: unknown, { slice }: RequestedTarget) => {
        if (slice) asked.push(slice);
        return slice?.authorId !== 8;
      },
    };
    const { app, client } = await reader(feed({ authorize }));
    await read(client, '/articles/feed');
    await client.next('revoked');
    expect(asked).toEqual([{ authorId: 7 }, { authorId: 8 }]);
    expect(client.heard('revoked')).toEqual([{ resource: 'article', slice: { authorId: 8 } }]);
    expect(await subscriptions(app, client)).toEqual(['article/3', 'article@authorId=7']);
  });

  it('is rechecked one by one, and what it no longer names ends', async () => {
    const { app, client, follows } = await reader(feed({}, { recheck: 20 }));
    await read(client, '/articles/feed');
    follows.ids = [8];
    await client.next('revoked');
    expect(client.heard('revoked')).toContainEqual({ resource: 'article', slice: { authorId: 7 } });
    expect((await subscriptions(app, client)).filter((room) => room.includes('@'))).toEqual(['article@authorId=8']);
  });

  it('counts against the limit of subscriptions', async () => {
    const { app, client, follows } = await reader(feed(), [SocketsModule.forRoot({ maxSubscriptions: 3 })]);
    follows.ids = [1, 2, 3, 4];
    await read(client, '/articles/feed');
    await client.next('revoked');
    expect(client.heard('revoked')).toContainEqual({
      resource: 'article',
      slice: { authorId: 4 },
      code: 'LIMIT_EXCEEDED',
    });
    expect(await subscriptions(app, client)).toEqual([]);
  });
});

describe('a query parameter that is given several times', () => {
  class Filter {
    @Reflect.metadata('design:type', Array)
    tag?: string[];
  }

  @Controller('articles')
  @Resourceful('article', { slices: ['tagList'] })
  class ArticlesController {
    @Get('typed')
    @SubscribeOnRead({ watch: true, slice: { tagList: 'tag' } })
    typed(@Query('tag') _tags: string[]) {
      return [];
    }

    @Get('piped')
    @SubscribeOnRead({ watch: true, slice: { tagList: 'tag' } })
    piped(@Query('tag', new ParseArrayPipe({ items: String, optional: true })) _tags?: unknown) {
      return [];
    }

    @Get('whole')
    @SubscribeOnRead({ watch: true, slice: { tagList: 'tag' } })
    whole(@Query() _filter: Filter) {
      return [];
    }

    @Get('single')
    @SubscribeOnRead({ watch: true, slice: { tagList: 'tag' } })
    single(@Query('tag') _tag: string) {
      return [];
    }
  }

  it.each(['typed?tag=a&tag=b&tag=', 'piped?tag=a,b', 'whole?tag=a&tag=b'])('is several slices: %s', async (url) => {
    const { app, client } = await reader(ArticlesController);
    await read(client, `/articles/${url}`);
    expect(await subscriptions(app, client)).toEqual(['article@tagList=a', 'article@tagList=b']);
  });

  it('names none where the handler expects one value, and the log says how to expect several', async () => {
    const { app, client, log } = await reader(ArticlesController);
    await read(client, '/articles/single?tag=a&tag=b');
    expect(await subscriptions(app, client)).toEqual([]);
    expect(log.naming('ArticlesController.single()').warnings.join()).toContain('such as tag: string[]');
  });
});

describe('one of several slices that are watched', () => {
  it('is ended by the client, by the event alone; the others remain', async () => {
    const { app, client } = await reader(feed());
    await read(client, '/articles/feed');
    const send = (message: object): Promise<{ statusCode: number }> =>
      client.socket.emitWithAck('sockets:unsubscribe', message) as Promise<{ statusCode: number }>;

    expect(await send({ resource: 'article', slice: { authorId: '7' } })).toMatchObject({ statusCode: 204 });
    expect(await subscriptions(app, client)).toEqual(['article/3', 'article@authorId=8']);
    for (const wrong of [
      { slice: {} },
      { slice: { id: 7 } },
      { slice: 7 },
      { slice: null },
      { slice: { authorId: [8] } },
    ])
      expect(await send({ resource: 'article', ...wrong })).toMatchObject({ statusCode: 400 });
    expect(await send({ resource: 'article', ids: [3], slice: { authorId: 8 } })).toMatchObject({ statusCode: 400 });
    expect(await subscriptions(app, client)).toEqual(['article/3', 'article@authorId=8']);
  });

  it('is ended by `unsubscribe`, and no repetition of the read brings it back, until it is read anew', async () => {
    const { app } = await reader(feed());
    const sockets = connectClient(app.url);
    const repeated: unknown[] = [];
    const readFeed = () =>
      sockets.get('/articles/feed', undefined, { repeat: (one) => repeated.push(one.response?.body) });
    const watched = async (): Promise<string[]> => {
      const rooms = await app.sockets.socketRooms(sockets.id ?? '');
      return rooms.filter((room) => room.includes('@')).toSorted();
    };
    const reconnect = async (): Promise<void> => {
      const before = repeated.length;
      const isBack = reaches(sockets, 'reconnecting').then(() => reaches(sockets, 'connected'));
      sockets.socket.io.engine.close();
      await isBack;
      await expect.poll(() => repeated.length).toBeGreaterThan(before);
    };
    await readFeed();

    await sockets.unsubscribe('article', { authorId: 7 });
    expect(await watched()).toEqual(['resource:article@authorId=8']);
    await reconnect();
    expect(await watched()).toEqual(['resource:article@authorId=8']);

    await readFeed();
    expect(await watched()).toEqual(['resource:article@authorId=7', 'resource:article@authorId=8']);
    await expect(sockets.unsubscribe('article', {})).rejects.toThrow('the slice must be an object of values by field');
    await expect(sockets.unsubscribe('article', { autorId: 7 })).rejects.toThrow('exactly the fields');
  });
});
