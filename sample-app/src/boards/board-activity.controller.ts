import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { Resourceful } from 'nestjs-sockets';
import type { Activity } from '../activity/activity.entity.js';
import { ActivityService } from '../activity/activity.service.js';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { BoardsService } from './boards.service.js';

/** What happened. Of what happens next, those hear who are in the room of the board. */
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
    @ActingMember() member: Member,
  ): Promise<Activity[]> {
    const { id } = await this.boards.findOne(boardId, member);
    return this.activity.findLatest(id);
  }
}
