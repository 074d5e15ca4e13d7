import { Body, Controller, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { belongsTo, PublishOnCreate, Resourceful } from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import type { Comment } from './comment.entity.js';
import { CommentsService } from './comments.service.js';
import { CreateCommentDto } from './dto/create-comment.dto.js';

/**
 * Publishes a new comment to the subscribers of its card, as `addedTo` its `comments`. Comments never change, so nobody
 * needs to subscribe to them.
 */
@Controller('cards/:cardId/comments')
@Resourceful('comment', { relations: { cardId: belongsTo('card', 'comments') } })
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get()
  findAll(@Param('cardId', ParseIntPipe) cardId: number, @CurrentMember() member: Member): Promise<Comment[]> {
    return this.comments.findAll(cardId, member);
  }

  @Post()
  @PublishOnCreate()
  create(
    @Param('cardId', ParseIntPipe) cardId: number,
    @Body() { text }: CreateCommentDto,
    @CurrentMember() author: Member,
  ): Promise<Comment> {
    return this.comments.create(cardId, text, author);
  }
}
