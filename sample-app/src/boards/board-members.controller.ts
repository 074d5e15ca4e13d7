import { Controller, Delete, HttpCode, Param, ParseIntPipe, Put } from '@nestjs/common';
import { PublishOnAdd, PublishOnRemove } from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { BoardMembersService } from './board-members.service.js';

/** Whom the owner lets in hears of the board as news of himself, and then reads it. Who is put out hears `revoked`, and not a word more. */
@Controller('boards/:boardId/members')
export class BoardMembersController {
  constructor(private readonly boardMembers: BoardMembersService) {}

  @Put(':memberId')
  @HttpCode(204)
  @PublishOnAdd('members', { resource: 'board', id: 'boardId', child: 'memberId' })
  @PublishOnAdd('boards', { resource: 'member', id: 'memberId', child: 'boardId' })
  add(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('memberId', ParseIntPipe) memberId: number,
    @ActingMember() owner: Member,
  ): Promise<void> {
    return this.boardMembers.add(boardId, memberId, owner);
  }

  @Delete(':memberId')
  @HttpCode(204)
  @PublishOnRemove('members', { resource: 'board', id: 'boardId', child: 'memberId' })
  remove(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('memberId', ParseIntPipe) memberId: number,
    @ActingMember() owner: Member,
  ): Promise<void> {
    return this.boardMembers.remove(boardId, memberId, owner);
  }
}
