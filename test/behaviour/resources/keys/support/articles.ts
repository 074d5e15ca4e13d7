import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Injectable,
  Param,
  Patch,
  Post,
  Query,
  type Type,
} from '@nestjs/common';
import {
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  type PublishContext,
  type ResourceOptions,
} from '../../../../../src/index.js';
import type { TestClient } from '../../../../support/client.js';

export interface Article {
  id: number;
  slug: string;
  title: string;
}

/** Articles in memory, which two servers may share. */
@Injectable()
export class Articles {
  readonly all: Article[] = [
    { id: 1, slug: 'hello', title: 'Hello' },
    { id: 2, slug: 'other', title: 'Other' },
  ];
  private lastId = 10;

  find(slug: string): Article {
    return this.all.find((article) => article.slug === slug) ?? { id: 0, slug, title: 'none' };
  }

  create(article: Omit<Article, 'id'>): Article {
    const created = { id: ++this.lastId, ...article };
    this.all.push(created);
    return created;
  }

  remove(slug: string): void {
    this.all.splice(this.all.indexOf(this.find(slug)), 1);
  }
}

export interface ArticleRoutes extends ResourceOptions {
  /** Whether the routes give the record as it was. */
  previous?: boolean;
}

/** Articles by their slugs. With `?bare` the answers do not show the id. */
export function articlesController({ previous = false, ...options }: ArticleRoutes = {}): Type {
  const before = previous
    ? { previous: ({ get, params }: PublishContext) => ({ ...get(Articles).find(params.slug) }) }
    : {};

  @Controller('articles')
  @Resourceful('article', { key: 'slug', ...options })
  class ArticlesController {
    constructor(private readonly articles: Articles) {}

    @Get()
    @SubscribeOnRead({ watch: true })
    list() {
      return this.articles.all;
    }

    @Get(':slug')
    @SubscribeOnRead()
    findOne(@Param('slug') slug: string, @Query('bare') bare?: string) {
      return shown(this.articles.find(slug), bare);
    }

    @Post()
    @PublishOnCreate()
    create(@Body() body: Omit<Article, 'id'>) {
      return this.articles.create(body);
    }

    @Patch(':slug')
    @PublishOnUpdate(before)
    update(@Param('slug') slug: string, @Body() body: Partial<Article>, @Query('bare') bare?: string) {
      return shown(Object.assign(this.articles.find(slug), body), bare);
    }

    @Delete(':slug')
    @HttpCode(204)
    @PublishOnDestroy(before)
    remove(@Param('slug') slug: string) {
      this.articles.remove(slug);
    }

    @Post(':slug/comments')
    @PublishOnAdd('comments', before)
    comment(@Param('slug') _slug: string) {
      return { id: 7, body: 'first' };
    }
  }
  return ArticlesController;
}

function shown({ id, ...article }: Article, bare: string | undefined): object {
  return bare === undefined ? { id, ...article } : article;
}

/** Reads over the socket, which subscribes. */
export async function read(client: TestClient, url: string): Promise<void> {
  await new Promise((resolve) => client.socket.emit('get', { url }, resolve));
}

/** What a client was told: verb and id. */
export function told(client: TestClient, resource = 'article'): string[] {
  return (client.heard(resource) as Array<{ verb: string; id: unknown }>).map(
    ({ verb, id }) => `${verb} ${String(id)}`,
  );
}
