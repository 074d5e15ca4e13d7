import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { MembersModule } from '../members/members.module.js';
import { Board } from './board.entity.js';
import { BoardsController } from './boards.controller.js';
import { BoardsGateway } from './boards.gateway.js';
import { BoardsService } from './boards.service.js';
import { HelloController } from './hello.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([Board]), ActivityModule, MembersModule],
  controllers: [BoardsController, HelloController],
  providers: [BoardsService, BoardsGateway],
  exports: [BoardsService],
})
export class BoardsModule {}
