import { Body, Controller, Delete, Get, Injectable, Param, ParseIntPipe, Patch, Post, Query } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  type PublishContext,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';
import { withCluster } from '../../../../support/cluster.js';
import { read } from '../support/cards.js';

const startCluster = withCluster();

interface Article {
  id: number;
  author: { username: string } | null;
  tagList: string[];
  title: string;
}

type Changes = Partial<Omit<Article, 'id'>>;

/** The articles of both servers. */
@Injectable()
class Articles {
  readonly rows = new Map<number, Article>();

  find(id: number): Article | undefined {
    return this.rows.get(id);
  }
}

const asItWas = ({ get, params }: PublishContext): unknown => get(Articles).find(Number(params.id));

/** @param previous whether the routes read the record as it was, so that nothing has to be remembered */
function controller(previous: boolean) {
  const change = previous ? { previous: asItWas } : {};

  @Controller('articles')
  @Resourceful('article', {
    slices: ['author.username', 'tagList', ['author.username', 'tagList']],
    idType: 'number',
  })
  class ArticlesController {
    constructor(private readonly articles: Articles) {}

    @Get()
    @SubscribeOnRead({ watch: 'all', slice: { 'author.username': 'author', tagList: 'tag' } })
    find(@Query('author') _author?: string, @Query('tag') _tag?: string | string[]) {
      return [];
    }

    @Post()
    @PublishOnCreate()
    create(@Body() article: Article) {
      this.articles.rows.set(article.id, article);
      return article;
    }

    @Patch(':id')
    @PublishOnUpdate(change)
    update(@Param('id', ParseIntPipe) id: number, @Body() changes: Changes) {
      const article = this.articles.find(id);
      if (article) this.articles.rows.set(id, { ...article, ...changes });
      return { id, ...changes };
    }

    @Delete(':id')
    @PublishOnDestroy(change)
    remove(@Param('id', ParseIntPipe) id: number) {
      this.articles.rows.delete(id);
    }
  }
  return ArticlesController;
}

/** What each reader asks for, and which articles a database would answer. */
const LISTS: ReadonlyArray<[query: string, isIn: (article: Article) => boolean]> = [
  ['', () => true],
  ['?author=ada', ({ author }) => author?.username === 'ada'],
  ['?author=bob', ({ author }) => author?.username === 'bob'],
  ['?tag=a', ({ tagList }) => tagList.includes('a')],
  ['?tag=b', ({ tagList }) => tagList.includes('b')],
  ['?author=ada&tag=a', ({ author, tagList }) => author?.username === 'ada' && tagList.includes('a')],
  ['?author=bob&tag=c', ({ author, tagList }) => author?.username === 'bob' && tagList.includes('c')],
  // A feed of several slices, of which a record may leave one and stay in another.
  ['?tag=b&tag=c', ({ tagList }) => tagList.includes('b') || tagList.includes('c')],
  ['?author=ada&author=bob', ({ author }) => author?.username === 'ada' || author?.username === 'bob'],
];

/** The list that a reader shows who does what each message says. */
function shownBy(client: TestClient): Record<number, string> {
  const list: Record<number, string> = {};
  for (const message of client.heard('article')) {
    const { verb, id, data } = message as { verb: string; id: number; data?: Partial<Article> };
    if (verb === 'destroyed' || verb === 'left') delete list[id];
    else list[id] = data?.title ?? list[id] ?? '';
  }
  return list;
}

const changes = fc.record(
  {
    author: fc.oneof(fc.constant(null), fc.record({ username: fc.constantFrom('ada', 'bob', 'eve') })),
    tagList: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

/** What happens to the four articles of one run, of which each changes at most once in a round. */
const rounds = fc.array(
  fc.uniqueArray(
    fc.record({
      index: fc.nat({ max: 3 }),
      changes,
      isRemoved: fc.nat({ max: 9 }).map((one) => one === 0),
      on: fc.nat({ max: 1 }),
    }),
    { selector: ({ index }) => index, minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 6 },
);

async function expectRightLists(
  servers: readonly TestApplication[],
  readers: ReadonlyMap<TestClient, (article: Article) => boolean>,
  settle: () => Promise<void>,
): Promise<void> {
  const { rows } = servers[0].get(Articles);
  let first = 1;
  let version = 0;
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const base = first;
      first += 4;
      for (const round of all) {
        await Promise.all(
          round.map(async ({ index, changes: to, isRemoved, on }) => {
            const id = base + index;
            const title = `version ${++version}`;
            const server = servers[on % servers.length];
            if (!rows.has(id))
              await server.request('POST', '/articles', { id, author: null, tagList: [], title, ...to });
            else if (isRemoved) await server.request('DELETE', `/articles/${id}`);
            else await server.request('PATCH', `/articles/${id}`, { ...to, title });
          }),
        );
        await settle();
      }
      for (const [client, isIn] of readers) {
        const expected = [...rows.values()].filter(isIn).map(({ id, title }) => [id, title]);
        expect(shownBy(client)).toEqual(Object.fromEntries(expected));
      }
    }),
    { seed: 11, numRuns: 12, endOnFailure: true },
  );
}

describe('whatever happens to records', () => {
  it('who watches a slice on either of two servers shows exactly what a new read would', async (context) => {
    const articles = { provide: Articles, useValue: new Articles() };
    const cluster = await startCluster(context, { controllers: [controller(true)], providers: [articles] });
    const readers = new Map<TestClient, (article: Article) => boolean>();
    for (const server of [cluster.a, cluster.b]) {
      for (const [query, isIn] of LISTS) {
        const client = await cluster.connect(server);
        await read(client, `/articles${query}`);
        readers.set(client, isIn);
      }
    }
    await expectRightLists([cluster.a, cluster.b], readers, () => cluster.settle());
  });

  it('so does who watches a server that has to remember where records were', async () => {
    const app = await start({ controllers: [controller(false)], providers: [Articles] });
    const readers = new Map<TestClient, (article: Article) => boolean>();
    for (const [query, isIn] of LISTS) {
      const client = await app.connect();
      await read(client, `/articles${query}`);
      readers.set(client, isIn);
    }
    await expectRightLists([app], readers, () => app.settle());
  });
});
