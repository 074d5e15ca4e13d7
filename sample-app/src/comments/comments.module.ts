import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivityModule } from '../activity/activity.module.js';
import { CardsModule } from '../cards/cards.module.js';
import { MembersModule } from '../members/members.module.js';
import { Comment } from './comment.entity.js';
import { CommentsController } from './comments.controller.js';
import { CommentsService } from './comments.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Comment]), ActivityModule, CardsModule, MembersModule],
  controllers: [CommentsController],
  providers: [CommentsService],
})
export class CommentsModule {}
