import { Expose, Type } from 'class-transformer';
import type { Person } from '../profiles/person.entity.js';
import { AuthorView, authorOf } from '../profiles/profile.js';
import type { Article } from './article.entity.js';

/** What of an article leaves the server, whoever publishes it. */
export class ArticleView {
  @Expose()
  id: number;

  @Expose()
  slug: string;

  @Expose()
  title: string;

  @Expose()
  summary: string;

  @Expose()
  body: string;

  @Expose()
  tagList: string[];

  @Expose()
  createdAt: string;

  @Expose()
  favoritesCount: number;

  /** Whether whoever looks has marked it as a favorite. */
  @Expose()
  favorited: boolean;

  @Expose()
  @Type(() => AuthorView)
  author: AuthorView;
}

/** @param article whose author and favorites have been loaded */
export function viewOf(article: Article, reader?: Person): ArticleView {
  const { id, slug, title, summary, body, tagList, createdAt, favoritedBy, author } = article;
  return {
    id,
    slug,
    title,
    summary,
    body,
    tagList,
    createdAt: createdAt.toISOString(),
    favoritesCount: favoritedBy.length,
    favorited: reader !== undefined && favoritedBy.contains(reader),
    author: authorOf(author, reader),
  };
}
