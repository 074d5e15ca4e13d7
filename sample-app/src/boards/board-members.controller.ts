import { Controller, Delete, HttpCode, Param, ParseIntPipe, Put } from '@nestjs/common';
import { PublishOnAdd, PublishOnRemove } from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { BoardMembersService } from './board-members.service.js';

/**
 * Lets the owner of a private board add and remove its members. A new member is told that the board was added to their
 * `boards`, and then reads it. A removed member receives `revoked`, and nothing after that. `noReverse` says that no
 * relation is declared on purpose: each side is told by a decorator of its own.
 */
@Controller('boards/:boardId/members')
export class BoardMembersController {
  constructor(private readonly boardMembers: BoardMembersService) {}

  @Put(':memberId')
  @HttpCode(204)
  @PublishOnAdd('members', { resource: 'board', id: 'boardId', child: 'memberId', noReverse: true })
  @PublishOnAdd('boards', { resource: 'member', id: 'memberId', child: 'boardId', noReverse: true })
  add(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('memberId', ParseIntPipe) memberId: number,
    @CurrentMember() owner: Member,
  ): Promise<void> {
    return this.boardMembers.add(boardId, memberId, owner);
  }

  @Delete(':memberId')
  @HttpCode(204)
  @PublishOnRemove('members', { resource: 'board', id: 'boardId', child: 'memberId', noReverse: true })
  remove(
    @Param('boardId', ParseIntPipe) boardId: number,
    @Param('memberId', ParseIntPipe) memberId: number,
    @CurrentMember() owner: Member,
  ): Promise<void> {
    return this.boardMembers.remove(boardId, memberId, owner);
  }
}
