import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { Resourceful } from 'nestjs-sockets';
import type { Activity } from '../activity/activity.entity.js';
import { ActivityService } from '../activity/activity.service.js';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { BoardsService } from './boards.service.js';

/** Lists what happened on a board so far. What happens next is published to the room of the board. */
@Controller('boards/:boardId/activity')
@Resourceful('activity')
export class BoardActivityController {
  constructor(
    private readonly boards: BoardsService,
    private readonly activity: ActivityService,
  ) {}

  @Get()
  async findLatest(
    @Param('boardId', ParseIntPipe) boardId: number,
    @CurrentMember() member: Member,
  ): Promise<Activity[]> {
    const { id } = await this.boards.findOne(boardId, member);
    return this.activity.findLatest(id);
  }
}
