import { EntityManager, type FilterQuery, raw } from '@mikro-orm/libsql';
import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import type { Person } from '../profiles/person.entity.js';
import { Article } from './article.entity.js';
import type { ArticleChanges, ArticlesQuery, NewArticle } from './articles.dto.js';

/** Finds and changes articles. Those that it returns have their author, and whose favorites they are. */
@Injectable()
export class ArticlesService {
  constructor(private readonly em: EntityManager) {}

  /** Returns one page of the articles, the newest first, and how many there are on all pages. */
  find({ author, tag, limit, offset }: ArticlesQuery): Promise<[Article[], number]> {
    const conditions: FilterQuery<Article>[] = [];
    if (author !== undefined) conditions.push({ author: { username: author } });
    if (tag !== undefined) conditions.push(hasTag(tag));
    return this.page({ $and: conditions }, { limit, offset });
  }

  findByAuthors(ids: readonly number[], page: Pick<ArticlesQuery, 'limit' | 'offset'>): Promise<[Article[], number]> {
    return this.page({ author: { $in: [...ids] } }, page);
  }

  async findOne(slug: string): Promise<Article> {
    const article = await this.em.findOne(Article, { slug }, { populate: ['author', 'favoritedBy'] });
    if (!article) throw new NotFoundException(`There is no article ${slug}.`);
    return article;
  }

  async create({ title, summary, body, tagList }: NewArticle, author: Person): Promise<Article> {
    const slug = await this.freeSlug(title);
    const article = this.em.create(Article, { slug, title, summary, body, tagList, author, createdAt: new Date() });
    await this.em.flush();
    return article;
  }

  async update(slug: string, changes: ArticleChanges, reader: Person): Promise<Article> {
    const article = await this.findOwn(slug, reader);
    if (changes.title && changes.title !== article.title) article.slug = await this.freeSlug(changes.title);
    this.em.assign(article, changes, { ignoreUndefined: true });
    await this.em.flush();
    return article;
  }

  async remove(slug: string, reader: Person): Promise<void> {
    await this.em.remove(await this.findOwn(slug, reader)).flush();
  }

  async setFavorite(slug: string, reader: Person, isFavorite: boolean): Promise<Article> {
    const article = await this.findOne(slug);
    if (isFavorite) article.favoritedBy.add(reader);
    else article.favoritedBy.remove(reader);
    await this.em.flush();
    return article;
  }

  private page(
    where: FilterQuery<Article>,
    page: Pick<ArticlesQuery, 'limit' | 'offset'>,
  ): Promise<[Article[], number]> {
    return this.em.findAndCount(Article, where, {
      limit: page.limit,
      offset: page.offset,
      orderBy: { id: 'desc' },
      populate: ['author', 'favoritedBy'],
    });
  }

  private async findOwn(slug: string, reader: Person): Promise<Article> {
    const article = await this.findOne(slug);
    if (article.author !== reader) throw new ForbiddenException('This is not your article.');
    return article;
  }

  /** Makes a slug of a title, with a number if there is an article of that name already. */
  private async freeSlug(title: string): Promise<string> {
    const slug =
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-|-$/g, '') || 'untitled';
    for (let number = 1; ; number++) {
      const numbered = number === 1 ? slug : `${slug}-${number}`;
      if ((await this.em.count(Article, { slug: numbered })) === 0) return numbered;
    }
  }
}

function hasTag(tag: string): FilterQuery<Article> {
  return { [raw((alias) => `exists (select 1 from json_each(${alias}.tag_list) where value = ?)`, [tag])]: [] };
}
