import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { BoardsModule } from '../boards/boards.module.js';
import { MembersModule } from '../members/members.module.js';
import { Card } from './card.entity.js';
import { CardsController } from './cards.controller.js';
import { CardsService } from './cards.service.js';
import { VotesController } from './votes.controller.js';
import { VotesService } from './votes.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Card]), ActivityModule, BoardsModule, MembersModule],
  controllers: [CardsController, VotesController],
  providers: [CardsService, VotesService],
  exports: [CardsService],
})
export class CardsModule {}
