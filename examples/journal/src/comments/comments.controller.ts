import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Post } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsNotEmpty, IsString, ValidateNested } from 'class-validator';
import {
  belongsTo,
  type PublishContext,
  PublishOnCreate,
  PublishOnDestroy,
  Resourceful,
  SubscribeOnRead,
} from 'nestjs-sockets';
import { ArticlesService } from '../articles/articles.service.js';
import { Person } from '../profiles/person.entity.js';
import { Reader, SignedIn } from '../sessions/reader.decorator.js';
import { CommentView, viewOf } from './comment.view.js';
import { CommentsService } from './comments.service.js';

class NewComment {
  @IsNotEmpty()
  @IsString()
  body: string;
}

class NewCommentEnvelope {
  @ValidateNested()
  @Type(() => NewComment)
  @IsNotEmpty()
  comment: NewComment;
}

/** The path has the slug of the article, and comments have its id. */
async function articleIdOf({ get, params }: PublishContext): Promise<number> {
  return (await get(ArticlesService).findOne(params.slug)).id;
}

/**
 * Splits comments into one slice per article: whoever has read the comments of an article is told about them. Readers
 * of the article are told that there is one more or one less, by the relation: `addedTo` and `removedFrom`.
 */
@Controller('articles/:slug/comments')
@Resourceful('comment', {
  select: ['comment', 'comments'],
  personal: ['author.following'],
  slices: ['articleId'],
  view: CommentView,
  relations: { articleId: belongsTo('article', 'comments') },
})
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get()
  @SubscribeOnRead({ watch: true, slice: { articleId: articleIdOf } })
  async findAll(
    @Param('slug') slug: string,
    @Reader() reader: Person | undefined,
  ): Promise<{ comments: CommentView[] }> {
    const comments = await this.comments.findAll(slug);
    return { comments: comments.map((comment) => viewOf(comment, reader)) };
  }

  @Post()
  @PublishOnCreate()
  async create(
    @Param('slug') slug: string,
    @Body() { comment }: NewCommentEnvelope,
    @SignedIn() reader: Person,
  ): Promise<{ comment: CommentView }> {
    return { comment: viewOf(await this.comments.create(slug, comment.body, reader), reader) };
  }

  /** Says by `previous` which article the comment was on. */
  @Delete(':id')
  @HttpCode(204)
  @PublishOnDestroy({
    previous: async ({ get, args: [slug, id] }: PublishContext) =>
      viewOf(await get(CommentsService).findOne(slug as string, id as number)),
  })
  async remove(
    @Param('slug') slug: string,
    @Param('id', ParseIntPipe) id: number,
    @SignedIn() reader: Person,
  ): Promise<void> {
    await this.comments.remove(slug, id, reader);
  }
}
