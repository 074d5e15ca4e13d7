import { Controller, Get, Param, ParseIntPipe, Post, Req } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  InvalidResourceError,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
import { Logs } from '../../../support/logs.js';
import { ask, connectAs, receivedOf, Roles } from './support/people.js';

interface Asked {
  user?: { id: string };
}

const favorites = new Set<string>();

const articleFor = (user: Asked['user'], id: number) => ({
  id,
  favorites: favorites.size,
  favorited: favorites.has(user?.id ?? ''),
  author: { name: 'bob', following: user?.id === 'ada' },
});

class ArticleView {
  @Expose() id!: number;
  @Expose() favorites!: number;
  @Expose() favorited!: boolean;
}

function controllerOf(options: Parameters<typeof Resourceful>[1]) {
  @Controller('articles')
  @Resourceful('article', options)
  class ArticlesController {
    @Get(':id')
    @SubscribeOnRead()
    one(@Param('id', ParseIntPipe) id: number, @Req() { user }: Asked) {
      return articleFor(user, id);
    }

    @Post(':id/favorite')
    @PublishOnUpdate()
    favorite(@Param('id', ParseIntPipe) id: number, @Req() { user }: Asked) {
      favorites.add(user?.id ?? '');
      return articleFor(user, id);
    }
  }
  return ArticlesController;
}

const personal = ['favorited', 'author.following'];

async function startWith(options: Parameters<typeof Resourceful>[1], logs = new Logs()) {
  favorites.clear();
  const app = await start({
    imports: [SocketsModule.forRoot({ authenticate: Roles })],
    controllers: [controllerOf(options)],
    providers: [Roles],
    main: (nest) => {
      logs.open(nest);
      nest.useGlobalGuards(new Roles());
    },
  });
  const clients = [];
  for (const who of ['ada:user', 'ada:user', 'bob:user']) clients.push(await connectAs(app, who));
  const [ada, tab, bob] = clients;
  await ask(tab, 'get', '/articles/1');
  await ask(bob, 'get', '/articles/1');
  await ask(ada, 'post', '/articles/1/favorite');
  await app.settle();
  return { tab, bob };
}

describe('Personal fields', () => {
  it('are sent to the other sockets of their user, and to nobody else, who need not read again', async () => {
    const { tab, bob } = await startWith({ personal });

    const update = { verb: 'updated', id: 1 };
    expect(receivedOf(tab, 'article')).toEqual([
      { ...update, data: { id: 1, favorites: 1, favorited: true, author: { name: 'bob', following: true } } },
    ]);
    expect(receivedOf(bob, 'article')).toEqual([{ ...update, data: { id: 1, favorites: 1, author: { name: 'bob' } } }]);
  });

  it('are left out of views, too', async () => {
    const { tab, bob } = await startWith({ personal, view: ArticleView });

    expect(receivedOf(tab, 'article')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, favorites: 1, favorited: true } },
    ]);
    expect(receivedOf(bob, 'article')).toEqual([{ verb: 'updated', id: 1, data: { id: 1, favorites: 1 } }]);
  });

  it.each([
    ['no array', 'favorited'],
    ['an empty name', ['author.']],
    ['one of them twice', ['favorited', 'favorited']],
  ])('are paths: %s is an error at boot', async (_what, wrong) => {
    const controllers = [controllerOf({ personal: wrong as string[] })];

    await expectRefusal(
      start({ controllers }),
      InvalidResourceError,
      'INVALID_RESOURCE',
      'the option "personal" must be an array of fields, or of paths to them, each once',
    );
  });
});

describe('Fields whose value depends on who reads an unchanged record', () => {
  it('are asked about in the log, once', async () => {
    const logs = new Logs();
    await startWith({}, logs);

    expect(logs.naming('"author.following" of "article"').warnings).toEqual([
      expect.stringContaining("@Resourceful('article', { personal: ['author.following'] })"),
    ]);
    expect(logs.naming('"favorites" of "article"').warnings).toEqual([]);
  });

  it('are not asked about if they are declared', async () => {
    const logs = new Logs();
    await startWith({ personal }, logs);

    expect(logs.naming('Is it personal?').warnings).toEqual([]);
  });
});
