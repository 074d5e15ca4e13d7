import { Expose, Type } from 'class-transformer';
import type { Person } from '../profiles/person.entity.js';
import { AuthorView, authorOf } from '../profiles/profile.js';
import type { Comment } from './comment.entity.js';

/** What of a comment leaves the server, whoever publishes it. */
export class CommentView {
  @Expose()
  id: number;

  @Expose()
  body: string;

  @Expose()
  createdAt: string;

  @Expose()
  articleId: number;

  @Expose()
  @Type(() => AuthorView)
  author: AuthorView;
}

export function viewOf(comment: Comment, reader?: Person): CommentView {
  const { id, body, createdAt, article, author } = comment;
  return { id, body, createdAt: createdAt.toISOString(), articleId: article.id, author: authorOf(author, reader) };
}
