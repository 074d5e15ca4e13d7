import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import {
  type PublishContext,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from 'nestjs-sockets';
import { Person } from '../profiles/person.entity.js';
import { Reader, SignedIn } from '../sessions/reader.decorator.js';
import type { ReaderRequest } from '../sessions/sign-in.middleware.js';
import type { Article } from './article.entity.js';
import { ArticleView, viewOf } from './article.view.js';
import { ArticleChangesEnvelope, ArticlesQuery, NewArticleEnvelope } from './articles.dto.js';
import { ArticlesService } from './articles.service.js';

interface ArticleEnvelope {
  article: ArticleView;
}

interface ArticlesEnvelope {
  articles: ArticleView[];
  /** How many there are on all pages. */
  articlesCount: number;
}

/** The article before it is changed: it says which tags and which author it had. */
const asItWas = async ({ get, params }: PublishContext) => viewOf(await get(ArticlesService).findOne(params.slug));

@Controller('articles')
@Resourceful('article', {
  key: 'slug',
  select: ['article', 'articles'],
  slices: ['author.username', 'author.id', 'tagList', ['author.username', 'tagList']],
  personal: ['favorited', 'author.following'],
  view: ArticleView,
})
export class ArticlesController {
  constructor(private readonly articles: ArticlesService) {}

  /** Lists the articles of an author, or those with a tag, or all of them, and is told about these. */
  @Get()
  @SubscribeOnRead({ watch: 'all', slice: { 'author.username': 'author', tagList: 'tag' } })
  async findAll(@Query() query: ArticlesQuery, @Reader() reader: Person | undefined): Promise<ArticlesEnvelope> {
    return toEnvelope(await this.articles.find(query), reader);
  }

  /** Lists the articles of everybody whom the reader follows, and is told about those of each of them. */
  @Get('feed')
  @SubscribeOnRead({
    watch: true,
    slice: { 'author.id': ({ request }) => (request as ReaderRequest).user?.following.getIdentifiers() },
  })
  async findFeed(@Query() query: ArticlesQuery, @SignedIn() reader: Person): Promise<ArticlesEnvelope> {
    return toEnvelope(await this.articles.findByAuthors(reader.following.getIdentifiers(), query), reader);
  }

  @Get(':slug')
  @SubscribeOnRead()
  async findOne(@Param('slug') slug: string, @Reader() reader: Person | undefined): Promise<ArticleEnvelope> {
    return { article: viewOf(await this.articles.findOne(slug), reader) };
  }

  @Post()
  @PublishOnCreate()
  async create(@Body() { article }: NewArticleEnvelope, @SignedIn() reader: Person): Promise<ArticleEnvelope> {
    return { article: viewOf(await this.articles.create(article, reader), reader) };
  }

  /** A new title gives the article a new slug. */
  @Put(':slug')
  @PublishOnUpdate({ previous: asItWas })
  async update(
    @Param('slug') slug: string,
    @Body() { article }: ArticleChangesEnvelope,
    @SignedIn() reader: Person,
  ): Promise<ArticleEnvelope> {
    return { article: viewOf(await this.articles.update(slug, article, reader), reader) };
  }

  @Delete(':slug')
  @HttpCode(204)
  @PublishOnDestroy({ previous: asItWas })
  async remove(@Param('slug') slug: string, @SignedIn() reader: Person): Promise<void> {
    await this.articles.remove(slug, reader);
  }

  @Post(':slug/favorite')
  @HttpCode(200)
  @PublishOnUpdate()
  async favorite(@Param('slug') slug: string, @SignedIn() reader: Person): Promise<ArticleEnvelope> {
    return { article: viewOf(await this.articles.setFavorite(slug, reader, true), reader) };
  }

  @Delete(':slug/favorite')
  @PublishOnUpdate()
  async unfavorite(@Param('slug') slug: string, @SignedIn() reader: Person): Promise<ArticleEnvelope> {
    return { article: viewOf(await this.articles.setFavorite(slug, reader, false), reader) };
  }
}

function toEnvelope([articles, articlesCount]: [Article[], number], reader: Person | undefined): ArticlesEnvelope {
  return { articles: articles.map((article) => viewOf(article, reader)), articlesCount };
}
