import { Body, Controller, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { belongsTo, PublishOnCreate, Resourceful } from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import type { Comment } from './comment.entity.js';
import { CommentsService } from './comments.service.js';
import { CreateCommentDto } from './dto/create-comment.dto.js';

/** A new comment is news of its card: `addedTo` its `comments`. It never changes, so there is nothing more to hear of it, and nothing to subscribe to. */
@Controller('cards/:cardId/comments')
@Resourceful('comment', { relations: { cardId: belongsTo('card', 'comments') } })
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get()
  findAll(@Param('cardId', ParseIntPipe) cardId: number, @ActingMember() member: Member): Promise<Comment[]> {
    return this.comments.findAll(cardId, member);
  }

  @Post()
  @PublishOnCreate()
  create(
    @Param('cardId', ParseIntPipe) cardId: number,
    @Body() { text }: CreateCommentDto,
    @ActingMember() author: Member,
  ): Promise<Comment> {
    return this.comments.create(cardId, text, author);
  }
}
