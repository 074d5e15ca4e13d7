import { Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { SocketsModule } from 'nestjs-sockets';
import { CardsController, CommentsController } from './cards/cards.controller.js';
import { StatusModule } from './health/status.module.js';

@Module({
  imports: [
    SocketsModule.forRoot({ resources: { member: { idType: 'number' } } }),
    StatusModule,
    RouterModule.register([{ path: 'status', module: StatusModule }]),
  ],
  controllers: [CardsController, CommentsController],
})
export class AppModule {}
