import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { MembersModule } from '../members/members.module.js';
import { BoardActivityController } from './board-activity.controller.js';
import { BoardMembersController } from './board-members.controller.js';
import { BoardMembersService } from './board-members.service.js';
import { Board } from './board.entity.js';
import { BoardsController } from './boards.controller.js';
import { BoardsService } from './boards.service.js';
import { HelloController } from './hello.controller.js';
import { LobbyGateway } from './lobby.gateway.js';
import { VisitsController } from './visits.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([Board]), ActivityModule, MembersModule],
  controllers: [BoardsController, BoardMembersController, BoardActivityController, VisitsController, HelloController],
  providers: [BoardsService, BoardMembersService, LobbyGateway],
  exports: [BoardsService],
})
export class BoardsModule {}
