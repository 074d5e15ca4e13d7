import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { Resourceful } from 'nestjs-sockets';
import type { Activity } from './activity.entity.js';
import { ActivityService } from './activity.service.js';

@Controller('boards/:boardId/activity')
@Resourceful('activity')
export class ActivityController {
  constructor(private readonly activity: ActivityService) {}

  @Get()
  findLatest(@Param('boardId', ParseIntPipe) boardId: number): Promise<Activity[]> {
    return this.activity.findLatest(boardId);
  }
}
