import { EntityManager } from '@mikro-orm/libsql';
import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { ArticlesService } from '../articles/articles.service.js';
import type { Person } from '../profiles/person.entity.js';
import { Comment } from './comment.entity.js';

@Injectable()
export class CommentsService {
  constructor(
    private readonly em: EntityManager,
    private readonly articles: ArticlesService,
  ) {}

  findAll(slug: string): Promise<Comment[]> {
    return this.em.find(Comment, { article: { slug } }, { populate: ['author'], orderBy: { id: 'asc' } });
  }

  async findOne(slug: string, id: number): Promise<Comment> {
    const comment = await this.em.findOne(Comment, { id, article: { slug } }, { populate: ['author'] });
    if (!comment) throw new NotFoundException(`There is no comment ${id} on ${slug}.`);
    return comment;
  }

  async create(slug: string, body: string, author: Person): Promise<Comment> {
    const article = await this.articles.findOne(slug);
    const comment = this.em.create(Comment, { body, article, author, createdAt: new Date() });
    await this.em.flush();
    return comment;
  }

  async remove(slug: string, id: number, reader: Person): Promise<void> {
    const comment = await this.findOne(slug, id);
    if (comment.author !== reader) throw new ForbiddenException('This is not your comment.');
    await this.em.remove(comment).flush();
  }
}
